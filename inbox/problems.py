"""What went wrong, in plain words and with the right status; never a trace."""

from starlette.exceptions import HTTPException

from errors import (
    AnsweredAlreadyError,
    FourEyesError,
    IllegalMoveError,
    NothingToDecideError,
    OutdatedError,
    OuvidorError,
    PersonalDataError,
    PolicyRefusedError,
)
from inbox.answering import NoPrivateWayError, NoteNeededError, SaidMoreError
from inbox.desk import NameNeededError
from inbox.label_words import finding_words
from inbox.texts import Texts
from inbox.visitor import WrongInputError

# The first that fits holds: what is more special stands before what it is a kind of.
_KEYS: tuple[tuple[type[Exception], str], ...] = (
    (NameNeededError, "problem.name_needed"),
    (OutdatedError, "problem.outdated"),
    (AnsweredAlreadyError, "problem.answered_already"),
    (FourEyesError, "problem.four_eyes"),
    (NothingToDecideError, "problem.nothing_to_decide"),
    (NoteNeededError, "problem.note_needed"),
    (SaidMoreError, "problem.said_more"),
    (NoPrivateWayError, "problem.no_private_way"),
    (IllegalMoveError, "problem.illegal_move"),
    (WrongInputError, "problem.wrong_input"),
    (OuvidorError, "problem.ouvidor"),
)


def status_of(error: Exception) -> int:
    """409 for what the state forbids, 422 for what a rule or the input forbids, 500 for what we did not expect."""
    match error:
        case HTTPException():
            return error.status_code
        case IllegalMoveError():
            return 409
        case PolicyRefusedError() | PersonalDataError() | NameNeededError() | WrongInputError():
            return 422
        case NoteNeededError() | NoPrivateWayError():
            return 422
        case OuvidorError():
            return 409
        case _:
            return 500


def problem_text(t: Texts, error: Exception) -> str:
    """One or two sentences: what happened, and what the person can do."""
    if isinstance(error, PolicyRefusedError):
        rule = f"rule.{error.rule}"
        return t("problem.policy", reason=t(rule) if t.has(rule) else str(error))
    if isinstance(error, PersonalDataError):
        return t("problem.personal_data", kind=finding_words(error.finding, t))
    if isinstance(error, HTTPException):
        return t({404: "problem.not_found", 405: "problem.method"}.get(error.status_code, "problem.unexpected"))
    if isinstance(error, IllegalMoveError) and error.why:
        return t(f"move.{error.why}")
    return t(_key(error), detail=str(error))


def _key(error: Exception) -> str:
    return next((key for kind, key in _KEYS if isinstance(error, kind)), "problem.unexpected")
