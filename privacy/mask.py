"""A text without its personal data."""

import re

from privacy.find import find
from privacy.plain import plain_sign

_MOST_PASSES = 4
_DIGIT_OR_AT = re.compile(r"[0-9@]")


def mask(text: str) -> str:
    """The text with each piece of personal data replaced by its kind in brackets, such as [cpf].

    Nothing can be found in what it returns, so that masking twice changes nothing; never raises on any text. A text
    made to reveal a number each time another is masked loses all its digits and @ instead.
    """
    for _ in range(_MOST_PASSES):
        found = find(text)
        if not found:
            return text
        pieces: list[str] = []
        taken = 0
        for piece in found:
            pieces += (text[taken : piece.start], f"[{piece.kind.value}]")
            taken = piece.end
        text = "".join(pieces) + text[taken:]
    if not find(text):
        return text
    return _without_signs(text)


def _without_signs(text: str) -> str:
    return "".join("#" if _DIGIT_OR_AT.search(plain_sign(sign)) else sign for sign in text)
