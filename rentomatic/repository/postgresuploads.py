"""Files that wait in PostgreSQL to be imported."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import UploadGoneError
from rentomatic.repository.interface import MAX_UPLOADS, UPLOAD_KEPT
from rentomatic.repository.statement import Statement, load

_NAMES = ("owner", "digest")


class PostgresUploads:
    """Keeps files in the tables `upload` and `upload_piece`; safe to share between threads.

    Args:
        connections: to the database.
        kept: how long a file is kept.
    """

    def __init__(self, connections: Connections, kept: timedelta = UPLOAD_KEPT) -> None:
        self._connections = connections
        self._kept = kept
        self._claim = load("upload_claim", _NAMES)
        self._piece = load("upload_piece", (*_NAMES, "piece"))
        self._find = load("upload_find", (*_NAMES, "kept"))
        self._read = load("upload_read", (*_NAMES, "number"))
        self._remove = load("upload_remove", _NAMES)
        self._expire = load("upload_expire", ("owner", "kept", "most"))

    def keep(self, owner: str, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a file in one transaction, piece by piece."""
        name = {"owner": owner, "digest": digest}
        with self._connections.transaction() as connection:
            ((known,),) = _run(connection, self._claim, name)
            for piece in () if known else pieces:
                _run(connection, self._piece, {**name, "piece": piece})
            limits = {"owner": owner, "kept": self._kept, "most": MAX_UPLOADS}
            _run(connection, self._expire, limits)

    def read(self, owner: str, digest: str) -> Iterator[bytes]:
        """Return the pieces, each with a statement of its own."""
        name = {"owner": owner, "digest": digest}
        found = self._rows(self._find, {**name, "kept": self._kept})
        if not found:
            raise UploadGoneError
        return self._pieces(name, found[0][0])

    def _pieces(self, name: Mapping[str, object], count: int) -> Iterator[bytes]:
        for number in range(1, count + 1):
            if not (found := self._rows(self._read, {**name, "number": number})):
                raise UploadGoneError
            yield found[0][0]

    def remove(self, owner: str, digest: str) -> bool:
        """Remove a file; in an open transaction of this thread, as a part of that."""
        name = {"owner": owner, "digest": digest}
        with self._connections.transaction() as connection:
            return bool(_run(connection, self._remove, name))

    def _rows(self, statement: Statement, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        return self._connections.read(lambda connection: _run(connection, statement, values))


def _run(
    connection: Connection, statement: Statement, values: Mapping[str, object]
) -> list[tuple[Any, ...]]:
    return connection.run(statement.text(), values)
