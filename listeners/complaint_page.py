"""Hear any complaint site or forum whose pages the operator may read, as described by CSS selectors.

How a person gets the right to read (there are no credentials):
1. Read the site's terms: many forbid programs. Without a permission, ask for one in writing and keep the answer.
2. Look at https://THE-SITE/robots.txt: what it forbids to programs is not read, whatever the settings say.
3. Give a `user_agent` that names you and a way to reach you, and a `delay` between two pages that suits the site.
4. Open the list of complaints and one complaint in a browser, and find with its inspector the selectors of each part.

Source kinds: `page`, whose query is the path or address of the list, newest complaint first. Options, of the source or
its account: `list` (one entry of the list), `link` (within it), `next` (the link to the next page of the list), `empty`
(what marks a list that has no entries), `id` (a regular expression with one group, applied to a complaint's address),
`address` (a complaint's address with {id}), `title`, `text`, `author`, `date` (on a complaint's own page),
`date_format` (as of strptime; ISO without it), `timezone`, `delay`, `user_agent`, and for finding answers `answer`,
`answer_text`, `answer_author`, `company`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bs4 import Tag

from channels.catch_up import ASKED
from channels.complaint_place import Place, place_of
from channels.connection import Clock, Connection, SourceConfig
from channels.page_options import page_options
from channels.page_reader import GONE, NOT_MODIFIED, HtmlPage, PageReader, text_in
from errors import NeedsAttentionError, SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, Unchanged
from models import MentionKind

CHUNK = 10  # complaints that are stored together: each is a page of its own, and the site is read slowly
_MOST_PAGES = 2_000  # of one list; one that goes on is broken
_MOST_WALKS = 3
_MOST_PICTURES = 20


@dataclass(frozen=True)
class _ListPage:
    """One page of the list."""

    url: str  # where it was asked for
    entries: dict[str, str]  # complaints by id, in the page's order, with their addresses
    following: str  # the address of the next page; "" where none follows
    is_empty: bool = False  # it says so itself
    etag: str = ""
    modified: str = ""


@dataclass
class _Walk:
    """One walk down the list, and what it met."""

    place: Place
    pages: int = 0
    asked: set[str] = field(default_factory=set)  # addresses of the pages that were taken for the next ones
    seen: set[str] = field(default_factory=set)  # complaints on them
    unknown: int = 0
    is_unchanged: bool = False
    is_at_its_end: bool = False  # for certain: the old ones were reached, or a page said that none follows
    etag: str = ""
    modified: str = ""


class ComplaintPageListener:
    """Reads one list of complaints."""

    def __init__(self, connection: Connection, source: SourceConfig, clock: Clock) -> None:
        if source.kind != "page":
            raise SettingsError(f"complaint_page has no source of kind {source.kind!r}; there is page")
        if not connection.base_url:
            raise SettingsError("a complaint_page account needs base_url: the address of the site")
        self._options = page_options({**connection.options, **source.options})
        self._reader = PageReader(connection, self._options, clock)
        self._query = source.query.strip()
        self._addresses: dict[str, str] = {}  # of complaints that this listener has seen in the list

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """What is in the list and not known, from the newest down to what is.

        A complaint that disappears while we read moves others to pages that were read already: after more than one
        page the list is walked again, until it shows nothing that is unknown.
        """
        place = place_of(cursor)
        for number in range(_MOST_WALKS):
            walk = _Walk(place)
            yield from self._walk(walk, may_be_unchanged=number == 0)
            place = walk.place
            if walk.is_unchanged:
                return
            if not walk.is_at_its_end and not place.may_end(walk.pages):
                yield Page((), place.doubted(walk.pages).text())
                about = f"the list at {self._query or 'the base URL'}"
                raise TryLaterError(f"{about} breaks off or leads back after page {walk.pages}; it is read again")
            if walk.unknown == 0 or walk.pages == 1:
                yield Page((), place.ended(walk.etag, walk.modified).text())
                return

    def _walk(self, walk: _Walk, may_be_unchanged: bool) -> Iterator[Page]:
        """One walk from the newest complaint down to those that were known when it began."""
        known = walk.place.old
        page = self._list_page(self._reader.url(self._query), walk.place if may_be_unchanged else Place(), first=True)
        if page is None:
            walk.is_unchanged = True
            yield Page((), walk.place.text())
            return
        walk.etag, walk.modified = page.etag, page.modified
        while page is not None:
            walk.pages += 1
            if walk.pages > _MOST_PAGES:
                raise TryLaterError(f"the list at {self._query or 'the base URL'} does not end")
            walk.asked.add(page.url)
            walk.seen |= page.entries.keys()
            yield from self._news(walk, page.entries)
            if not page.entries or next(reversed(page.entries)) in known or not page.following:
                walk.is_at_its_end = bool(page.entries) or page.is_empty
                return
            page = self._below(page, walk)

    def _below(self, page: _ListPage, walk: _Walk) -> _ListPage | None:
        """The page after another one; None where the way there leads back, however often it is asked for.

        Either its link leads back, or a page that was read comes in place of the next one: both are asked for again.
        """
        for number in range(ASKED):
            if number:
                again = self._list_page(page.url)
                # What came may be another page: its link would pass over what lies between.
                page = again if again is not None and again.entries.keys() & page.entries.keys() else page
            if not page.following:
                return page
            if page.following in walk.asked:
                continue
            found = self._list_page(page.following)
            if found is not None and _leads_on(found, walk):
                return found
        return None

    def _news(self, walk: _Walk, entries: Mapping[str, str]) -> Iterator[Page]:
        """What is not known of a list page, read complaint by complaint."""
        place = walk.place
        new = [(i, link) for i, link in entries.items() if i not in place.old and i not in place.fresh]
        walk.unknown += len(new)
        for start in range(0, len(new), CHUNK):
            chunk = new[start : start + CHUNK]
            heard = self._complaints(chunk)
            walk.place = replace(walk.place, fresh=(*walk.place.fresh, *(i for i, _ in chunk)))
            yield Page(heard, walk.place.text())

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """By their own pages. A complaint whose address does not follow from its id is left out: see `address`."""
        for complaint_id in dict.fromkeys(ids):
            address = self._options.address_of(complaint_id)
            url = self._addresses.get(complaint_id) or (self._reader.from_root(address) if address else "")
            if not url or self._options.id_of(url) != complaint_id:
                continue
            answer = self._reader.get(url)
            if answer.status == 404 and not self._addresses_hold():
                raise NeedsAttentionError(
                    f"the site's addresses have changed: {url} is not there; check id and address"
                )
            if answer.status in GONE:
                yield Gone(complaint_id)
            elif self._options.id_of(answer.url) == complaint_id:
                # A page does not say whether its text was changed: it is handed over, and compared with ours.
                yield Edited(complaint_id, self._words(HtmlPage(answer, self._options)))

    def _addresses_hold(self) -> bool:
        """Whether the list still leads where we think that complaints stand: else nothing there is known to be gone."""
        answer = self._reader.get(self._reader.url(self._query), accept=frozenset())
        for complaint_id, link in self._entries(HtmlPage(answer, self._options)).items():
            address = self._options.address_of(complaint_id)
            if address and self._reader.from_root(address) != link:
                return False
        return True

    def _list_page(self, url: str, place: Place | None = None, *, first: bool = False) -> _ListPage | None:
        """One page of the list; None when it is as it was at this place."""
        asked: dict[str, str] = {}
        if place is not None and not place.fresh:
            asked |= {"If-None-Match": place.etag} if place.etag else {}
            asked |= {"If-Modified-Since": place.modified} if place.modified else {}
        answer = self._reader.get(url, accept=frozenset((NOT_MODIFIED,) if asked else ()), headers=asked)
        if answer.status == NOT_MODIFIED:
            return None
        html, headers = HtmlPage(answer, self._options), answer.headers
        following = html.one("next")
        target = _href(following) if following is not None else ""
        return _ListPage(
            url=url,
            # Some sites lead to a page beyond the last one, as does a list that became shorter while we read.
            entries=self._entries(html) if first or html.all("list") else {},
            following=self._reader.linked(answer.url, target) if target else "",
            is_empty=html.one("empty") is not None,
            etag=headers.get("ETag", "")[:200],
            modified=headers.get("Last-Modified", "")[:100],
        )

    def _entries(self, html: HtmlPage) -> dict[str, str]:
        """The complaints of a list page by id, in its order, with their addresses."""
        entries = html.all("list")
        if not entries:
            if html.one("empty") is not None:
                return {}
            raise html.changed("list")
        linked = [link for entry in entries if (link := _link_in(entry, html)) is not None]
        addresses = [url for link in linked if (url := self._reader.linked(html.url, _href(link)))]
        if not addresses:
            raise html.changed("link")
        found = {i: url for url in addresses if (i := self._options.id_of(url))}
        if not found:
            raise html.changed("id")
        self._addresses |= found
        return found

    def _complaints(self, entries: Sequence[tuple[str, str]]) -> tuple[HeardMention, ...]:
        heard = []
        for complaint_id, url in entries:
            answer = self._reader.get(url)
            if answer.status not in GONE:  # one that was taken away since the list was made is not heard
                heard.append(self._heard(complaint_id, HtmlPage(answer, self._options)))
        return tuple(heard)

    def _heard(self, complaint_id: str, html: HtmlPage) -> HeardMention:
        date = html.one("date")
        if date is None:
            raise html.changed("date")
        stamp = "" if self._options.date_format else _attribute(date, "datetime")
        shown = stamp or text_in(date)
        posted_at = self._options.moment(shown)
        if posted_at is None:
            raise NeedsAttentionError(
                f"layout changed: the date {shown[:60]!r} on {html.url} is not written as date_format says"
            )
        name = html.text("author")
        words = html.one("text")
        pictures = [self._picture(html.url, image) for image in words.select("img[src]")] if words else []
        return HeardMention(
            external_id=complaint_id,
            kind=MentionKind.COMPLAINT,
            text=self._words(html),
            posted_at=posted_at,
            # A name alone is no identity: two people of one name must not become one customer.
            author=Author(f"{complaint_id}:{name}"[:300], name, name) if name else None,
            url=html.url,
            thread_external_id=complaint_id,
            pictures=tuple(url for url in dict.fromkeys(pictures) if url)[:_MOST_PICTURES],
            addresses_us=True,
        )

    def _words(self, html: HtmlPage) -> str:
        return "\n\n".join(part for part in (html.text("title"), html.text("text")) if part)

    def _picture(self, page: str, image: Tag) -> str:
        return self._reader.linked(page, _attribute(image, "src"))


def _leads_on(page: _ListPage, walk: _Walk) -> bool:
    """Whether a page is the next one of a walk, or its end.

    One that was read before brings nothing new, and leads to where we stand or back.
    """
    if not page.entries:
        return page.is_empty
    is_new = bool(page.entries.keys() - walk.seen)
    return is_new or not page.following or page.following not in walk.asked | {page.url}


def _link_in(entry: Tag, html: HtmlPage) -> Tag | None:
    found = html.one("link", entry)
    return found if found is not None else (entry if entry.name == "a" and entry.get("href") else None)


def _href(link: Tag) -> str:
    return _attribute(link, "href")


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else ""
