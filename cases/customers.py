"""The person behind a profile."""

from datetime import datetime

from sqlmodel import Session

from models import Customer, Profile


def customer_of(session: Session, profile: Profile, now: datetime) -> Customer:
    """The customer a profile belongs to, made at the first need."""
    if profile.customer_id is not None:
        return session.get_one(Customer, profile.customer_id)
    customer = Customer(brand_id=profile.brand_id, created_at=now)
    session.add(customer)
    session.flush()
    profile.customer_id = customer.id
    session.add(profile)
    return customer
