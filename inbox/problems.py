"""What went wrong, in plain words and with the right status; never a trace."""

from starlette.exceptions import HTTPException

from errors import IllegalMoveError, OutdatedError, OuvidorError, PolicyRefusedError
from inbox.desk import NameNeededError
from inbox.texts import Texts
from inbox.visitor import WrongInputError


def status_of(error: Exception) -> int:
    """409 for what the state forbids, 422 for what a rule or the input forbids, 500 for what we did not expect."""
    match error:
        case HTTPException():
            return error.status_code
        case IllegalMoveError():
            return 409
        case PolicyRefusedError() | NameNeededError() | WrongInputError():
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
    if isinstance(error, HTTPException):
        return t({404: "problem.not_found", 405: "problem.method"}.get(error.status_code, "problem.unexpected"))
    return t(_key(error), detail=str(error))


def _key(error: Exception) -> str:
    match error:
        case NameNeededError():
            return "problem.name_needed"
        case OutdatedError():
            return "problem.outdated"
        case IllegalMoveError():
            return "problem.illegal_move"
        case WrongInputError():
            return "problem.wrong_input"
        case OuvidorError():
            return "problem.ouvidor"
        case _:
            return "problem.unexpected"
