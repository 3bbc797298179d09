"""How uploaded files are kept in PostgreSQL."""

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import psycopg
import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import UploadGoneError
from rentomatic.repository.postgresuploads import PostgresUploads
from tests.databases import ask

PIECE = bytes(1 << 20)
PIECES = 24
TWINS = 4


@pytest.fixture
def uploads(embedded_connections: Connections) -> PostgresUploads:
    """The object under test."""
    return PostgresUploads(embedded_connections)


def execute(database: PostgresDatabase, statement: str) -> None:
    """Change something past the service."""
    with psycopg.connect(database.url) as connection:
        connection.execute(statement.encode())


def test_writes_remove_what_has_expired(
    uploads: PostgresUploads, empty_rooms: PostgresDatabase
) -> None:
    """After an hour, of every owner, with the pieces."""
    uploads.keep("office", "a", [b"1", b"2"])
    uploads.keep("portal", "a", [b"1"])
    execute(empty_rooms, "update upload set created = created - interval '59 minutes'")
    assert list(uploads.read("office", "a")) == [b"1", b"2"]
    execute(empty_rooms, "update upload set created = created - interval '2 minutes'")
    with pytest.raises(UploadGoneError):
        uploads.read("office", "a")
    uploads.keep("office", "b", [b"3"])
    assert ask(empty_rooms, "select digest from upload") == ["b"]
    assert ask(empty_rooms, "select piece from upload_piece") == [b"3"]


def test_a_file_that_disappears_while_it_is_read_is_not_cut_short(
    uploads: PostgresUploads,
) -> None:
    """The reader gets an error instead of a beginning."""
    uploads.keep("office", "a", [b"1", b"2"])
    pieces = uploads.read("office", "a")
    assert next(pieces) == b"1"
    uploads.remove("office", "a")
    with pytest.raises(UploadGoneError):
        next(pieces)


def test_a_file_is_never_held_in_memory(
    uploads: PostgresUploads, embedded_connections: Connections
) -> None:
    """Neither when it is kept nor when it is read: only a few pieces are."""

    def pieces() -> Iterator[bytes]:
        for _ in range(PIECES):
            yield bytes(PIECE)

    tracemalloc.start()
    try:
        uploads.keep("office", "a", pieces())
        assert sum(map(len, uploads.read("office", "a"))) == PIECES * len(PIECE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * len(PIECE)


def test_twins_keep_a_file_once(empty_rooms: PostgresDatabase) -> None:
    """A double click uploads twice at the same time; both can then be read."""
    barrier = Barrier(TWINS)

    def keep(_: int) -> bytes:
        with closing(Connections(empty_rooms.url)) as connections:
            uploads = PostgresUploads(connections)
            barrier.wait()
            uploads.keep("office", "a", [b"1", b"2"])
            return b"".join(uploads.read("office", "a"))

    with ThreadPoolExecutor(TWINS) as pool:
        assert list(pool.map(keep, range(TWINS))) == [b"12"] * TWINS


def test_a_crash_loses_them_and_no_backup_has_them(empty_rooms: PostgresDatabase) -> None:
    """Their tables are unlogged: they cost no write-ahead log."""
    kinds = "select relpersistence::text from pg_class where relname in ('upload', 'upload_piece')"
    assert ask(empty_rooms, kinds) == ["u", "u"]
