"""Keep what strangers wrote from being run as a formula by the spreadsheet in which a person mends rejected rows."""

import re

# A spreadsheet takes a cell that begins so for a formula - owasp.org/www-community/attacks/CSV_Injection, read 2026-11
_FORMULA = re.compile(r"[ ']*[=+\-@\t\r\n＝＋－＠]")


def guarded(raw: str, separator: str, *, again: bool = False) -> str:
    """A row of CSV as it was written, but for an apostrophe before whatever a spreadsheet would compute.

    Cells that begin with apostrophes before such a sign get one more, so that `unguarded` gives each back as it was;
    not so `again`, in a row that was guarded before.
    """
    written: list[str] = []
    begins, quoted = True, False
    for place, sign in enumerate(raw):
        if begins and sign == '"':
            written.append(sign)
            if _FORMULA.match(raw, place + 1) and not (again and raw.startswith("'", place + 1)):
                written.append("'")
            begins, quoted = False, True
            continue
        if begins and _is_formula(raw, place, separator) and not (again and sign == "'"):
            written.append("'")
        written.append(sign)
        if sign == '"':
            quoted = not quoted
        begins = not quoted and sign == separator
    return "".join(written)


def _is_formula(raw: str, place: int, separator: str) -> bool:
    """Whether the cell that begins here, without quotes, is one; an empty cell before a tab that separates is none."""
    found = _FORMULA.match(raw, place)
    return found is not None and found[0][-1] != separator


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that `guarded` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
