"""Who looks at a page: the session, the name under which they act, their language."""

import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadSignature, Signer, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from database.ledger import OUVIDOR, signs_as_the_program
from errors import OuvidorError

LANGUAGES: Final = ("pt", "en")
_LONGEST_NAME = 60
_A_YEAR = 365 * 24 * 3600  # seconds


class WrongInputError(OuvidorError):
    """A form or an address holds something that cannot be meant; the text says what would do."""


@dataclass(frozen=True)
class Visitor:
    """One browser; `name` is "" until it was asked."""

    session: str
    is_new: bool
    token: str
    name: str
    language: str


class Visitors:
    """Signs and reads the cookies.

    The key lives as long as the process: after a restart a name is asked once more, and an open form must be reloaded.
    """

    def __init__(self, default_language: str) -> None:
        key = secrets.token_bytes(32)
        self._sessions = Signer(key, salt="session")
        self._tokens = Signer(key, salt="token")
        self._names = URLSafeSerializer(key, salt="name")
        self._default_language = default_language

    def read(self, connection: HTTPConnection) -> Visitor:
        """The visitor behind a request; a cookie that we did not sign counts as none."""
        prefix = cookie_prefix(connection)
        try:
            session = self._sessions.unsign(connection.cookies.get(prefix + "session", "")).decode()
            is_new = False
        except (BadSignature, UnicodeDecodeError):
            session, is_new = secrets.token_urlsafe(24), True
        return Visitor(
            session=session,
            is_new=is_new,
            token=self._tokens.sign(session).decode(),
            name=self._name(connection.cookies.get(prefix + "name", "")),
            language=self._language(connection, prefix),
        )

    def session_cookie(self, visitor: Visitor) -> str:
        """The signed session, as the cookie holds it."""
        return self._sessions.sign(visitor.session).decode()

    def is_token_of(self, visitor: Visitor, token: str) -> bool:
        """Whether a form was drawn for this very session."""
        try:
            return not visitor.is_new and self._tokens.unsign(token).decode() == visitor.session
        except (BadSignature, UnicodeDecodeError):
            return False

    def remember_name(self, connection: HTTPConnection, response: Response, name: str) -> None:
        """Keep the name under which this browser acts; WrongInputError when it cannot be one."""
        kept = " ".join("".join(c for c in name if unicodedata.category(c)[0] != "C").split())
        if not kept or len(kept) > _LONGEST_NAME:
            raise WrongInputError(f"a name has between 1 and {_LONGEST_NAME} characters")
        if signs_as_the_program(kept):
            raise WrongInputError(f"{OUVIDOR!r} is how the program signs: choose a person's name")
        _keep(connection, response, "name", self._names.dumps(kept))

    def remember_language(self, connection: HTTPConnection, response: Response, language: str) -> None:
        """Keep the language that this browser chose."""
        if language not in LANGUAGES:
            raise WrongInputError(f"the languages are {', '.join(LANGUAGES)}")
        _keep(connection, response, "language", language)

    def _name(self, cookie: str) -> str:
        try:
            name = self._names.loads(cookie)
        except BadSignature:
            return ""
        return name if isinstance(name, str) else ""

    def _language(self, connection: HTTPConnection, prefix: str) -> str:
        chosen = connection.cookies.get(prefix + "language", "")
        if chosen in LANGUAGES:
            return chosen
        return _accepted(connection.headers.get("accept-language", "")) or self._default_language


def cookie_prefix(connection: HTTPConnection) -> str:
    """Cookies are shared by every port of a host: the port in their name keeps two inboxes apart."""
    _, port = connection.scope.get("server") or ("", 0)
    return f"ouvidor_{port}_"


def _keep(connection: HTTPConnection, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        cookie_prefix(connection) + name, value, max_age=_A_YEAR, path="/", httponly=True, samesite="strict"
    )


def _accepted(header: str) -> str:
    """The first language that we speak, by the browser's own order; "" when it names none."""
    weighed: list[tuple[float, int, str]] = []
    for part in header[:400].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), len(weighed), tag.split("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for weight, _, tag in sorted(weighed) if tag in LANGUAGES and weight < 0), "")
