"""What a person types into a network's search box, as an expression of SQLite's full-text index."""

import re

# A term is a phrase in double quotes or a run of anything else but spaces.
TERM = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


def match_expression(query: str) -> str:
    """Words and "phrases" are all required, OR separates alternatives, -word excludes; "" when nothing is searched.

    The index folds capitals and accents; every term is quoted, so that no input is read as the index's own syntax.
    """
    alternatives = [_alternative(part) for part in _split_at_or(query)]
    return " OR ".join(f"({one})" for one in alternatives if one)


def _split_at_or(query: str) -> list[list[tuple[bool, str]]]:
    parts: list[list[tuple[bool, str]]] = [[]]
    for minus, phrase, minus_word, word in TERM.findall(query):
        if word == "OR" and not minus_word:
            parts.append([])
            continue
        text = phrase or word
        # Punctuation alone has no word that the index could find.
        if any(character.isalnum() for character in text):
            parts[-1].append((bool(minus or minus_word), text))
    return parts


def _alternative(terms: list[tuple[bool, str]]) -> str:
    required = [_quoted(text) for excluded, text in terms if not excluded]
    excluded = [_quoted(text) for is_excluded, text in terms if is_excluded]
    if not required:
        return ""
    expression = " AND ".join(required)
    return f"({expression}) NOT ({' OR '.join(excluded)})" if excluded else expression


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""').replace("\0", " ") + '"'
