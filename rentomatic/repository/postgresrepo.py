"""Rooms in PostgreSQL, 15 or later."""

from collections.abc import Generator, Iterable, Mapping
from itertools import count
from uuid import UUID

from psycopg import Cursor, ServerCursor, errors
from psycopg.rows import args_row, scalar_row

from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connection, Connections
from rentomatic.repository.interface import SaveSummary, Schema, batches, begun
from rentomatic.repository.migrations import compare_schema
from rentomatic.repository.statement import Statement
from rentomatic.requests.room_fields import FIELDS
from rentomatic.requests.room_list import PARAMETERS, RoomListRequest
from rentomatic.resources import shipped

STREAM_BATCH = 1_000


class PostgresRepo:
    """Keeps rooms in the table `room`; safe to share between threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._list = _load("room_list", {*PARAMETERS, "limit"})
        self._get = _load("room_get", {"code"})
        self._save = _load("room_save", FIELDS)
        self._remove = _load("room_remove", {"code"})
        self._analyze = _load("room_analyze")
        self._version = _load("room_version")
        self._migrations = _load("schema_migrations")
        self._streams = count()

    def search(self, request: RoomListRequest) -> Iterable[Room]:
        """Find rooms; an unlimited search holds a snapshot until it is exhausted or closed."""
        parameters = {
            each.parameter: list(each.value) if isinstance(each.value, tuple) else each.value
            for each in request.filters
        }
        if request.limit is None:
            return self._connections.retried(lambda: begun(self._stream(parameters)))
        return self._rooms(self._list, parameters | {"limit": request.limit})

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        return next(iter(self._rooms(self._get, {"code": code})), None)

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms in one transaction, a statement a batch, then ANALYZE."""

        def work(connection: Connection) -> SaveSummary:
            saved = SaveSummary()
            with connection.pipeline():
                # The server writes a batch while the next one is read.
                sent = None
                for batch in batches(rooms):
                    cursor = connection.execute(self._save.text(), _columns(batch), prepare=True)
                    saved += _summary(sent)
                    sent = batch, cursor
                saved += _summary(sent)
            if saved.added or saved.updated:
                connection.execute(self._analyze.text())
            return saved

        return self._connections.write(work, dry_run=dry_run)

    def remove(self, code: UUID) -> bool:
        """Remove the room with this code."""
        return self._connections.write(
            lambda connection: (
                connection.execute(self._remove.text(), {"code": code}, prepare=True).rowcount == 1
            )
        )

    def version(self) -> str | None:
        """Name the snapshot that a search would see now; None on a standby."""

        def work(connection: Connection) -> str | None:
            cursor = connection.cursor(row_factory=scalar_row)
            return cursor.execute(self._version.text(), prepare=True).fetchone()

        return self._connections.read(work)

    def schema(self) -> Schema:
        """Compare the migrations that the database has with those that this release ships."""

        def work(connection: Connection) -> list[str]:
            try:
                cursor = connection.cursor(row_factory=scalar_row)
                return cursor.execute(self._migrations.text()).fetchall()
            except errors.UndefinedTable:
                return []

        return compare_schema(self._connections.read(work))

    def _rooms(self, statement: Statement, parameters: Mapping[str, object]) -> list[Room]:
        text = statement.text(frozenset(parameters))

        def work(connection: Connection) -> list[Room]:
            cursor = connection.cursor(binary=True, row_factory=args_row(Room))
            return cursor.execute(text, parameters, prepare=True).fetchall()

        return self._connections.read(work)

    def _stream(self, parameters: Mapping[str, object]) -> Generator[Room, None, None]:
        text = self._list.text(frozenset(parameters))
        with self._connections.transaction() as connection:
            name = f"rooms_{next(self._streams)}"
            with ServerCursor(connection, name, row_factory=args_row(Room)) as cursor:
                cursor.execute(text, parameters, binary=True)
                while batch := cursor.fetchmany(STREAM_BATCH):
                    try:
                        yield from batch
                    except GeneratorExit:
                        # On a connection that is lost the cursor could not be closed.
                        self._connections.drop_lost()
                        raise


def _load(stem: str, parameters: Iterable[str] = ()) -> Statement:
    return Statement(shipped("sql") / f"{stem}.sql", set(parameters))


def _summary(sent: tuple[list[Room], Cursor[tuple[int, int]]] | None) -> SaveSummary:
    if sent is None:
        return SaveSummary()
    batch, cursor = sent
    ((added, updated),) = cursor.fetchall()
    return SaveSummary(added, updated, len(batch) - added - updated)


def _columns(batch: list[Room]) -> dict[str, str]:
    """Spell each field of a batch as one array literal: far cheaper than to adapt each value."""
    return {
        name: f"{{{','.join([str(getattr(room, name)) for room in batch])}}}" for name in FIELDS
    }
