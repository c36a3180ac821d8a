"""The texts that replies are made from: their list, their page with a preview, their versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import templates
from cases.template_language import LONGEST_SOURCE, VARIABLES
from database.engine import reading, transaction
from errors import OutdatedError, OuvidorError
from inbox.desk import LARGEST_ID, Desk, NameNeededError, acting, brand_id_of, brands, chosen, number
from inbox.heading import heading
from inbox.template_preview import (
    Draft,
    Fit,
    Preview,
    contacts_of,
    fault_text,
    fits_of,
    preview,
    room_left,
)
from inbox.views import CHANNELS
from inbox.visitor import WrongInputError
from models import Brand, ReplyPurpose, Template

TemplateId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@dataclass(frozen=True)
class TemplatesAddress:
    """Which texts are listed, as it stands in the address; "" asks for all."""

    purpose: str = ""
    brand: str = ""
    channel: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Row:
    """A text in the list."""

    template: Template
    brand: str
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class Missing:
    """A text that a rule of automation names, and that nobody has written."""

    name: str
    purpose: ReplyPurpose
    brand: str
    slug: str


@dataclass(frozen=True)
class Written:
    """The form of a text as the browser sends it."""

    brand: Annotated[str, Form()] = ""
    name: Annotated[str, Form()] = ""
    purpose: Annotated[str, Form()] = ""
    channel: Annotated[str, Form()] = ""
    lang: Annotated[str, Form()] = ""
    body: Annotated[str, Form(max_length=LONGEST_SOURCE)] = ""
    after: Annotated[str, Form()] = "0"
    then: Annotated[str, Form()] = "save"


Asked = Annotated[TemplatesAddress, Depends()]
Form_ = Annotated[Written, Depends()]


def routes(desk: Desk) -> APIRouter:
    """`/templates`; the fixed addresses stand before the one that takes any number."""
    router = APIRouter(prefix="/templates")
    _add_list(router, desk)
    _add_preview(router, desk)
    _add_new(router, desk)
    _add_one(router, desk)
    return router


def _add_list(router: APIRouter, desk: Desk) -> None:
    @router.get("")
    def template_list(request: Request, asked: Asked) -> Response:
        with reading(desk.engine) as session:
            known = brands(session)
            found = _listed(session, asked, known)
            by_id = {brand.id: brand for brand in known.values()}
            rows = [
                Row(
                    one,
                    by_id[one.brand_id].name,
                    () if one.retired_at else fits_of(desk, session, by_id[one.brand_id], one),
                )
                for one in found
            ]
            return desk.views.page(
                request,
                "template_list.html",
                heading=heading(session),
                asked=asked,
                brands=known,
                purposes=tuple(ReplyPurpose),
                languages=templates.LANGUAGES,
                rows=[row for row in rows if row.template.retired_at is None],
                retired=[row for row in rows if row.template.retired_at is not None],
                missing=_missing(desk, session, known),
            )


def _add_preview(router: APIRouter, desk: Desk) -> None:
    @router.post("/preview")
    def preview_part(request: Request, written: Form_) -> Response:
        with reading(desk.engine) as session:
            shown = preview(desk, session, desk.views.texts(request), _draft(session, written))
        return desk.views.page(request, "template_preview.html", preview=shown)


def _add_new(router: APIRouter, desk: Desk) -> None:
    @router.get("/new")
    def new(
        request: Request, brand: str = "", name: str = "", purpose: str = "", channel: str = "", lang: str = ""
    ) -> Response:
        first = {"purpose": purpose or ReplyPurpose.ANSWER.value, "lang": lang or templates.LANGUAGES[0]}
        return _editor(desk, request, Written(brand, name, channel=channel, **first))

    @router.post("/new")
    def create(request: Request, written: Form_) -> Response:
        return _save(desk, request, written, None)


def _add_one(router: APIRouter, desk: Desk) -> None:
    @router.get("/{template_id}")
    def template_page(request: Request, template_id: TemplateId) -> Response:
        return _editor(desk, request, None, template_id)

    @router.post("/{template_id}")
    def change(request: Request, template_id: TemplateId, written: Form_) -> Response:
        return _save(desk, request, written, template_id)

    @router.post("/{template_id}/retire")
    def retire(request: Request, template_id: TemplateId) -> Response:
        try:
            by = acting(request)
            with transaction(desk.engine) as session:
                template = _existing(session, template_id)
                brand = session.get_one(Brand, template.brand_id)
                counted = room_left(desk, session, brand)
                retired = templates.retire(session, template, by, desk.now(), room_left=counted)
        except OuvidorError as error:
            return _refused(desk, request, None, template_id, error)
        return RedirectResponse(f"/templates/{retired.id}", status_code=303)


def _save(desk: Desk, request: Request, written: Written, template_id: int | None) -> Response:
    """Store a version and show it; the page with what was typed where it cannot be, or where only a look was asked."""
    if written.then == "preview":
        return _editor(desk, request, written, template_id)
    try:
        by = acting(request)
        with transaction(desk.engine) as session:
            draft = _draft(session, written, template_id)
            saved = templates.save(
                session,
                draft.brand,
                draft.name,
                draft.purpose,
                draft.channel,
                draft.lang,
                draft.body,
                by,
                desk.now(),
                contacts=contacts_of(desk, draft.brand),
                room_left=room_left(desk, session, draft.brand),
                after=number(written.after, "after"),
            )
    except OuvidorError as error:
        return _refused(desk, request, written, template_id, error)
    return RedirectResponse(f"/templates/{saved.id}", status_code=303)


def _refused(
    desk: Desk, request: Request, written: Written | None, template_id: int | None, error: OuvidorError
) -> Response:
    if isinstance(error, WrongInputError):
        raise error
    status = 409 if isinstance(error, OutdatedError) else 422
    return _editor(desk, request, written, template_id, status=status, error=error)


def _editor(
    desk: Desk,
    request: Request,
    written: Written | None,
    template_id: int | None = None,
    *,
    status: int = 200,
    error: OuvidorError | None = None,
) -> Response:
    """The page of a text; `written` is what the form holds, None for the text as it stands."""
    t = desk.views.texts(request)
    with reading(desk.engine) as session:
        history: Sequence[Template] = []
        if template_id is not None:
            history = templates.versions(session, _existing(session, template_id))
        written = written or _as_it_stands(session, history[0])
        known = brands(session)
        draft = _draft(session, written, template_id) if known else None
        return desk.views.page(
            request,
            "template_edit.html",
            status=status,
            heading=heading(session),
            history=history,
            draft=draft,
            # Who was told of a colleague's version has it before their eyes, below the form.
            after=history[0].version if history and isinstance(error, OutdatedError) else written.after,
            brands=known,
            purposes=tuple(ReplyPurpose),
            languages=templates.LANGUAGES,
            all_channels=CHANNELS,
            variables=VARIABLES,
            longest=LONGEST_SOURCE,
            preview=preview(desk, session, t, draft) if draft else Preview(),
            notice="" if error is None else _notice(desk, request, error),
        )


def _notice(desk: Desk, request: Request, error: OuvidorError) -> str:
    t = desk.views.texts(request)
    return t("problem.name_needed") if isinstance(error, NameNeededError) else fault_text(t, error)


def _draft(session: Session, written: Written, template_id: int | None = None) -> Draft:
    """What a form means; of a text that exists, only its words can be changed."""
    if template_id is not None:
        stands = _existing(session, template_id)
        brand = session.get_one(Brand, stands.brand_id)
        return Draft(brand, stands.name, stands.purpose, stands.channel, stands.lang, written.body)
    known = brands(session)
    brand_id_of(known, written.brand)
    if not known:
        raise WrongInputError("write a [[brand]] into the settings first")
    purpose = chosen(ReplyPurpose, written.purpose, "purpose") or ReplyPurpose.ANSWER
    if written.channel and written.channel not in CHANNELS:
        raise WrongInputError(f"channel is one of {', '.join(CHANNELS)}, not {written.channel[:40]!r}")
    lang = written.lang or templates.LANGUAGES[0]
    if lang not in templates.LANGUAGES:
        raise WrongInputError(f"lang is one of {', '.join(templates.LANGUAGES)}, not {written.lang[:40]!r}")
    brand = known[written.brand] if written.brand else next(iter(known.values()))
    return Draft(brand, written.name, purpose, written.channel, lang, written.body)


def _as_it_stands(session: Session, template: Template) -> Written:
    slug = session.get_one(Brand, template.brand_id).slug
    return Written(
        slug,
        template.name,
        template.purpose.value,
        template.channel,
        template.lang,
        template.body,
        str(template.version),
    )


def _existing(session: Session, template_id: int) -> Template:
    template = session.get(Template, template_id)
    if template is None:
        raise HTTPException(404)
    return template


def _listed(session: Session, asked: TemplatesAddress, known: Mapping[str, Brand]) -> list[Template]:
    purpose = chosen(ReplyPurpose, asked.purpose, "purpose")
    if asked.lang and asked.lang not in templates.LANGUAGES:
        raise WrongInputError(f"lang is one of {', '.join(templates.LANGUAGES)}, not {asked.lang[:40]!r}")
    return [
        one
        for one in templates.newest(session, brand_id_of(known, asked.brand))
        if (purpose is None or one.purpose is purpose)
        and (not asked.channel or one.channel in ("", asked.channel))
        and (not asked.lang or one.lang == asked.lang)
    ]


def _missing(desk: Desk, session: Session, known: Mapping[str, Brand]) -> list[Missing]:
    """What rules of automation ask for and would not find in any language."""
    there = {(one.brand_id, one.name, one.purpose) for one in templates.newest(session) if one.retired_at is None}
    found: dict[tuple[str, str], Missing] = {}
    for rule in desk.settings.automation:
        purpose, name = ReplyPurpose(rule.purpose), rule.template.strip()
        for slug, brand in known.items():
            wanted = rule.mode != "off" and (not rule.brands or slug in rule.brands)
            if wanted and (brand.id or 0, name, purpose) not in there:
                found.setdefault((slug, name), Missing(name, purpose, brand.name, slug))
    return sorted(found.values(), key=lambda one: one.brand)
