"""The lines of a file to import, on disk until it is known which of them are good.

A repeated code is found only at the end of a file, which may have any number of lines. So SQLite
sorts them in a few MB of memory, in an unnamed file that disappears with the process.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from operator import attrgetter
from typing import Any, Self
from uuid import UUID

from rentomatic.domain.room import FIELDS, TEXTS, PartialRoom, Room
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_import import BadLine, Line, RoomLine

_BATCH = 1_000

_FIELDS = Room.__match_args__
_OTHERS = (*_FIELDS[1:], "keeps")  # what lines of one code are compared by
_NOTHING = (None,) * len(_FIELDS)
_KEEPS = len(_FIELDS) + 1  # the column behind the number and the fields
_UNIT = _KEEPS + 2
_fields_of = attrgetter(*_FIELDS)
# SQLite has no dates; they are stored as text.
_DATES = tuple(place for place, name in enumerate(_FIELDS) if FIELDS[name].kind.type is date)


def _values(table: str) -> str:
    return f"({', '.join(f'{table}.{name}' for name in _OTHERS)})"


_SCHEMA = f"""
pragma temp_store = file;
pragma journal_mode = off;
create table line (
  number integer primary key, {", ".join(_FIELDS)}, keeps, former_code, unit, problems, record,
  mate integer
);
create table shared (code primary key, first integer, other integer) without rowid;
begin;
"""
_ADD = f"insert into line values ({', '.join('?' * (len(_FIELDS) + 6))}, null)"  # noqa: S608 - marks only
# `other` is the first line that differs from the first one with its code.
_COMPARE = f"""
create index line_code on line (code);
insert into shared
select code, min(number), null from line where code is not null group by code having count(*) > 1;
update shared set other = (
  select min(line.number)
  from line join line as first on first.number = shared.first
  where line.code = shared.code and {_values("line")} is not {_values("first")}
);
update line set mate = (
  select case when {_values("line")} is {_values("first")} then other else first end
  from shared join line as first on first.number = shared.first
  where shared.code = line.code
)
where code in (select code from shared where other is not null);
"""  # noqa: S608 - the names of a room's fields
_DROP_REPEATED = """
delete from line where number in (
  select line.number
  from shared join line using (code)
  where other is null and line.number > first
)
"""
_COUNT_BAD = "select count(*) from line where code is null or mate is not null"
_FORMER = """
select number, code, former_code from line
where number > ? and former_code is not null and mate is null
order by number
limit ?
"""
_READ = """
select line.*, mate.* from line left join line as mate on mate.number = line.mate
order by line.number
"""


class StagingError(Exception):
    """The disk has no space for the lines of a file."""


class StagedLines:
    """The lines of a file, all of them compared with each other.

    Args:
        lines: of the file, which is read to its end.
        keeps_records: whether bad lines are wanted with their record.

    Attributes:
        is_torn: whether the file cannot be read to its end; its lines are not compared then.
        bad: how many lines are bad, those that differ from another one with their code included.
        repeated: how many lines are equal to an earlier one, and so are left out.

    Raises:
        StagingError: the disk has no space for them.
    """

    def __init__(self, lines: Iterable[Line], *, keeps_records: bool = False) -> None:
        self._keeps_records = keeps_records
        self._store = sqlite3.connect("", isolation_level=None)
        self.is_torn = False
        self.repeated = 0
        try:
            with _translated():
                self._take(lines)
        except BaseException:
            self.close()
            raise

    def _take(self, lines: Iterable[Line]) -> None:
        self._store.executescript(_SCHEMA)
        lines = iter(lines)
        while batch := list(islice(lines, _BATCH)):
            self._store.executemany(_ADD, map(self._row, batch))
        if not self.is_torn:
            self._store.executescript(_COMPARE)
            self.repeated = self._store.execute(_DROP_REPEATED).rowcount
        ((self.bad,),) = self._store.execute(_COUNT_BAD)

    def _row(self, line: Line) -> tuple[object, ...]:
        record = json.dumps(line.record) if self._keeps_records else None
        if isinstance(line, RoomLine):
            code, *others = _dated(_fields_of(line.room), str)
            keeps = ",".join(sorted(line.room.keeps)) or None
            former = line.former_code and line.former_code.bytes
            return (line.number, code.bytes, *others, keeps, former, line.unit, None, record)
        self.is_torn = self.is_torn or line.is_last
        return (line.number, *_NOTHING, None, None, line.unit, json.dumps(line.problems), record)

    def keep_codes(self, existing: Callable[[Collection[UUID]], Collection[UUID]]) -> None:
        """Keep the former code of rooms that are stored under it and not under their present code.

        Args:
            existing: returns which of some codes are stored.
        """
        last = 0
        with _translated():
            while batch := self._store.execute(_FORMER, (last, _BATCH)).fetchall():
                last = batch[-1][0]
                found = existing([UUID(bytes=former) for _, _, former in batch])
                stored = [each for each in batch if UUID(bytes=each[2]) in found]
                taken = existing([UUID(bytes=code) for _, code, _ in stored]) if stored else ()
                kept = [
                    (former, number)
                    for number, code, former in stored
                    if UUID(bytes=code) not in taken
                ]
                self._store.executemany("update line set code = ? where number = ?", kept)

    def __iter__(self) -> Iterator[Room | BadLine]:
        """Return rooms and bad lines in the order of the file."""
        with _translated():
            for row in self._store.execute(_READ):
                yield _read(row)

    def close(self) -> None:
        """Delete the lines."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(row: tuple[Any, ...]) -> Room | BadLine:
    line, mate = row[: len(row) // 2], row[len(row) // 2 :]
    number, code, *others, keeps, _, unit, problems, record, mate_number = line
    if problems is None and mate_number is None:
        room = Room.trusted(_dated((UUID(bytes=code), *others), date.fromisoformat))
        return PartialRoom.of(room, frozenset(keeps.split(","))) if keeps else room
    found = json.loads(problems) if problems else [_difference(line, mate)]
    return BadLine(number, tuple(found), json.loads(record or "[]"), unit=unit)


def _dated(values: Sequence[Any], convert: Callable[[Any], object]) -> list[Any]:
    """Convert the dates among the values of a room."""
    converted = list(values)
    for place in _DATES:
        if converted[place] is not None:
            converted[place] = convert(converted[place])
    return converted


def _difference(line: tuple[Any, ...], mate: tuple[Any, ...]) -> str:
    """Say how a line differs from another one with its code."""
    unit, other = line[_UNIT], mate[0]
    differing = [
        f"{name} {theirs}, not {ours}"
        for name, ours, theirs in zip(_FIELDS, _shown(line), _shown(mate), strict=True)
        if ours != theirs
    ]
    return f"has the same code as {unit} {other}, which differs: {', '.join(differing)}"


def _shown(row: tuple[Any, ...]) -> list[object]:
    """Return the values of a line as its file has them: an optional one may be absent or empty."""
    keeps = (row[_KEEPS] or "").split(",")
    return [
        "absent"
        if name in keeps
        else "empty"
        if value is None
        else shown(value)
        if name in TEXTS
        else value
        for name, value in zip(_FIELDS, row[1:_KEEPS], strict=True)
    ]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StagingError(str(error)) from error
