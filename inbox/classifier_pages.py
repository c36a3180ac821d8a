"""How often people agree with the classifier: its labels beside theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from cases.labels import CHOICES
from cases.queries.confusion import JUDGED, ConfusionFilter, confusion
from database.engine import reading
from inbox.desk import Desk, brand_id_of, brands
from inbox.heading import heading
from inbox.visitor import WrongInputError
from models import Brand


@dataclass(frozen=True)
class ConfusionAddress:
    """What is compared, as it stands in the address; "" asks for everything."""

    field: str = JUDGED[0]
    brand: str = ""
    channel: str = ""
    lang: str = ""

    def filter(self, known: Mapping[str, Brand]) -> ConfusionFilter:
        """What it asks for; WrongInputError for a value that no filter has."""
        if self.field not in JUDGED:
            raise WrongInputError(f"field is one of {', '.join(JUDGED)}, not {self.field[:40]!r}")
        if self.lang and self.lang not in CHOICES["lang"]:
            raise WrongInputError(f"lang is one of {', '.join(CHOICES['lang'])}, not {self.lang[:40]!r}")
        return ConfusionFilter(self.field, brand_id_of(known, self.brand), self.channel[:40], self.lang)


Asked = Annotated[ConfusionAddress, Depends()]


def routes(desk: Desk) -> APIRouter:
    """`/numbers/classifier`."""
    router = APIRouter()

    @router.get("/numbers/classifier")
    def classifier_page(request: Request, asked: Asked) -> Response:
        with reading(desk.engine) as session:
            known = brands(session)
            return desk.views.page(
                request,
                "classifier.html",
                heading=heading(session),
                asked=asked,
                brands=known,
                fields=JUDGED,
                found=confusion(session, asked.filter(known)),
            )

    return router
