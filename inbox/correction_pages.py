"""Everything that the classifier said of one mention, why, and a person's word on each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cases import actions
from cases.labels import FIELDS, written
from cases.queries.verdict import VerdictPage, verdict_page
from classifier.base import Explains
from database.engine import reading, transaction
from inbox.desk import LARGEST_ID, Desk, acting, back_to, is_htmx, told
from inbox.heading import Heading, heading
from inbox.visitor import WrongInputError
from models import Mention

_MOST_WORDS = 6  # of a field; the rest weighs less
_LEAST_WEIGHT = 0.005  # below it a weight is written as nothing
_LONGEST_VALUE = 400  # characters: all holds at once stay far below

Words = tuple[tuple[str, float], ...]
MentionId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
# Of the text that the person has before their eyes, which may be edited while they look at it.
Revision = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
SentRevision = Annotated[int, Form(ge=1, le=LARGEST_ID)]


@dataclass(frozen=True)
class Why:
    """The words that moved a verdict, by field, heaviest first."""

    is_known: bool = False  # False: the model tells no reasons
    is_of_another: bool = False  # another version than the one that tagged the text
    words: Mapping[str, Words] = field(default_factory=dict)


def routes(desk: Desk) -> APIRouter:
    """`/mentions/{id}/correct`, to read and to act."""
    router = APIRouter(prefix="/mentions/{mention_id}/correct")

    @router.get("")
    def correction(
        request: Request, mention_id: MentionId, revision: Revision = None, back: str = "/mentions"
    ) -> Response:
        page, above = _read(desk, mention_id, part=is_htmx(request))
        why = _why(desk, page)
        if is_htmx(request):
            read = revision or page.row.text_revision
            return desk.views.page(request, "mention_segments.html", page=page, why=why, back=back, revision=read)
        return desk.views.page(request, "mention_correct.html", heading=above, page=page, why=why, back=back)

    @router.post("")
    def correct(
        request: Request,
        mention_id: MentionId,
        revision: SentRevision,
        field: Annotated[str, Form()] = "",
        value: Annotated[str, Form()] = "",
        shown: Annotated[str, Form()] = "",
        confirm: Annotated[str | None, Form()] = None,
        back: Annotated[str, Form()] = "/mentions",
    ) -> Response:
        by = acting(request)
        said = value if confirm is None else confirm
        if field not in FIELDS or len(said) > _LONGEST_VALUE:
            raise WrongInputError(f"field is one of {', '.join(FIELDS)}, with one of its values")
        with transaction(desk.engine) as session:
            found = session.get(Mention, mention_id)
            if found is None:
                raise HTTPException(404)
            if confirm is None:
                actions.correct(session, found, field, value, by, desk.now(), revision=revision, shown=shown)
            else:
                actions.confirm(session, found, field, confirm, by, desk.now(), revision=revision)
        if not is_htmx(request):
            return back_to(back)
        # The reasons stay as the open panel has them: to ask again could take a large model a while.
        page, _ = _read(desk, mention_id, part=True)
        return told(desk.views.page(request, "mention_corrected.html", page=page, back=back, revision=revision))

    return router


def _read(desk: Desk, mention_id: int, *, part: bool) -> tuple[VerdictPage, Heading]:
    with reading(desk.engine) as session:
        page = verdict_page(session, mention_id)
        if page is None:
            raise HTTPException(404)
        return page, Heading() if part else heading(session)


def _why(desk: Desk, page: VerdictPage) -> Why:
    """Asked of the classifier now and kept nowhere: a text that its author takes back leaves no words behind."""
    if desk.classifier is None or not isinstance(desk.classifier, Explains):
        return Why()
    reasons = {} if page.row.deleted_at is not None else desk.classifier.reasons(page.row.text)
    if page.rule and reasons:
        # A rule may have decided by the channel or the reach, of which the words of the text know nothing.
        (said,) = desk.classifier.classify([page.row.text])
        told = {one.field: one.told for one in page.fields}
        reasons = {name: words for name, words in reasons.items() if written(getattr(said, name)) == told.get(name)}
    words = {name: _heaviest(words) for name, words in reasons.items()}
    return Why(is_known=True, is_of_another=desk.classifier.version != page.version, words=words)


def _heaviest(words: Words) -> Words:
    heaviest_first = sorted(words, key=lambda one: -abs(one[1]))
    return tuple((word, weight) for word, weight in heaviest_first[:_MOST_WORDS] if abs(weight) >= _LEAST_WEIGHT)
