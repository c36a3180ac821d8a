"""Errors, named by what the caller does next."""

from datetime import timedelta


class OuvidorError(Exception):
    """Anything that Ouvidor raises on purpose; its text is fit for a person to read."""


class ChannelError(OuvidorError):
    """A channel did not do what was asked of it.

    Its text may hold a platform's words: what no database can keep is left out of it, or it could not be written down.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message.encode("utf-8", "ignore").decode().replace("\x00", ""))


class RateLimitedError(ChannelError):
    """The platform asks us to wait; nothing was published.

    `retry_after` is None when the platform did not say how long.
    """

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TryLaterError(ChannelError):
    """A passing fault; the same call may go through later; nothing was published."""


class NeedsAttentionError(ChannelError):
    """A person must act first: a token was revoked, credit ran out, a page's layout changed; nothing was published."""


class RejectedError(ChannelError):
    """The platform refused this very request and will again; nothing was published."""


class OutcomeUnknownError(ChannelError):
    """The request left and no usable answer came: look before posting again."""


class ByHandError(ChannelError):
    """The channel has no way to post by program; a person must."""


class SettingsError(OuvidorError):
    """The settings cannot be used as they stand; the text names the place and the remedy."""


class NewerDatabaseError(OuvidorError):
    """The database was made by a newer Ouvidor; this one must not touch it."""


class IllegalMoveError(OuvidorError):
    """A reply or a case cannot go from the state it is in to the one asked for.

    `why` names the reason for pages that say it in another language; "" where no person meets it.
    """

    def __init__(self, message: str, *, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class OutdatedError(IllegalMoveError):
    """What a person acts on is no longer as they were shown it: they look again first."""


class NothingToDecideError(IllegalMoveError):
    """A reply waits for no person: it is out, still being looked for, or somebody has decided."""


class AnsweredAlreadyError(IllegalMoveError):
    """The post has an answer of this purpose: a second one needs a person to say so."""


class FourEyesError(IllegalMoveError):
    """Who wrote a text may not approve it."""


class PersonalDataError(OuvidorError):
    """A text shows, or asks for, what must not be said in public; `finding` names it: "phone", "asked:cpf"."""

    def __init__(self, message: str, finding: str) -> None:
        super().__init__(message)
        self.finding = finding


class PolicyRefusedError(OuvidorError):
    """A platform's rule forbids this reply; the rule is named."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule
