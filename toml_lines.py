"""On which line of a TOML text each key stands: the standard library's parser does not say."""

import re
import tomllib
from bisect import bisect_left

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')[ \t]*""")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # a closing run of quotes may hold two that belong to the text
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}\n#]+")


class TomlLines:
    """The lines of one text; the text must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._starts: dict[KeyPath, int] = {(): 0}
        self._counts: dict[KeyPath, int] = {}  # how many tables an [[array]] has so far
        self._read()

    def line(self, key: KeyPath) -> int:
        """The line, from 1, of a key or of the nearest thing around it that is written.

        An index counts the tables of `[[name]]` or the elements of an array, from 0.
        """
        while key not in self._starts:
            key = key[:-1]
        return bisect_left(self._ends, self._starts[key]) + 1

    def _read(self) -> None:
        table: KeyPath = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip_blank()

    def _header(self) -> KeyPath:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        names = self._key()
        self._at += 2 if is_array else 1
        path = self._resolved(names[:-1])
        self._mark((*path, names[-1]), start)
        path = (*path, names[-1])
        if is_array:
            self._counts[path] = self._counts.get(path, -1) + 1
        if path in self._counts:
            path = (*path, self._counts[path])
        self._mark(path, start)
        return path

    def _resolved(self, names: list[str]) -> KeyPath:
        """The path of a header's parents: a name that is an array means its last table."""
        path: KeyPath = ()
        for name in names:
            path = (*path, name)
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for name in self._key():
            path = (*path, name)
            self._mark(path, start)
        self._at += 1  # the equals sign
        self._skip_blank()
        self._value(path)

    def _key(self) -> list[str]:
        names: list[str] = []
        while not names or self._text.startswith(".", self._at):
            self._at += 1 if names else 0
            found = _KEY.match(self._text, self._at)
            if found is None:
                raise ValueError("not valid TOML")
            self._at = found.end()
            quoted = found[1][0] in "\"'"
            names.append(tomllib.loads(f"name = {found[1]}")["name"] if quoted else found[1])
        return names

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at]:
            case "[":
                self._elements(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._take(_STRING)
            case _:
                self._take(_BARE)

    def _elements(self, path: KeyPath) -> None:
        index = 0
        while not self._closes("]"):
            self._mark((*path, index), self._at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        while not self._closes("}"):
            self._pair(path)

    def _closes(self, bracket: str) -> bool:
        """Step over the opening bracket or a comma; True when the closing bracket came, stepped over too."""
        if self._text[self._at] in "[{,":
            self._at += 1
        self._skip_blank()
        if self._text[self._at] == ",":
            self._at += 1
            self._skip_blank()
        if self._text[self._at] == bracket:
            self._at += 1
            return True
        return False

    def _take(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError("not valid TOML")
        self._at = found.end()

    def _skip_blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _mark(self, path: KeyPath, start: int) -> None:
        self._starts.setdefault(path, start)
