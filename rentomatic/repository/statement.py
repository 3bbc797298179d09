"""SQL files with one statement each, which a DBA can read, run in psql and EXPLAIN."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rentomatic.resources import shipped

PARTS = "parts"

_MARK = re.compile(r"--\s*if\s+(?P<name>\w+)\s*$")
_INCLUDED = re.compile(r"\s*:(?P<name>[a-z]\w*)\s*")
# A string, a quoted identifier, a comment, a cast, or a parameter; only the last has a name.
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|--.*|::|:(?P<name>[a-z]\w*)")


class StatementError(Exception):
    """A SQL file does not match the code that runs it; the text names file and line."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, kept if all of its marks are given.

    Attributes:
        text: the line as it is in the file.
        marks: its own, and those of the lines that include its file.
        origin: file and line.
    """

    text: str
    marks: frozenset[str]
    origin: str

    @property
    def names(self) -> set[str]:
        """Its parameters, parts and marks."""
        return {m["name"] for m in _TOKEN.finditer(self.text) if m["name"]} | self.marks


class Statement:
    """A parameterized SQL statement.

    `:name` is a parameter, as in psql. A line that ends in `-- if NAME` is kept only if NAME is
    given. A line that consists of `:name` includes the file `name.sql` from the same folder or from
    `parts`. The argument `parts` names each `:name` that the code replaces by SQL. All names are
    fixed in the code, never input.
    """

    def __init__(
        self, path: Path, parameters: Collection[str] = (), parts: Collection[str] = ()
    ) -> None:
        """Read a file.

        Raises:
            StatementError: if the file has other parameters and parts than these.
        """
        self.path = path
        lines = list(_read(path))
        known = {*parameters, *parts}
        for line in lines:
            if unknown := line.names - known:
                names = ", ".join(sorted(unknown))
                raise StatementError(f"{line.origin}: the code does not pass the parameter {names}")
        if unused := known - set().union(*(line.names for line in lines)):
            names = ", ".join(sorted(unused))
            files = f"this file and those that it includes from {path.parent.name}/{PARTS}"
            raise StatementError(f"{path}:1: {files} lack the parameter {names}")
        self._lines = [(line.marks, sql) for line in lines if (sql := _for_psycopg(line.text))]
        # Bounded, because clients choose the sets of filters.
        self.text = lru_cache(maxsize=256)(self._text)

    def _text(self, given: frozenset[str] = frozenset(), **parts: str) -> bytes:
        text = "\n".join(sql for marks, sql in self._lines if marks <= given)
        for name, part in parts.items():
            text = text.replace(f"%({name})s", _for_psycopg(part))
        return text.encode()


def load(name: str, parameters: Collection[str] = (), parts: Collection[str] = ()) -> Statement:
    """Read the statement sql/NAME.sql."""
    return Statement(shipped("sql") / f"{name}.sql", parameters, parts)


def _read(path: Path, marks: frozenset[str] = frozenset()) -> Iterator[_Line]:
    folder = path.parent.parent if path.parent.name == PARTS else path.parent
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        mark = _MARK.search(text)
        own = marks | {mark["name"]} if mark else marks
        included = _INCLUDED.fullmatch(text[: mark.start()] if mark else text)
        file = _included(folder, included["name"]) if included else None
        if file:
            yield from _read(file, own)
        else:
            yield _Line(text, own, f"{path}:{number}")


def _included(folder: Path, name: str) -> Path | None:
    files = (folder / f"{name}.sql", folder / PARTS / f"{name}.sql")
    return next((file for file in files if file.exists()), None)


def _for_psycopg(line: str) -> str:
    """Turn `:name` into `%(name)s`, double each `%`, and drop comments, where psycopg reads `%`."""

    def replace(match: re.Match[str]) -> str:
        token = match[0]
        if match["name"]:
            return f"%({match['name']})s"
        return "" if token.startswith("--") else token.replace("%", "%%")

    parts = []
    end = 0
    for match in _TOKEN.finditer(line):
        parts += [line[end : match.start()].replace("%", "%%"), replace(match)]
        end = match.end()
    return "".join([*parts, line[end:].replace("%", "%%")]).rstrip()
