"""The public timelines: what anybody could read about the brand, its answers standing out."""

import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.records import BRAND_NAME, DEACTIVATED_BY_CONSUMER, EVALUATED, NETWORKS, Person, Post, Ticket
from sandbox.state import State
from sandbox.words import PT, WORDS, Words, is_resolution

FOLDER = Path(__file__).parent / "templates"
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
ZONE = ZoneInfo("America/Sao_Paulo")
# Whatever a post may hold, the page runs no script and loads nothing from elsewhere.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
NAMES = {"x": "X", "reddit": "Reddit", "mastodon": "Mastodon", "reclame_aqui": "Reclame AQUI"}
THREADS_A_NETWORK = 6
POSTS_A_THREAD = 5  # on the first page; a thread's own page shows all
POSTS_LOOKED_AT = 60
SIGNS = {"x": "@", "mastodon": "@", "reddit": "u/"}


@dataclass(frozen=True)
class ShownPost:
    """A post as the page shows it."""

    id: int
    name: str
    handle: str
    initial: str
    title: str
    text: str
    pictures: tuple[str, ...]
    posted_at: datetime
    time: str
    answers: str  # whom it answers; "" where that is plain
    by_brand: bool
    resolves: bool
    is_deleted: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ShownThread:
    """A conversation; `hidden` counts the posts between the first and the last ones that are not shown."""

    url: str
    posts: tuple[ShownPost, ...]
    hidden: int
    state: str
    is_resolved: bool


@dataclass(frozen=True)
class ShownNetwork:
    """A column of the page."""

    key: str
    name: str
    threads: tuple[ShownThread, ...]


def page_routes(state: State) -> list[Route]:
    """The first page, a page for every thread, their style and the customers' pictures."""

    def timelines(request: Request) -> Response:
        return HTMLResponse(timelines_page(state, _words_for(request)), headers=HEADERS)

    def thread(request: Request) -> Response:
        network, external_id = request.path_params["network"], request.path_params["thread"]
        page = thread_page(state, network, external_id, _words_for(request))
        if page is None:
            return PlainTextResponse("There is no such conversation.", 404, headers=HEADERS)
        return HTMLResponse(page, headers=HEADERS)

    return [
        Route("/", timelines),
        Route("/t/{network}/{thread}", thread),
        Route("/{network}/t/{thread}", thread),
        Route("/timelines.css", _style),
        Route("/pictures/{name}.svg", _picture),
    ]


def timelines_page(state: State, words: Words = PT) -> str:
    """Every network's conversations, the most recently active first."""
    now = state.clock.now()
    networks = [
        ShownNetwork(key, NAMES.get(key, words.complaint_site), tuple(_recent(state, key, words))) for key in NETWORKS
    ]
    counts = {"by_customers": state.count_posts(by_brand=False), "by_brand": state.count_posts(by_brand=True)}
    page = TEMPLATES.get_template("timelines.html")
    return page.render(
        lang=words.lang,
        words=words,
        brand=BRAND_NAME,
        networks=networks,
        counts=counts,
        now=now,
        now_text=now.astimezone(ZONE).strftime("%d/%m %H:%M:%S"),
    )


def thread_page(state: State, network: str, thread: str, words: Words = PT) -> str | None:
    """One conversation, whole; None when there is none."""
    if network not in NETWORKS:
        return None
    posts = _public(state, network, thread)
    if not posts:
        return None
    return TEMPLATES.get_template("thread.html").render(
        lang=words.lang,
        words=words,
        network=network,
        network_name=NAMES.get(network, words.complaint_site),
        thread=_shown_thread(posts, posts, state.ticket(thread), words),
    )


def _recent(state: State, network: str, words: Words) -> list[ShownThread]:
    threads: dict[str, None] = {}
    for post in state.posts(network, limit=POSTS_LOOKED_AT):
        if not post.is_private:
            threads.setdefault(post.thread)
    shown = []
    for thread in list(threads)[:THREADS_A_NETWORK]:
        posts = _public(state, network, thread)
        kept = posts if len(posts) <= POSTS_A_THREAD else [posts[0], *posts[1 - POSTS_A_THREAD :]]
        shown.append(_shown_thread(posts, kept, state.ticket(thread), words))
    return shown


def _public(state: State, network: str, thread: str) -> list[Post]:
    """What anybody may read of a conversation."""
    posts = state.posts(network, thread=thread, newest_first=False, limit=500, include_deleted=True)
    return [post for post in posts if not post.is_private]


def _shown_thread(posts: Sequence[Post], kept: Sequence[Post], ticket: Ticket | None, words: Words) -> ShownThread:
    # A standing thread holds many people's matters; an end to one of them is no end to all.
    is_standing = "background" in posts[0].extra
    is_resolved = not is_standing and any(post.person.is_brand and is_resolution(post.text) for post in posts)
    if ticket is not None and ticket.resolved is not None:
        is_resolved = ticket.resolved
    return ShownThread(
        url=f"/t/{posts[0].network}/{posts[0].thread}",
        posts=tuple(_shown_post(post, words) for post in kept),
        hidden=len(posts) - len(kept),
        state=_state_of(ticket, is_resolved, words),
        is_resolved=is_resolved,
    )


def _state_of(ticket: Ticket | None, is_resolved: bool, words: Words) -> str:
    if ticket is None:
        return words.resolved if is_resolved else ""
    if ticket.status == EVALUATED and ticket.grade is not None:
        return words.evaluated.format(ticket.grade, words.resolved if ticket.resolved else words.not_resolved)
    if ticket.status == DEACTIVATED_BY_CONSUMER:
        return words.withdrawn
    return words.resolved if is_resolved else words.statuses.get(ticket.status, "")


def _shown_post(post: Post, words: Words) -> ShownPost:
    is_deleted = post.deleted_at is not None
    resolves = post.person.is_brand and is_resolution(post.text)
    notes = []
    if resolves:
        notes.append(words.resolution)
    if post.kind == "evaluation" and "grade" in post.extra:
        notes.append(words.grade.format(post.extra["grade"]))
    if "subreddit" in post.extra and post.parent is None:
        notes.append(f"r/{post.extra['subreddit']}")
    if "city" in post.extra:
        notes.append(f"{post.extra['city']} - {post.extra.get('state', '')}")
    if post.edited_at is not None and not is_deleted:
        notes.append(words.edited)
    return ShownPost(
        id=post.id,
        name=post.person.name if not is_deleted else "—",
        handle=_handle(post.person) if not is_deleted else "",
        initial=post.person.name[:1].upper() if not is_deleted else "",
        title=post.extra.get("title", "") if not is_deleted else "",
        text=post.text,
        pictures=_own_pictures(post),
        posted_at=post.posted_at,
        time=post.posted_at.astimezone(ZONE).strftime("%d/%m %H:%M"),
        answers=_handle(post.in_reply_to_person) if post.person.is_brand and post.in_reply_to_person else "",
        by_brand=post.person.is_brand,
        resolves=resolves,
        is_deleted=is_deleted,
        notes=tuple(notes),
    )


def _handle(person: Person) -> str:
    return f"{SIGNS.get(person.network, '')}{person.handle}"


def _own_pictures(post: Post) -> tuple[str, ...]:
    """The pictures that this server itself draws, by path: a page loads nothing from elsewhere."""
    paths = (urlsplit(url).path for url in post.extra.get("pictures", "").split())
    return tuple(path for path in paths if path.startswith("/pictures/"))


def _words_for(request: Request) -> Words:
    """By `?lang=`, or what the browser asks for first; Portuguese otherwise."""
    asked = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return WORDS.get(asked[:2].lower(), PT)


def _style(request: Request) -> Response:
    style = (FOLDER / "timelines.css").read_text(encoding="utf-8")
    return Response(style, media_type="text/css", headers={"Cache-Control": "max-age=60"})


def _picture(request: Request) -> Response:
    """A drawing in place of a customer's photograph: a parcel with a crack, in colours of its own."""
    name = request.path_params["name"]
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2]) % 360
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400" role="img">'
        f"<title>{html.escape(name)}</title>"
        f'<rect width="640" height="400" fill="hsl({hue} 28% 78%)"/>'
        f'<rect y="290" width="640" height="110" fill="hsl({hue} 22% 62%)"/>'
        f'<path d="M190 130h260v190H190z" fill="hsl({(hue + 30) % 360} 45% 52%)"/>'
        f'<path d="M300 130h40v190h-40z" fill="hsl({(hue + 30) % 360} 45% 66%)"/>'
        '<path d="M360 130l-24 52 34 30-40 46 22 62" fill="none" stroke="#222" stroke-width="6"/>'
        "</svg>"
    )
    headers = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "max-age=3600"}
    return Response(drawing, media_type="image/svg+xml", headers=headers)
