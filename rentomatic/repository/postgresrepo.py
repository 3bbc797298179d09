"""Rooms in PostgreSQL, 15 or later."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from psycopg import Cursor, errors

from rentomatic.domain.room import FIELDS, Room
from rentomatic.domain.room_map import COUNTED_ROOMS
from rentomatic.domain.room_summary import SUMMARIZED_ROOMS
from rentomatic.domain.room_times import RoomTimes
from rentomatic.repository.arrays import array_of, arrays_of
from rentomatic.repository.batches import batches
from rentomatic.repository.connection import NOTHING, Connection
from rentomatic.repository.errors import RepositoryBusyError, RepositoryTimeoutError
from rentomatic.repository.migrations import compare_schema
from rentomatic.repository.plans import is_index_range
from rentomatic.repository.results import Mapped, Page, SaveSummary, Schema, Summarized, Total
from rentomatic.repository.room_parameters import (
    FEW_ROOMS,
    LIST_PARAMETERS,
    LIST_PARTS,
    MAP_PARAMETERS,
    PAGE_BY_ID_PARAMETERS,
    PAGE_PARAMETERS,
    SELECTION_PARAMETERS,
    SELECTION_PARTS,
    SIMILAR_PARAMETERS,
    Parameters,
    attempts,
    fallback_parameters,
    list_parameters,
    list_parts,
    map_parameters,
    may_read_far,
    needs_attempts,
    sample_parameters,
    selection_parameters,
    selection_parts,
    shows_what_it_reads,
    similar_parameters,
)
from rentomatic.repository.rows import cells_of, page_of, rooms_in, similar_of
from rentomatic.repository.standby import why_read_only
from rentomatic.repository.statement import Statement, load
from rentomatic.repository.summaries import (
    COUNTING_TIMEOUT,
    FEWEST_SAMPLED,
    LONGER_TIMEOUT,
    Summaries,
)
from rentomatic.repository.transactions import OneTransaction, Transactions, if_fast
from rentomatic.requests.room_feed import LATEST_FALLS
from rentomatic.requests.room_fields import HISTOGRAMS, Value
from rentomatic.requests.room_list import ESTIMATE, EXACT, RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import RoomSimilarRequest
from rentomatic.requests.room_summary import RoomSummaryRequest
from rentomatic.slots import Slots

STREAM_BATCH = 1_000
# Fewer changes are left to autovacuum: with a million rooms, ANALYZE takes longer than they do.
ANALYZED_CHANGES = 1_000

# Counting or summarizing more rooms takes a slot, because it takes tens of milliseconds.
MANY_ROOMS = 20_000

# Frequent words are found faster than this, unless few rooms have all of them; then a search
# takes a slot.
SHORT_TIMEOUT = 300
# A single room that is not found in this time is not worth the wait: several of them are sought to
# answer one request.
SOUGHT_TIMEOUT = 2_000

# The marks of the assignments in sql/parts/room_assignments.sql; rooms are found by their code.
SETS = {name: f"sets_{name}" for name in FIELDS if name != "code"}


class PostgresRepo:
    """Stores rooms in the table `room`; safe to share between threads.

    Args:
        connections: to the database, or to its replicas too.
        streams: for unlimited searches, each of which holds a connection.
        searches: for searches that read many rooms.
    """

    def __init__(
        self,
        connections: Transactions,
        streams: Slots | None = None,
        searches: Slots | None = None,
    ) -> None:
        self._connections = connections
        self._actor: str | None = None
        self._stream_slots = streams or Slots()
        self._search_slots = searches or Slots()
        self._list = load("room_list", LIST_PARAMETERS, LIST_PARTS)
        self._page = load("room_page", PAGE_PARAMETERS, LIST_PARTS)
        self._page_by_id = load("room_page_by_id", PAGE_BY_ID_PARAMETERS, LIST_PARTS)
        self._estimate = load("room_estimate", SELECTION_PARAMETERS, SELECTION_PARTS)
        self._count = load("room_count", SELECTION_PARAMETERS, SELECTION_PARTS)
        self._count_some = load("room_count_some", {*SELECTION_PARAMETERS, "most"}, SELECTION_PARTS)
        self._summaries = Summaries()
        self._map = load("room_map", MAP_PARAMETERS, SELECTION_PARTS)
        self._similar = load("room_similar", SIMILAR_PARAMETERS, SELECTION_PARTS)
        self._times = load("room_times", {"codes"})
        self._fallen = load(
            "room_fallen", {*SELECTION_PARAMETERS, "falls", "limit"}, SELECTION_PARTS
        )
        self._get = load("room_get", {"code", "locked"})
        self._existing = load("room_existing", {"codes"})
        self._save = load("room_save", {*FIELDS, *SETS.values()})
        self._add = load("room_add", FIELDS)
        self._update = load("room_update", {*FIELDS, *SETS.values()})
        self._remove = load("room_remove", {"code"})
        self._wait = load("room_wait")
        self._analyze = load("room_analyze")
        self._version = load("room_version")
        self._migrations = load("schema_migrations")
        self._streams = count()

    def search(self, request: RoomListRequest) -> Page:
        """Find rooms; an unlimited search holds a snapshot until it is exhausted or closed."""
        if request.limit is None:
            page, rooms = self._connections.stream(lambda each: self._stream(each, request))
            return replace(page, rooms=rooms)
        if needs_attempts(request):
            rows = self._rows_in_attempts(request)
        else:
            rows = self._rows(request, list_parameters(request))
        page = page_of(request, rows)
        if request.count != ESTIMATE:
            return page
        return replace(page, total=Total(self._estimated(request), is_exact=False))

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Summarize rooms, or, if too many rooms affect the result, a sample of them."""
        shown = {request.without_filters_of(name) for name in HISTOGRAMS}
        most = max(map(self._estimated, shown))
        with self._search_slots.open() as take:
            if most > MANY_ROOMS:
                _need(take)
            are_few = most <= SUMMARIZED_ROOMS
            if are_few and (whole := self._summaries.exact(self._connections, request)):
                return whole
            _need(take)
            is_slow = are_few or self._estimated(request) > SUMMARIZED_ROOMS
            return self._summaries.estimate(self._connections, request, is_slow=is_slow)

    def count_some(self, selection: RoomSelection, most: int) -> Total:
        """Count rooms, but no more than this many; estimate how many if that takes too long."""
        parameters = selection_parameters(selection)
        text = self._count_some.text(frozenset(parameters), **selection_parts(selection))
        rows = self._run_if_fast(text, parameters | {"most": most}, SHORT_TIMEOUT)
        if rows is None:
            return Total(self._estimated(selection), is_exact=False)
        return Total(rows[0][0], is_exact=True)

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Count rooms in the cells of a grid, or, if they are too many for that, a sample."""
        if self._estimated(request) <= COUNTED_ROOMS and (
            exact := self._mapped_if_fast(request, COUNTING_TIMEOUT)
        ):
            return exact
        parameters = map_parameters(request) | sample_parameters(request)
        text = self._map.text(frozenset(parameters), **selection_parts(request))
        rows = self._connections.read(lambda connection: connection.run(text, parameters))
        sampled = Mapped(cells_of(rows, request.grid), is_exact=False, version=rows[0][0])
        if rooms_in(rows) >= FEWEST_SAMPLED:
            return sampled
        return self._mapped_if_fast(request, LONGER_TIMEOUT) or sampled

    def most_similar(self, request: RoomSimilarRequest, room: Room) -> Page | None:
        """Compare rooms in the database; None if few of those around may be selected."""
        selection = request.selection
        is_rare = selection != RoomSelection() and self._estimated(selection) < FEW_ROOMS
        if is_rare or selection.words:
            return None
        parameters = similar_parameters(request, room)
        text = self._similar.text(frozenset(parameters), **selection_parts(request))
        rows = self._connections.read(lambda connection: connection.run(text, parameters))
        return similar_of(rows)

    def times(self, codes: Collection[UUID]) -> Mapping[UUID, RoomTimes]:
        """Return when the rooms with these codes were added and changed."""
        given = {"codes": list(codes)}
        rows = self._connections.read(lambda connection: connection.run(self._times.text(), given))
        return {code: RoomTimes(*times) for code, *times in rows}

    def fallen(self, selection: RoomSelection, limit: int) -> Sequence[Room]:
        """Find rooms whose price fell."""
        parameters = selection_parameters(selection) | {"falls": LATEST_FALLS, "limit": limit}
        text = self._fallen.text(frozenset(parameters), **selection_parts(selection))
        rows = self._connections.read(lambda connection: connection.run(text, parameters))
        return Room.trusted_many(rows)

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        text = self._get.text()
        given = {"code": code}
        rows = self._connections.read(lambda each: each.run(text, given, plan_once=True))
        return Room.trusted(rows[0]) if rows else None

    def existing(self, codes: Collection[UUID]) -> Collection[UUID]:
        """Return which of these codes exist."""
        text = self._existing.text()
        given = {"codes": list(codes)}
        rows = self._connections.read(lambda connection: connection.run(text, given))
        return {code for (code,) in rows}

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms in one transaction, in batches; ANALYZE after many."""

        def work(connection: Connection) -> SaveSummary:
            saved = SaveSummary()
            connection.run(self._wait.text())
            with connection.pipeline():
                # The server writes a batch while the next one is read.
                sent = None
                for batch in batches(rooms):
                    cursors = [
                        connection.execute(text, parameters, prepare=True)
                        for text, parameters in self._saving(batch)
                    ]
                    saved += _summary(sent)
                    sent = batch, cursors
                saved += _summary(sent)
            if saved.added + saved.updated >= ANALYZED_CHANGES:
                self._refresh_statistics(connection)
            return saved

        return self._connections.write(work, dry_run=dry_run, actor=self._actor)

    def add(self, room: Room) -> bool:
        """Add a room, unless its code exists."""
        return bool(self._write(self._add.text(), arrays_of([room])))

    def put(self, room: Room) -> bool:
        """Add or replace a room."""
        (statement,) = self._saving([room])
        ((added, _),) = self._write(*statement)
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
        version: str | None = self._connections.read(lambda each: _value(each, self._version))
        return version

    def schema(self) -> Schema:
        """Compare the migrations that the database has with those that this release ships."""

        def work(connection: Connection) -> Schema:
            try:
                applied = [name for (name,) in connection.run(self._migrations.text())]
            except errors.UndefinedTable:
                applied = []
            read_only = why_read_only(connection)
            if read_only:
                # The next connection may be to the primary, or without that setting.
                connection.close()
            return replace(compare_schema(applied), read_only=read_only)

        return self._connections.read(work)

    def acting_as(self, actor: str) -> "PostgresRepo":
        """Return the same rooms, with changes recorded under an actor."""
        other = copy(self)
        other._actor = actor  # noqa: SLF001 - its own class
        return other

    def within(self, connection: Connection) -> "PostgresRepo":
        """Return the same rooms, with all work done in the open transaction of a connection."""
        other = copy(self)
        other._connections = OneTransaction(connection)  # noqa: SLF001 - its own class
        return other

    def page_statement(
        self, request: RoomListRequest, parameters: Parameters | None = None
    ) -> tuple[bytes, Parameters]:
        """Return the statement of a page and its parameters, for EXPLAIN and benchmarks too.

        Without parameters it is the first one that a search would run.
        """
        if parameters is None:
            parameters, _ = next(attempts(request, self._estimated))
        parts = list_parts(request, is_present="is_present" in parameters)
        page = self._page if shows_what_it_reads(request) else self._page_by_id
        return page.text(frozenset(parameters), **parts), parameters

    def _rows(self, request: RoomListRequest, parameters: Parameters) -> Sequence[Any]:
        text, _ = self.page_statement(request, parameters)
        once = is_index_range(request)
        return self._connections.read(lambda each: each.run(text, parameters, plan_once=once))

    def _rows_in_attempts(self, request: RoomListRequest) -> Sequence[Any]:
        """Find the rows of a page that may be slow to find; a slow search takes a slot."""
        rows: Sequence[Any] = ()
        with self._search_slots.open() as take:
            has_slot = request.count == EXACT and self._take_if_many(request, take)
            find = self._rows_if_fast if may_read_far(request) and not has_slot else self._rows
            for parameters, is_large in attempts(request, self._estimated):
                if is_large:
                    _need(take)
                found = find(request, parameters)
                if found is None:
                    _need(take)
                    return self._rows_slowly(request)
                rows = found
                if len(rows) > (request.limit or 0):
                    break
        return rows

    def _rows_slowly(self, request: RoomListRequest) -> Sequence[Any]:
        """Find the rows of a page whose first attempt took too long."""
        parameters = fallback_parameters(request)
        if request.limit != 1:
            return self._rows(request, parameters)
        text, _ = self.page_statement(request, parameters)
        rows = self._run_if_fast(text, parameters, SOUGHT_TIMEOUT)
        if rows is None:
            raise RepositoryTimeoutError("seeking a single room took too long")
        return rows

    def _rows_if_fast(
        self, request: RoomListRequest, parameters: Parameters
    ) -> Sequence[Any] | None:
        """Find the rows of a page; return None if SHORT_TIMEOUT is too short for that."""
        text, _ = self.page_statement(request, parameters)
        return self._run_if_fast(text, parameters, SHORT_TIMEOUT)

    def _run_if_fast(
        self, text: bytes, parameters: Parameters, milliseconds: int
    ) -> Sequence[Any] | None:
        """Run a statement; return None if it takes longer."""
        return if_fast(
            self._connections, lambda connection: connection.run(text, parameters), milliseconds
        )

    def _mapped_if_fast(self, request: RoomMapRequest, milliseconds: int) -> Mapped | None:
        parameters = map_parameters(request)
        text = self._map.text(frozenset(parameters), **selection_parts(request))
        rows = self._run_if_fast(text, parameters, milliseconds)
        return Mapped(cells_of(rows, request.grid), version=rows[0][0]) if rows else None

    def _take_if_many(self, selection: RoomSelection, take: Callable[[], bool]) -> bool:
        """Take a slot if many rooms are read, and return whether they are."""
        are_many = self._estimated(selection) > MANY_ROOMS
        if are_many:
            _need(take)
        return are_many

    def _estimated(self, selection: RoomSelection) -> int:
        """Return the planner's estimate of how many rooms are selected."""
        return self._connections.read(lambda connection: self._estimate_of(connection, selection))

    def _estimate_of(self, connection: Connection, selection: RoomSelection) -> int:
        (plan,) = _of_selection(connection, self._estimate, selection)
        (counted,) = plan["Plan"]["Plans"]
        return int(counted["Plan Rows"])

    @contextmanager
    def _stream(
        self, connection: Connection, request: RoomListRequest
    ) -> Iterator[tuple[Page, Generator[Room, None, None]]]:
        """Hold a slot; yield a page without rooms, and then the rooms, all from one snapshot."""
        with self._stream_slots.open() as take:
            _need(take)
            version = _value(connection, self._version)
            page = Page([], None, self._total(connection, request), version)
            yield page, self._streamed(connection, request)

    def _streamed(
        self, connection: Connection, request: RoomListRequest
    ) -> Generator[Room, None, None]:
        parameters = list_parameters(request)
        text = self._list.text(frozenset(parameters), **list_parts(request))
        name = f"rooms_{next(self._streams)}"
        declare = f"declare {name} no scroll cursor for ".encode()
        connection.execute(declare + text, parameters)
        fetch = f"fetch {STREAM_BATCH} from {name}".encode()
        with connection.pipeline():
            following = self._fetch(connection, fetch)
            while batch := following.fetchall():
                # The server reads the next batch while this one is written.
                following = self._fetch(connection, fetch)
                yield from Room.trusted_many(batch)

    def _write(
        self,
        text: bytes,
        parameters: Mapping[str, object],
        expected: Room | None = None,
    ) -> list[Any]:
        """Run a statement in a transaction, if the stored room is the expected one."""

        def work(connection: Connection) -> list[Any]:
            is_same = expected is None or self._locked(connection, expected.code) == expected
            return connection.run(text, parameters) if is_same else []

        return self._connections.write(work, actor=self._actor)

    def _saving(self, batch: Sequence[Room]) -> Iterator[tuple[bytes, Mapping[str, object]]]:
        """Yield the statements that save a batch, each with its parameters.

        There is one for each set of fields that rooms keep. If there are several sets, another
        statement first adds the new rooms, in their order.
        """
        groups: dict[frozenset[str], list[Room]] = {}
        for room in batch:
            groups.setdefault(room.keeps, []).append(room)
        if len(groups) > 1:
            yield self._save.text(), arrays_of(batch)
        for keeps, rooms in groups.items():
            marks = frozenset(mark for name, mark in SETS.items() if name not in keeps)
            yield self._save.text(marks), arrays_of(rooms)

    def _refresh_statistics(self, connection: Connection) -> None:
        """Run ANALYZE; if it takes too long, leave it to autovacuum."""
        with suppress(errors.QueryCanceled), connection.transaction():
            connection.run(self._analyze.text())

    def _locked(self, connection: Connection, code: UUID) -> Room | None:
        """Find a room, and lock it until the transaction ends."""
        rows = connection.run(self._get.text(frozenset({"locked"})), {"code": code})
        return Room.trusted(rows[0]) if rows else None

    @staticmethod
    def _fetch(connection: Connection, fetch: bytes) -> Cursor[tuple[Any, ...]]:
        return connection.cursor(binary=True).execute(fetch, prepare=False)

    def _total(self, connection: Connection, request: RoomListRequest) -> Total | None:
        if request.count == EXACT:
            counted = _of_selection(connection, self._count, request)
            return Total(counted, is_exact=True)
        if request.count == ESTIMATE:
            return Total(self._estimate_of(connection, request), is_exact=False)
        return None


def _value(
    connection: Connection,
    statement: Statement,
    parameters: Mapping[str, object] = NOTHING,
    **parts: str,
) -> Any:  # noqa: ANN401 - each statement returns a type of its own
    """Run a statement that returns one value."""
    return connection.run(statement.text(frozenset(parameters), **parts), parameters)[0][0]


def _of_selection(connection: Connection, statement: Statement, selection: RoomSelection) -> Any:  # noqa: ANN401 - as above
    parameters, parts = selection_parameters(selection), selection_parts(selection)
    return _value(connection, statement, parameters, **parts)


def _need(take: Callable[[], bool]) -> None:
    if not take():
        raise RepositoryBusyError("too many slow searches are in progress")


def _summary(sent: tuple[list[Room], list[Cursor[tuple[int, int]]]] | None) -> SaveSummary:
    if sent is None:
        return SaveSummary()
    batch, cursors = sent
    added, updated = map(sum, zip(*(cursor.fetchone() or () for cursor in cursors), strict=True))
    return SaveSummary(added, updated, len(batch) - added - updated)
