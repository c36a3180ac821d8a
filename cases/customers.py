"""The person behind a profile."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from models import Customer, Profile


def make_customers(session: Session, profiles: Sequence[Profile], now: datetime) -> None:
    """Give each profile that has none a customer of its own; the others keep theirs."""
    bare = {profile.id: profile for profile in profiles if profile.customer_id is None}
    if not bare:
        return
    made = [(profile, Customer(brand_id=profile.brand_id, created_at=now)) for profile in bare.values()]
    session.add_all(customer for _, customer in made)
    session.flush()
    for profile, customer in made:
        profile.customer_id = customer.id
        session.add(profile)
