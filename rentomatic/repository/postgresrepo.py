"""Rooms in PostgreSQL, 15 or later."""

from collections.abc import (
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, cast
from uuid import UUID

from psycopg import Cursor, errors

from rentomatic.domain.room import FIELDS, Room
from rentomatic.domain.room_summary import (
    MAX_BARS,
    QUARTILES,
    STEPS,
)
from rentomatic.repository.arrays import array_of, arrays_of
from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import (
    Page,
    RepositoryBusyError,
    SaveSummary,
    Schema,
    Summarized,
    Total,
    batches,
    started,
)
from rentomatic.repository.migrations import compare_schema
from rentomatic.repository.rings import rings_of
from rentomatic.repository.room_parameters import (
    LIST_PARAMETERS,
    LIST_PARTS,
    SELECTION_PARAMETERS,
    Parameters,
    is_by_distance,
    list_parameters,
    list_parts,
    selection_parameters,
)
from rentomatic.repository.sessions import NOTHING, OneTransaction, Session, Sessions, Yields
from rentomatic.repository.statement import Statement
from rentomatic.repository.summary_rows import summary_of
from rentomatic.requests.room_fields import DISTANCE, Value
from rentomatic.requests.room_list import ESTIMATE, EXACT, RoomListRequest
from rentomatic.requests.room_order import ADDED
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.resources import shipped
from rentomatic.slots import Slots

STREAM_BATCH = 1_000
# Fewer changes are left to autovacuum: with a million rooms, ANALYZE takes longer than they do.
ANALYZED_CHANGES = 1_000

# Counting or summarizing more rooms takes a slot, because it takes tens of milliseconds.
MANY_ROOMS = 20_000
# Sorting fewer rooms is faster than finding them outwards from a place, or in rings around it.
FEW_ROOMS = 5_000

# The columns of sql/room_page.sql before those of a room, and their marks.
PAGE_COLUMNS = (("total", "counted"), ("version", ""), (DISTANCE, "measured"), (ADDED, "paged"))
ROOM_COLUMNS = Room.__slots__

# The marks of the assignments in sql/parts/room_assignments.sql; rooms are found by their code.
SETS = {name: f"sets_{name}" for name in FIELDS if name != "code"}


class PostgresRepo:
    """Stores rooms in the table `room`; safe to share between threads.

    Args:
        connections: to the database.
        streams: for unlimited searches, each of which holds a connection.
        searches: for searches that read many rooms.
    """

    def __init__(
        self, connections: Connections, streams: Slots | None = None, searches: Slots | None = None
    ) -> None:
        self._sessions: Sessions = connections
        self._stream_slots = streams or Slots()
        self._search_slots = searches or Slots()
        self._list = _load("room_list", LIST_PARAMETERS, LIST_PARTS)
        self._page = _load("room_page", {*LIST_PARAMETERS, "counted"}, LIST_PARTS)
        self._estimate = _load("room_estimate", SELECTION_PARAMETERS)
        self._count = _load("room_count", SELECTION_PARAMETERS)
        self._summary = _load(
            "room_summary", {*SELECTION_PARAMETERS, "quartiles", "steps", "max_bars"}
        )
        self._get = _load("room_get", {"code", "locked"})
        self._existing = _load("room_existing", {"codes"})
        self._save = _load("room_save", {*FIELDS, *SETS.values()})
        self._add = _load("room_add", FIELDS)
        self._update = _load("room_update", {*FIELDS, *SETS.values()})
        self._remove = _load("room_remove", {"code"})
        self._wait = _load("room_wait")
        self._analyze = _load("room_analyze")
        self._version = _load("room_version")
        self._migrations = _load("schema_migrations")
        self._streams = count()

    def search(self, request: RoomListRequest) -> Page:
        """Find rooms; an unlimited search holds a snapshot until it is exhausted or closed."""
        if request.limit is None:
            found = self._sessions.stream(lambda session: self._stream(session, request))
            page, rooms = cast("tuple[Page, Yields[Room]]", found)
            return replace(page, rooms=started(rooms))
        with self._search_slots.open() as take:
            if request.count == EXACT:
                self._take_if_many(request, take)
            rows = _Rows((), ())
            for parameters, is_large in self._attempts(request):
                if is_large:
                    _need(take)
                rows = self._rows(request, parameters)
                if len(rows.rows) > request.limit:
                    break
        return self._page_of(request, rows)

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Summarize rooms."""
        selection = selection_parameters(request)
        parameters = selection | {
            "quartiles": list(QUARTILES),
            "steps": list(STEPS),
            "max_bars": MAX_BARS,
        }
        text = self._summary.text(frozenset(selection))

        with self._search_slots.open() as take:
            self._take_if_many(request, take)
            rows = self._sessions.read(lambda session: session.named(text, parameters))
        return Summarized(summary_of(rows), rows[0].version)

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        text = self._get.text()
        rows = self._sessions.read(lambda session: session.run(text, {"code": code}))
        return Room.trusted(rows[0]) if rows else None

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Return which of these codes exist."""
        text = self._existing.text()
        given = {"codes": list(codes)}
        rows = self._sessions.read(lambda session: session.run(text, given))
        return {code for (code,) in rows}

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms in one transaction, one statement per batch; ANALYZE after many."""

        def work(session: Session) -> SaveSummary:
            saved = SaveSummary()
            session.run(self._wait.text())
            connection = session.connection
            with connection.pipeline():
                # The server writes a batch while the next one is read.
                sent = None
                for batch in batches(rooms):
                    text, parameters = self._saving(batch)
                    cursor = connection.execute(text, parameters, prepare=True)
                    saved += _summary(sent)
                    sent = batch, cursor
                saved += _summary(sent)
            if saved.added + saved.updated >= ANALYZED_CHANGES:
                session.run(self._analyze.text())
            return saved

        return self._sessions.write(work, dry_run=dry_run)

    def add(self, room: Room) -> bool:
        """Add a room, unless its code exists."""
        return bool(self._write(self._add.text(), arrays_of([room])))

    def put(self, room: Room) -> bool:
        """Add or replace a room."""
        ((added, _),) = self._write(*self._saving([room]))
        return bool(added)

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Change some fields of the room with this code."""
        given = {name: array_of([values.get(name)]) for name in FIELDS} | {"code": array_of([code])}
        text = self._update.text(frozenset(SETS[name] for name in values))
        rows = self._write(text, given, expected)
        return Room.trusted(rows[0]) if rows else None

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Remove the room with this code."""
        return bool(self._write(self._remove.text(), {"code": code}, expected))

    def version(self) -> str | None:
        """Return the data version that a search would show now; None on a standby."""
        version: str | None = self._sessions.read(lambda session: _value(session, self._version))
        return version

    def schema(self) -> Schema:
        """Compare the migrations that the database has with those that this release ships."""

        def work(session: Session) -> list[str]:
            try:
                return [name for (name,) in session.run(self._migrations.text())]
            except errors.UndefinedTable:
                return []

        return compare_schema(self._sessions.read(work))

    def acting_as(self, actor: str) -> "PostgresRepo":
        """Return the same rooms, with changes recorded under an actor."""
        return self._with(self._sessions.acting_as(actor))

    def within(self, session: Session) -> "PostgresRepo":
        """Return the same rooms, with all work done in an open transaction."""
        return self._with(OneTransaction(session))

    def _with(self, sessions: Sessions) -> "PostgresRepo":
        other = copy(self)
        other._sessions = sessions  # noqa: SLF001 - its own class
        return other

    def page_statement(
        self, request: RoomListRequest, parameters: Parameters | None = None
    ) -> tuple[bytes, Parameters]:
        """Return the statement of a page and its parameters, for EXPLAIN and benchmarks too.

        Without parameters it is the first one that a search would run.
        """
        if parameters is None:
            parameters, _ = next(self._attempts(request))
        return self._page.text(frozenset(parameters), **list_parts(request)), parameters

    def _attempts(self, request: RoomListRequest) -> Iterator[tuple[Parameters, bool]]:
        """Yield attempts at a page; the first one that finds enough rooms is used.

        Each is the parameters of a statement, and whether it may be slow.
        """
        near = request.near
        if not near or not is_by_distance(request):
            yield list_parameters(request), False
            return
        rings = rings_of(request, near)
        first = next(rings, None)
        is_narrow = first is not None or request.filters or request.bbox
        # The planner knows nothing about distances.
        anywhere = RoomSelection(request.filters, request.bbox)
        if is_narrow and self._estimated(anywhere) < FEW_ROOMS:
            yield list_parameters(request, are_few=True), False
        elif first is None:
            yield list_parameters(request), False
        else:
            for each in chain([first], rings):
                yield list_parameters(request, each), each.is_large

    def _rows(self, request: RoomListRequest, parameters: Parameters) -> "_Rows":
        text, _ = self.page_statement(request, parameters)
        rows = self._sessions.read(lambda session: session.run(text, parameters))
        return _Rows(_page_columns(parameters), rows)

    def _page_of(self, request: RoomListRequest, found: "_Rows") -> Page:
        first = found.named(0)
        total = Total(first["total"], is_exact=True) if request.count == EXACT else None
        if request.count == ESTIMATE:
            total = Total(self._estimated(request), is_exact=False)
        # If no room was found, one row has the version.
        shown = found.rows[: request.limit] if first["code"] is not None else ()
        following = None
        if len(found.rows) > len(shown) > 0:
            last = found.named(len(shown) - 1)
            following = tuple(last[key.name] for key in request.order)
        begin = len(found.columns) - len(ROOM_COLUMNS)
        rooms = [Room.trusted(row[begin:]) for row in shown]
        return Page(rooms, following, total, first["version"])

    def _take_if_many(self, selection: RoomSelection, take: Callable[[], bool]) -> None:
        """Take a slot if many rooms are read."""
        if self._estimated(selection) > MANY_ROOMS:
            _need(take)

    def _estimated(self, selection: RoomSelection) -> int:
        """Return the planner's estimate of how many rooms are selected."""
        return self._sessions.read(lambda session: self._estimate_of(session, selection))

    def _estimate_of(self, session: Session, selection: RoomSelection) -> int:
        (plan,) = _value(session, self._estimate, selection_parameters(selection))
        (counted,) = plan["Plan"]["Plans"]
        return int(counted["Plan Rows"])

    def _stream(self, session: Session, request: RoomListRequest) -> Generator[Any, None, None]:
        """Yield a page without rooms, and then the rooms, all from one snapshot."""
        parameters = list_parameters(request)
        text = self._list.text(frozenset(parameters), **list_parts(request))
        connection = session.connection
        with self._stream_slots.open() as take:
            _need(take)
            version = _value(session, self._version)
            yield Page([], None, self._total(session, request), version)
            name = f"rooms_{next(self._streams)}"
            declare = f"declare {name} no scroll cursor for ".encode()
            connection.execute(declare + text, parameters)
            fetch = f"fetch {STREAM_BATCH} from {name}".encode()
            with connection.pipeline():
                following = self._fetch(connection, fetch)
                while batch := following.fetchall():
                    # The server reads the next batch while this one is written.
                    following = self._fetch(connection, fetch)
                    yield from batch

    def _write(
        self,
        text: bytes,
        parameters: Mapping[str, object],
        expected: Room | None = None,
    ) -> list[Any]:
        """Run a statement in a transaction, if the stored room is the expected one."""

        def work(session: Session) -> list[Any]:
            is_same = expected is None or self._locked(session, expected.code) == expected
            return session.run(text, parameters) if is_same else []

        return self._sessions.write(work)

    def _saving(self, batch: Sequence[Room]) -> tuple[bytes, Mapping[str, object]]:
        """Return the statement that saves a batch, and its parameters."""
        keeps = batch[0].keeps
        marks = frozenset(mark for name, mark in SETS.items() if name not in keeps)
        return self._save.text(marks), arrays_of(batch)

    def _locked(self, session: Session, code: UUID) -> Room | None:
        """Find a room, and lock it until the transaction ends."""
        rows = session.run(self._get.text(frozenset({"locked"})), {"code": code})
        return Room.trusted(rows[0]) if rows else None

    @staticmethod
    def _fetch(connection: Connection, fetch: bytes) -> Cursor[Room]:
        cursor = connection.cursor(binary=True, row_factory=_room_row)
        return cursor.execute(fetch, prepare=False)

    def _total(self, session: Session, request: RoomListRequest) -> Total | None:
        if request.count == EXACT:
            counted = _value(session, self._count, selection_parameters(request))
            return Total(counted, is_exact=True)
        if request.count == ESTIMATE:
            return Total(self._estimate_of(session, request), is_exact=False)
        return None


def _value(
    session: Session, statement: Statement, parameters: Mapping[str, object] = NOTHING
) -> Any:  # noqa: ANN401 - each statement returns a type of its own
    """Run a statement that returns one value."""
    return session.run(statement.text(frozenset(parameters)), parameters)[0][0]


def _need(take: Callable[[], bool]) -> None:
    if not take():
        raise RepositoryBusyError("too many slow searches are in progress")


def _room_row(_cursor: object) -> Callable[[Sequence[Any]], Room]:
    return Room.trusted  # the columns of sql/room_list.sql


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of sql/room_page.sql, and the names of its columns; those of a room are last."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def named(self, number: int) -> Mapping[str, Any]:
        return dict(zip(self.columns, self.rows[number], strict=True))


def _page_columns(given: Collection[str]) -> tuple[str, ...]:
    own = (name for name, mark in PAGE_COLUMNS if not mark or mark in given)
    return (*own, *ROOM_COLUMNS)


def _load(stem: str, parameters: Iterable[str] = (), parts: Collection[str] = ()) -> Statement:
    return Statement(shipped("sql") / f"{stem}.sql", set(parameters), parts)


def _summary(sent: tuple[list[Room], Cursor[tuple[int, int]]] | None) -> SaveSummary:
    if sent is None:
        return SaveSummary()
    batch, cursor = sent
    ((added, updated),) = cursor.fetchall()
    return SaveSummary(added, updated, len(batch) - added - updated)
