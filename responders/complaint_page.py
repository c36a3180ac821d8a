"""Complaint sites without a posting API: a person posts the answer, and it is verified on the page.

How a person gets the right to answer:
1. Register the company with the site, as its pages for companies tell, and have the account confirmed.
2. When a reply waits as "by hand", open the complaint by its link, sign in, paste the text unchanged, publish it.
3. Mark it as posted in the inbox; it counts as verified once it can be read on the page.
"""

import hashlib
import re
import unicodedata

from bs4 import Tag

from channels.connection import Clock, Connection
from channels.page_options import PageOptions, page_options
from channels.page_reader import GONE, HtmlPage, PageReader, text_in
from channels.text import same_text
from errors import ByHandError, NeedsAttentionError, RejectedError
from responders.base import OutgoingReply, Posted

ROOM = 1_000_000  # characters: the site's own form tells the person who posts


class ComplaintPageResponder:
    """Looks for a company's answers on one site.

    It shows no timeline of them: an account does not say where the list of complaints is, and most sites give their
    answers no date that its options could name.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._options: PageOptions = page_options(connection.options)
        self._reader = PageReader(connection, self._options, clock)
        self._company = _squeezed(self._options.company or connection.handle)

    def room_left(self, body: str, to: str = "") -> int:
        """As good as endless: the site's limit is not known."""
        return ROOM - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """Raises ByHandError, always; for a private reply RejectedError, for the site shows answers to everybody."""
        _refuse_private(reply)
        raise ByHandError(f"a person must post the answer at {reply.mention_url or 'the complaint'}")

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look among the answers on the complaint's page; without the option `answer` nothing is ever found."""
        _refuse_private(reply)
        if not self._options.css("answer"):
            raise NeedsAttentionError("complaint_page needs the option 'answer' to verify what a person posted")
        url = self._reader.moved(reply.mention_url)
        if not url:
            raise NeedsAttentionError(f"the complaint {reply.mention_external_id} has no address that can be read")
        answer = self._reader.get(url)
        if answer.status in GONE:
            return None
        html = HtmlPage(answer, self._options)
        if html.one("text") is None:
            raise html.changed("text")
        for place in html.all("answer"):
            if self._is_ours(html, place) and same_text(reply.body, self._words(html, place)):
                anchor = place.get("id")
                number = anchor if isinstance(anchor, str) and anchor else _number(reply)
                return Posted(number, f"{html.url}#{anchor}" if isinstance(anchor, str) and anchor else html.url)
        return None

    def _is_ours(self, html: HtmlPage, place: Tag) -> bool:
        if not self._options.css("answer_author"):
            return True
        author = html.one("answer_author", place)
        shown = _squeezed(text_in(author)) if author is not None else ""
        # Sites write "Empresa S.A." where the account is called "empresa".
        return bool(shown) and (self._company in shown or shown in self._company)

    def _words(self, html: HtmlPage, place: Tag) -> str:
        words = html.one("answer_text", place)
        return text_in(words if words is not None else place)


def _refuse_private(reply: OutgoingReply) -> None:
    if reply.private or reply.is_exposing:
        raise RejectedError(
            "nothing private is sent on this site from here: write to the person by the contact that they gave the "
            "company, or ask them in a public answer to get in touch"
        )


def _squeezed(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def _number(reply: OutgoingReply) -> str:
    """A name for an answer to which the site gives none."""
    return hashlib.sha256(f"{reply.mention_external_id}\n{reply.body}".encode()).hexdigest()[:24]
