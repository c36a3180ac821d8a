"""Tickets, interactions and the reputation as Reclame AQUI's company API (RA API, HugMe) shows them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.networks.wire import iso
from sandbox.records import (
    ANSWERED,
    COMPANY_REPLICA,
    CONSUMER_REPLICA,
    DEACTIVATED_BY_CONSUMER,
    EVALUATED,
    NOT_ANSWERED,
)
from sandbox.state import Person, Post, State, Ticket

COMPANY_ID = 1871
RA_STATUS = {
    NOT_ANSWERED: "Não respondido",
    ANSWERED: "Respondido",
    CONSUMER_REPLICA: "Réplica do consumidor",
    COMPANY_REPLICA: "Réplica da empresa",
    EVALUATED: "Avaliado",
    10: "Congelado",
    DEACTIVATED_BY_CONSUMER: "Desativado pelo consumidor",
    13: "Inativa no RA",
    18: "Avaliado Resolvido",
    19: "Avaliado Não Resolvido",
    20: "Réplica",
}
INACTIVE = (DEACTIVATED_BY_CONSUMER, 13)
HUGME_STATUS = {
    NOT_ANSWERED: (21, "Novo"),
    CONSUMER_REPLICA: (1, "Pendente"),
    EVALUATED: (3, "Fechado"),
    10: (15, "Inativo na origem"),
    **dict.fromkeys(INACTIVE, (15, "Inativo na origem")),
}
NOBODY = {"id": -1, "name": None}
PERIODS = (("SEISMESES", "6 meses", 182), ("DOZEMESES", "12 meses", 365), ("GERAL", "Geral", 36_500))  # days


class Shapes:
    """Shows tickets with everything that stands in their threads."""

    def __init__(self, state: State) -> None:
        self._state = state

    def ticket(self, ticket: Ticket) -> dict[str, object]:
        posts = self._state.posts(
            "reclame_aqui", thread=ticket.thread, newest_first=False, limit=500, include_deleted=True
        )
        complaint = posts[0]
        public = [post for post in posts if not post.is_private and post.deleted_at is None]
        answers = [post for post in public if post.person.is_brand]
        replicas = [post for post in public if post.kind == "replica"]
        evaluation = next((post for post in public if post.kind == "evaluation"), None)
        evaluated = ticket.grade is not None
        hugme = HUGME_STATUS.get(ticket.status, (2, "Respondido"))
        moderation = self._state.get(f"reclame_aqui:moderation:{ticket.thread}")
        return {
            "hugme_status": {"id": hugme[0], "name": hugme[1]},
            "ra_status": {"id": ticket.status, "name": RA_STATUS[ticket.status]},
            "favorable_assessment": {"id": 0, "description": "Não Solicitado"},
            "information_source": {"id": 1, "name": "RA Reclamação"},
            "source": {"id": 1, "name": "ReclameAQUI"},
            "company": {"id": COMPANY_ID, "name": self._state.brand("reclame_aqui").name},
            "last_feeling": NOBODY,
            "feed_type": NOBODY,
            "moderation": {
                "user": NOBODY,
                "status": "Pendente" if moderation else None,
                "reason": moderation["reason"] if moderation else None,
                "request_date": moderation["at"] if moderation else None,
                "response_date": None,
            },
            "ra": {
                "replicas_count": len(replicas),
                "source_id": 1,
                "source_name": "Site",
                "deactivation_date": iso(ticket.modified_at) if ticket.status in INACTIVE else None,
                "deactivation_reason": "Desativada pelo consumidor" if ticket.status in INACTIVE else None,
                "internal_process": True,
                "blackfriday": False,
            },
            "customer": _customer(complaint.person, complaint),
            "user": NOBODY,
            "account": NOBODY,
            "rafone": {"expiration_date": None, "status_id": -1, "status_name": None},
            "_id": f"{int(ticket.thread):024x}",
            "id": int(ticket.thread),
            "source_external_id": complaint.extra.get("source_external_id", ticket.thread),
            "can_like": False,
            "commentary": False,
            "creation_date": iso(ticket.created_at),
            "insertion_date": iso(ticket.created_at),
            "complaint_title": complaint.extra.get("title") or complaint.text[:60],
            "filed": False,
            "last_modification_date": iso(ticket.modified_at),
            "closed_date": iso(ticket.evaluated_at) if ticket.evaluated_at else None,
            "request_moderation": moderation is None and not evaluated,
            "request_evaluation": bool(answers) and not evaluated and public[-1].person.is_brand,
            "frozen": ticket.status == 10,
            "complaint_content": complaint.text,
            "ra_reason": "Outros",
            "ra_feeling": None,
            "complaint_response_content": answers[0].text if answers else None,
            "complaint_response_date": iso(answers[0].posted_at) if answers else None,
            "interactions_count": len(posts),
            "interactions_not_readed_count": len(replicas),
            "resolved_issue": bool(ticket.resolved),
            "back_doing_business": bool(ticket.again),
            "consumer_consideration": evaluation.text if evaluation else None,
            "consumer_consideration_date": iso(evaluation.posted_at) if evaluation else None,
            "company_consideration": None,
            "company_consideration_date": None,
            "private_treatment_time": None,
            "public_treatment_time": _seconds(ticket.created_at, answers),
            "rating_time": None,
            "rating": str(ticket.grade) if evaluated else "-1",
            "rating_date": iso(ticket.evaluated_at) if ticket.evaluated_at else None,
            "comments_count": 0,
            "redistributions_count": 0,
            "redistributions_reason": None,
            "ticket_moderations_count": int(moderation is not None),
            "ticket_messages_count": len(posts) - 1,
            "last_replica_date": iso(replicas[-1].posted_at) if replicas else None,
            "contact_us": None,
            "rating_without_response": evaluated and not answers,
            "hugme_ticket_type": None,
            "customer_interactions_count": len(public) - len(answers),
            "company_interactions_count": len(answers),
            "assignment_count": 0,
            "rule_id": -1,
            "duplicate_ticket": [],
            "tags": [],
            "extra_data": {},
            "sticky_notes": [],
            "autos": [],
            "personalized_fields": [],
            "attached": _attached(complaint),
            "categories": [],
            "historical": [],
            "interactions": [_interaction(post, ticket) for post in posts if _is_shown(post)],
            "active": ticket.status not in INACTIVE,
            "duplicate_tiqt": [],
        }


def _is_shown(post: Post) -> bool:
    """A complaint that was taken back stays on its ticket; other words that were do not."""
    return post.deleted_at is None or post.kind == "complaint"


def _interaction(post: Post, ticket: Ticket) -> dict[str, object]:
    kind, name = _kind(post)
    at = iso(post.posted_at)
    brand = post.person.is_brand
    return {
        "ticket_interaction_id": post.external_id,
        "ticket_interaction_type_id": kind,
        "ticket_interaction_name": name,
        "customer_id": None if brand else post.person.external_id,
        "responsible_id": int(post.person.external_id) if brand else None,
        "responsible_name": post.person.name if brand else None,
        "message": post.text,
        "privacy": post.is_private,
        "creation_date": at,
        "modification_date": iso(post.edited_at) if post.edited_at else None,
        "delivered": True,
        "readed": False,
        "visualized": False,
        "video": None,
        "picture": None,
        "details": _details(post, ticket, at),
    }


def _kind(post: Post) -> tuple[int, str]:
    if post.person.is_brand:
        return (3, "Mensagem privada") if post.is_private else (2, "Resposta")
    if post.is_private:
        return 6, "Mensagem privada"
    if post.kind == "evaluation":
        return 11, "Avaliação"
    # A consumer's later public word is of the same type as the first one.
    return 1, "Manifestação"


def _details(post: Post, ticket: Ticket, at: str) -> list[dict[str, object]]:
    """Type 4 is resolved, 5 would do business again, 6 the grade, 15 an attachment, 34 the e-mail address told."""
    found: list[tuple[int, str, str]] = []
    if "email" in post.extra:
        found.append((34, "E-mail", post.extra["email"]))
    if post.kind == "evaluation" and ticket.grade is not None:
        found.append((4, "Resolvida", "Sim" if ticket.resolved else "Não"))
        found.append((5, "Voltaria a fazer negócio", "Sim" if ticket.again else "Não"))
        found.append((6, "Nota", str(ticket.grade)))
    found += [(15, "Anexo", url) for url in post.extra.get("pictures", "").split()]
    return [
        {
            "ticket_detail_id": f"{post.external_id}{place}",
            "ticket_detail_type_id": kind,
            "name": name,
            "value": value,
            "code": None,
            "creation_date": at,
            "privacy": False,
            "modification_date": None,
        }
        for place, (kind, name, value) in enumerate(found)
    ]


def _attached(complaint: Post) -> list[dict[str, object]]:
    return [
        {
            "id": f"{complaint.external_id}{place}",
            "type_detail_id": 15,
            "name": "Anexo",
            "detail_description": url,
            "creation_date": iso(complaint.posted_at),
            "privacy": False,
        }
        for place, url in enumerate(complaint.extra.get("pictures", "").split())
    ]


def _customer(person: Person, complaint: Post) -> dict[str, object]:
    """The consumer; the API gives the company their document and address, here plainly invented ones."""
    return {
        "birthday": [],
        "cpf": ["00000000000"],
        "rg": [],
        "gender": [],
        "email": [f"{person.handle.lower()}@example.com"],
        "phone_numbers": ["11900000000"],
        "photo": [],
        "id": int(person.external_id),
        "duplicate_id": -1,
        "name": person.name,
        "cnpj": [],
        "company_name": "[]",
        "city": [{"id": 1, "name": complaint.extra["city"]}] if "city" in complaint.extra else [],
        "state": [{"id": 1, "name": complaint.extra["state"], "fs": complaint.extra["state"]}]
        if "state" in complaint.extra
        else [],
        "type": "Private Person",
        "tags": [],
        "pending_tickets_count": 0,
    }


def _seconds(created_at: datetime, answers: Sequence[Post]) -> str | None:
    return str(int((answers[0].posted_at - created_at).total_seconds())) if answers else None


def reputation(tickets: Sequence[Ticket], now: datetime) -> list[dict[str, object]]:
    """The company's score by period, from the tickets themselves."""
    return [
        _score([ticket for ticket in tickets if now - ticket.created_at <= timedelta(days=days)], key, alias)
        for key, alias, days in PERIODS
    ]


def _score(tickets: Sequence[Ticket], key: str, alias: str) -> dict[str, object]:
    counted = [ticket for ticket in tickets if ticket.status not in INACTIVE]
    rated = [ticket for ticket in counted if ticket.grade is not None]
    answered = _percent(sum(ticket.status != NOT_ANSWERED for ticket in counted), len(counted))
    grade = sum(ticket.grade or 0 for ticket in rated) / len(rated) if rated else 0.0
    solved = _percent(sum(bool(ticket.resolved) for ticket in rated), len(rated))
    again = _percent(sum(bool(ticket.again) for ticket in rated), len(rated))
    # Answers and new business weigh two, the grade and the solutions three; below ten evaluations there is no score.
    final = (answered * 2 + grade * 10 * 3 + solved * 3 + again * 2) / 100
    code, name = _band(final, answered) if len(rated) >= 10 else ("NO_INDEX", "Sem índice")
    return {
        "responseIndex": round(answered, 1),
        "solutionsPercentage": round(solved, 1),
        "dealAgainPercentage": round(again, 1),
        "finalGrade": round(final, 1) if len(rated) >= 10 else 0.0,
        "avgGrade": round(grade, 2),
        "complaintsCount": len(counted),
        "period": {"periodAlias": alias, "periodKey": key},
        "reputation": {"code": code, "name": name},
    }


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _band(final: float, answered: float) -> tuple[str, str]:
    if final < 5 or answered < 50:
        return "NOT_RECOMMENDED", "Não recomendada"
    bands = ((8, "GREAT", "Ótimo"), (7, "GOOD", "Bom"), (6, "REGULAR", "Regular"), (5, "BAD", "Ruim"))
    return next((code, name) for least, code, name in bands if final >= least)
