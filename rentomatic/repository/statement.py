"""SQL kept in files: one statement each, which a DBA can read, run in psql and EXPLAIN."""

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

_MARK = re.compile(r"--\s*if\s+(?P<name>\w+)\s*$")
# A string, a quoted identifier, a comment, a cast, or a parameter; only the last has a name.
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|--.*|::|:(?P<name>[a-z]\w*)")


class StatementError(Exception):
    """A SQL file and the code that runs it disagree; the text names file and line."""


class Statement:
    """A parameterised SQL statement.

    `:name` is a parameter, as in psql. A line that ends in `-- if NAME` is kept only when NAME is
    given. Both are names of the code's own, never input.
    """

    def __init__(self, path: Path, parameters: Collection[str] = ()) -> None:
        """Read a file.

        Raises:
            StatementError: when the file's parameters are not `parameters`.
        """
        self.path = path
        self._lines: list[tuple[str | None, str]] = []
        found: set[str] = set()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            mark = _MARK.search(line)
            names = {match["name"] for match in _TOKEN.finditer(line) if match["name"]}
            names |= {mark["name"]} if mark else set()
            if unknown := names - set(parameters):
                msg = f"{path}:{number}: no code gives the parameter {', '.join(sorted(unknown))}"
                raise StatementError(msg)
            found |= names
            if text := _for_psycopg(line):
                self._lines.append((mark["name"] if mark else None, text))
        if unused := set(parameters) - found:
            msg = f"{path}:1: the statement lacks the parameter {', '.join(sorted(unused))}"
            raise StatementError(msg)
        # Bounded, as clients choose the sets of filters.
        self.text = lru_cache(maxsize=256)(self._text)

    def _text(self, given: frozenset[str] = frozenset()) -> bytes:
        kept = (text for name, text in self._lines if name is None or name in given)
        return "\n".join(kept).encode()


def _for_psycopg(line: str) -> str:
    """Turn `:name` into `%(name)s`, double each `%`, drop comments, in which psycopg reads `%`."""

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
