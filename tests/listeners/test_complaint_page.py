"""The complaint page listener on a site's HTML, polite and never mistaking a new layout for silence."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.catch_up import MOST_DOUBTS
from channels.connection import Connection, SourceConfig
from errors import ChannelError, NeedsAttentionError, RateLimitedError, SettingsError, TryLaterError
from listeners.base import Edited, Gone, HeardMention, Page
from listeners.complaint_page import ComplaintPageListener
from models import MentionKind
from tests.answers import Answers, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LIST = "/empresa/loja-aurora"
OPTIONS = {
    "list": "li.caso",
    "link": "a.ver",
    "id": "_([0-9a-z]+)/$",
    "title": "h1",
    "text": "div.texto",
    "author": "span.autor",
    "date": "time",
    "date_format": "%d de %B de %Y às %H:%M",
    "next": "a.proxima",
    "empty": "p.nada",
    "delay": "2s",
}


class PoliteClock:
    """Notes how long it was asked to sleep."""

    def __init__(self) -> None:
        self.moment = NOON
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        self.moment += duration


class Site:
    """A list of complaints, newest first, ten a page, that changes as a test says."""

    def __init__(self, *ids: str, size: int = 10) -> None:
        self.ids = list(ids)
        self.size = size
        self.on_list: list[object] = []

    def __call__(self, request: Request) -> Response:
        number = int(request.args.get("pagina", 1))
        start = (number - 1) * self.size
        items = "".join(
            f'<li class="caso"><a class="ver" href="/reclamacao/caso_{i}/">{i}</a></li>'
            for i in self.ids[start : start + self.size]
        )
        more = start + self.size < len(self.ids)
        following = f'<a class="proxima" href="?pagina={number + 1}">+</a>' if more else ""
        self.on_list.append(number)
        return html(f"<ul>{items}</ul>{following}" if self.ids else '<p class="nada">Nenhuma</p>')


def html(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    page = f"<!doctype html><html><body>{body}</body></html>"
    return Response(page, status, dict(headers or {}), content_type="text/html; charset=utf-8")


def a_complaint(text: str = "texto") -> Response:
    return html(f'<h1>Caso</h1><span class="autor">Maria</span><time>1 de março de 2026 às 10:00</time>'
                f'<div class="texto">{text}</div>')  # fmt: skip


@pytest.fixture
def site(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver, "")
    answers.base_url = answers.base_url.rstrip("/")
    return answers


def serve(site: Answers, listing: Site, *ids: str) -> None:
    site.add("GET", LIST, listing)
    for i in dict.fromkeys((*listing.ids, *ids)):
        site.add("GET", f"/reclamacao/caso_{i}/", a_complaint(f"texto {i}"))


def a_listener(
    site: Answers, clock: PoliteClock | None = None, query: str = LIST, **options: str
) -> ComplaintPageListener:
    timeout = timedelta(seconds=2)
    connection = Connection("complaint_page", site.base_url, "p", "aurora", "", {}, dict(OPTIONS), timeout)
    return ComplaintPageListener(connection, SourceConfig("page", query, options), clock or PoliteClock())


def heard(pages: Sequence[Page]) -> list[HeardMention]:
    return [mention for page in pages for mention in page.mentions]


def ids(pages: Sequence[Page]) -> set[str]:
    return {mention.external_id for mention in heard(pages)}


def test_a_list_is_read_to_its_end_with_each_complaint(site: Answers) -> None:
    site.replay("complaint_page", "list")
    pages = list(a_listener(site).fetch(None))
    by_id = {mention.external_id: mention for mention in heard(pages)}
    assert by_id.keys() == {"a2", "a1", "a0"}
    fridge = by_id["a2"]
    assert fridge.kind is MentionKind.COMPLAINT
    assert fridge.text == "Geladeira não chegou\n\nComprei & paguei.\nNada até hoje."
    assert fridge.posted_at == datetime(2026, 3, 10, 14, 5, tzinfo=UTC)
    assert fridge.author is not None
    assert fridge.author.name == "Maria D."
    assert fridge.url.endswith("/reclamacao/geladeira-nao-chegou_a2/")
    assert fridge.pictures == (site.base_url + "/fotos/2.jpg",)
    assert fridge.addresses_us


def test_two_people_of_one_name_are_two_people(site: Answers) -> None:
    serve(site, Site("b", "a"))
    assert len({m.author.external_id for m in heard(list(a_listener(site).fetch(None))) if m.author}) == 2


def test_pages_are_read_slowly(site: Answers) -> None:
    clock = PoliteClock()
    serve(site, Site("b", "a"))
    list(a_listener(site, clock).fetch(None))
    assert clock.slept == [timedelta(seconds=2)] * 2


def test_the_delay_of_robots_txt_counts_when_it_is_longer(site: Answers) -> None:
    clock = PoliteClock()
    site.add("GET", "/robots.txt", Response("User-agent: *\nCrawl-delay: 7\n"))
    serve(site, Site("a"))
    list(a_listener(site, clock).fetch(None))
    assert clock.slept == [timedelta(seconds=7)]
    assert site.paths().count("/robots.txt") == 1


def test_what_robots_txt_forbids_is_not_read(site: Answers) -> None:
    site.add("GET", "/robots.txt", Response("User-agent: *\nDisallow: /reclamacao/\n"))
    serve(site, Site("a"))
    with pytest.raises(NeedsAttentionError, match=r"robots\.txt"):
        list(a_listener(site).fetch(None))
    assert "/reclamacao/caso_a/" not in site.paths()


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, TryLaterError), (503, TryLaterError), (403, NeedsAttentionError), (429, RateLimitedError)],
)
def test_robots_txt_that_cannot_be_had_lets_nothing_be_read(
    site: Answers, status: int, error: type[ChannelError]
) -> None:
    site.add("GET", "/robots.txt", Response("", status))
    serve(site, Site("a"))
    with pytest.raises(error):
        list(a_listener(site).fetch(None))
    assert site.paths() == ["/robots.txt"]


def test_an_unchanged_list_is_not_read_again(site: Answers) -> None:
    validators = {"ETag": '"v1"', "Last-Modified": "Tue, 10 Mar 2026 14:00:00 GMT"}

    def listing(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response("", 304)
        return html('<li class="caso"><a class="ver" href="/reclamacao/caso_a/">a</a></li>', headers=validators)

    site.add("GET", LIST, listing)
    site.add("GET", "/reclamacao/caso_a/", a_complaint())
    cursor = list(a_listener(site).fetch(None))[-1].cursor
    site.asked.clear()
    (page,) = a_listener(site).fetch(cursor)
    assert page == Page((), cursor)
    assert site.paths() == ["/robots.txt", LIST]
    assert site.asked[-1].headers["If-Modified-Since"] == validators["Last-Modified"]


@pytest.mark.parametrize("stop", range(1, 6))
def test_stopping_after_any_page_and_resuming_skips_nothing(site: Answers, stop: int) -> None:
    names = [f"c{n}" for n in range(37)]
    listing = Site(*names)
    serve(site, listing, "new1", "new2")
    found: set[str] = set()
    cursor = None
    for number, page in enumerate(a_listener(site).fetch(None), 1):
        found |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor
        if number == stop:
            break
    listing.ids[:0] = ["new2", "new1"]
    assert found | ids(list(a_listener(site).fetch(cursor))) == {*names, "new1", "new2"}


def test_no_complaint_is_read_twice(site: Answers) -> None:
    listing = Site(*(f"c{n}" for n in range(25)))
    serve(site, listing, "new")
    cursor = list(a_listener(site).fetch(None))[-1].cursor
    assert len([path for path in site.paths() if path.startswith("/reclamacao")]) == 25
    site.asked.clear()
    listing.ids.insert(0, "new")
    assert ids(list(a_listener(site).fetch(cursor))) == {"new"}
    assert len([path for path in site.paths() if path.startswith("/reclamacao")]) == 1


def test_a_complaint_taken_away_while_we_read_hides_no_other(site: Answers) -> None:
    names = [f"c{n}" for n in range(30)]
    listing = Site(*names)
    serve(site, listing)
    found: set[str] = set()
    for number, page in enumerate(a_listener(site).fetch(None)):
        found |= {mention.external_id for mention in page.mentions}
        if number == 0:
            listing.ids.remove("c3")  # c10 moves up to the page that was read already
    assert found == set(names)


def test_a_list_that_never_stands_still_is_not_taken_for_read(site: Answers) -> None:
    listing = Site(*(f"c{n}" for n in range(60)))
    serve(site, listing)
    found: set[str] = set()
    cursor = None
    for page in a_listener(site).fetch(None):
        found |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor
        for name in [name for name in listing.ids if name in found][:4]:
            listing.ids.remove(name)
    assert found | ids(list(a_listener(site).fetch(cursor))) == {f"c{n}" for n in range(60)}


def test_an_empty_page_beyond_the_last_one_ends_the_list(site: Answers) -> None:
    first = (
        '<li class="caso"><a class="ver" href="/reclamacao/caso_a/">a</a></li><a class="proxima" href="?pagina=2">+</a>'
    )
    site.add("GET", LIST, lambda request: html("<ul></ul>" if "pagina" in request.args else first))
    site.add("GET", "/reclamacao/caso_a/", a_complaint())
    cursor: str | None = None
    found: set[str] = set()
    for _ in range(MOST_DOUBTS + 1):
        pages = poll(site, cursor)
        cursor, found = pages[-1].cursor, found | ids(pages)
    assert found == {"a"}
    assert cursor == '{"old":["a"]}'


def test_an_empty_page_that_says_so_ends_the_list_at_once(site: Answers) -> None:
    first = (
        '<li class="caso"><a class="ver" href="/reclamacao/caso_a/">a</a></li><a class="proxima" href="?pagina=2">+</a>'
    )
    site.add("GET", LIST, lambda request: html('<p class="nada">Fim</p>' if "pagina" in request.args else first))
    site.add("GET", "/reclamacao/caso_a/", a_complaint())
    assert list(a_listener(site).fetch(None))[-1].cursor == '{"old":["a"]}'


def poll(site: Answers, cursor: str | None) -> list[Page]:
    """What one fetch brings, also where the list breaks off at its end."""
    pages: list[Page] = []
    with suppress(TryLaterError):
        pages.extend(a_listener(site).fetch(cursor))
    return pages


def leads_back(page: Response) -> Response:
    return html(re.sub(r"\?pagina=\d+", "?pagina=1", page.get_data(as_text=True)))


@pytest.mark.parametrize("spoilt", ["leading back", "the page before", "nothing", "another page"])
def test_a_list_that_breaks_off_is_read_again_and_hides_nothing(site: Answers, spoilt: str) -> None:
    """The second page goes wrong while many new complaints have come."""
    listing = Site(*(f"c{n}" for n in range(5)))
    fresh = [f"n{n}" for n in range(30)]
    serve(site, listing, *fresh)
    cursor = list(a_listener(site).fetch(None))[-1].cursor
    listing.ids[:0] = fresh
    first, second = (listing(Request.from_values(f"{LIST}?pagina={number}")) for number in (1, 2))
    page = {
        "leading back": leads_back(second),
        "the page before": first,
        "nothing": html(""),
        "another page": html("<h1>502</h1>"),
    }[spoilt]
    site.add("GET", LIST, lambda request: page if request.args.get("pagina") == "2" else listing(request))
    pages = poll(site, cursor)
    assert ids(pages) < set(fresh)
    site.add("GET", LIST, listing)
    assert ids(pages) | ids(list(a_listener(site).fetch(pages[-1].cursor))) == set(fresh)


@pytest.mark.parametrize("spoilt", ["leading back", "the page before"])
def test_a_page_that_goes_wrong_once_is_asked_for_again_at_once(site: Answers, spoilt: str) -> None:
    listing = Site(*(f"c{n}" for n in range(35)))
    serve(site, listing)
    first, second = (listing(Request.from_values(f"{LIST}?pagina={number}")) for number in (1, 2))
    once = [leads_back(second) if spoilt == "leading back" else first]
    site.add(
        "GET", LIST, lambda request: once.pop() if once and request.args.get("pagina") == "2" else listing(request)
    )
    pages = list(a_listener(site).fetch(None))
    assert ids(pages) == set(listing.ids)
    assert json.loads(pages[-1].cursor or "")["old"] == listing.ids


def test_all_that_we_knew_may_disappear(site: Answers) -> None:
    listing = Site(*(f"c{n}" for n in range(12)))
    serve(site, listing, "x1", "x2")
    cursor = list(a_listener(site).fetch(None))[-1].cursor
    listing.ids[:] = ["x2", "x1"]
    assert ids(list(a_listener(site).fetch(cursor))) == {"x1", "x2"}


def test_a_list_that_says_that_it_is_empty_is_silence(site: Answers) -> None:
    serve(site, Site())
    (page,) = a_listener(site).fetch(None)
    assert page.mentions == ()


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("list", html("<p>Bem-vindo ao novo site</p>")),
        ("list", html("")),
        ("link", html('<li class="caso"><a href="/x_a/">a</a></li>')),
        ("id", html('<li class="caso"><a class="ver" href="/caso/a">a</a></li>')),
    ],
)
def test_another_layout_of_the_list_is_never_silence(site: Answers, name: str, page: Response) -> None:
    site.add("GET", LIST, page)
    with pytest.raises(NeedsAttentionError, match=rf"layout changed: {name} .* matches nothing on http"):
        list(a_listener(site).fetch(None))


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("title", "<h1>Caso</h1>"),
        ("text", '<div class="texto">texto a</div>'),
        ("author", '<span class="autor">Maria</span>'),
        ("date", "<time>1 de março de 2026 às 10:00</time>"),
        ("date", "1 de março de 2026 às 10:00"),
    ],
)
def test_another_layout_of_a_complaint_is_named(site: Answers, name: str, old: str) -> None:
    site.add("GET", LIST, Site("a"))
    page = a_complaint("texto a").get_data(as_text=True)
    assert old in page
    site.add("GET", "/reclamacao/caso_a/", Response(page.replace(old, "?"), content_type="text/html"))
    with pytest.raises(NeedsAttentionError, match=f"layout changed: (the )?{name}"):
        list(a_listener(site).fetch(None))


def test_half_a_list_is_not_taken_for_a_short_one(site: Answers) -> None:
    listing = Site(*(f"c{n}" for n in range(12)))
    whole = listing(
        Request({"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "SERVER_NAME": "x", "SERVER_PORT": "1"})
    )
    half = whole.get_data()[:300]
    site.add("GET", LIST, Response(half, content_type="text/html"))
    with pytest.raises(TryLaterError, match="ends before"):
        list(a_listener(site).fetch(None))


def test_links_to_other_sites_are_left_alone(site: Answers) -> None:
    page = '<li class="caso"><a class="ver" href="http://127.0.0.2:9/c_z/">z</a></li>'
    page += '<li class="caso"><a class="ver" href="/reclamacao/caso_a/">a</a></li>'
    site.add("GET", LIST, html(page))
    site.add("GET", "/reclamacao/caso_a/", a_complaint())
    assert ids(list(a_listener(site).fetch(None))) == {"a"}


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "windows-1252"])
def test_the_charset_of_the_header_is_believed(site: Answers, charset: str) -> None:
    site.add("GET", LIST, Site("a"))
    body = a_complaint("não chegou à loja").get_data(as_text=True).encode(charset)
    site.add("GET", "/reclamacao/caso_a/", Response(body, content_type=f"text/html; charset={charset}"))
    (mention,) = heard(list(a_listener(site).fetch(None)))
    assert "não chegou à loja" in mention.text


def test_a_charset_that_does_not_exist_is_looked_for_in_the_page(site: Answers) -> None:
    site.add("GET", LIST, Site("a"))
    body = a_complaint("não").get_data(as_text=True).replace("<body>", "<head><meta charset='latin-1'></head><body>")
    site.add("GET", "/reclamacao/caso_a/", Response(body.encode("latin-1"), content_type="text/html; charset=x-none"))
    (mention,) = heard(list(a_listener(site).fetch(None)))
    assert "não" in mention.text


def test_markup_that_would_keep_a_parser_for_hours_is_refused(site: Answers) -> None:
    site.add("GET", LIST, html("<a " * 200_000))
    with pytest.raises(TryLaterError):
        list(a_listener(site).fetch(None))


def test_a_list_whose_pages_go_in_circles_ends_at_last(site: Answers) -> None:
    entry = '<li class="caso"><a class="ver" href="/reclamacao/caso_a/">a</a></li>'
    site.add("GET", LIST, html(f'{entry}<a class="proxima" href="{LIST}">+</a>'))
    site.add("GET", "/reclamacao/caso_a/", a_complaint())
    cursor: str | None = None
    found: set[str] = set()
    for _ in range(MOST_DOUBTS + 1):
        pages = poll(site, cursor)
        cursor, found = pages[-1].cursor, found | ids(pages)
    assert found == {"a"}
    assert cursor == '{"old":["a"]}'


def test_a_complaint_that_is_gone_when_we_come_is_not_heard(site: Answers) -> None:
    serve(site, Site("a"))
    site.add("GET", LIST, Site("b", "a"))
    assert ids(list(a_listener(site).fetch(None))) == {"a"}


@pytest.mark.parametrize("status", [404, 410])
def test_check_finds_pages_that_are_gone(site: Answers, status: int) -> None:
    serve(site, Site("b"))
    site.add("GET", "/reclamacao/caso_a/", html("", status))
    facts = list(a_listener(site, address="/reclamacao/caso_{id}/").check(["a", "b"]))
    assert facts == [Gone("a"), Edited("b", "Caso\n\ntexto b")]


def test_a_404_is_not_believed_once_the_sites_addresses_have_changed(site: Answers) -> None:
    site.add("GET", LIST, html('<li class="caso"><a class="ver" href="/r/outro_b/">b</a></li>'))
    with pytest.raises(NeedsAttentionError, match="addresses have changed"):
        list(a_listener(site, address="/reclamacao/caso_{id}/").check(["a"]))


def test_check_leaves_out_what_it_cannot_find_the_way_to(site: Answers) -> None:
    assert list(a_listener(site, id="/caso.*_([0-9a-z]+)/$").check(["a"])) == []
    assert site.asked == []


def test_a_list_on_another_site_is_refused(site: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="not on the site"):
        list(a_listener(site, query="http://127.0.0.2:9/x").fetch(None))


def test_mistakes_in_the_options_are_named_before_the_network(site: Answers) -> None:
    with pytest.raises(SettingsError, match="'text'"):
        a_listener(site, text="div[")
    with pytest.raises(SettingsError, match="kind"):
        ComplaintPageListener(Connection("complaint_page", "http://x", "p", "h"), SourceConfig("list"), PoliteClock())
    assert site.asked == []


@pytest.mark.parametrize("cursor", ["{", "[]", "5", '{"old": 5}', '{"etag": "a\\nb"}'])
def test_a_place_that_cannot_be_read_back_is_for_a_person(site: Answers, cursor: str) -> None:
    with pytest.raises(NeedsAttentionError):
        list(a_listener(site).fetch(cursor))
