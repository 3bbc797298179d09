"""Writes that are made once, however often they are sent; only PostgreSQL supports them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.errors import KeyReusedError
from rentomatic.repository.interface import IdempotencyKey, RoomRepository, StoredAnswer
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.statement import Statement, load

KEPT = timedelta(hours=24)
# Each write adds one key and removes at most this many expired ones.
_EXPIRED_AT_ONCE = 10


class PostgresIdempotency:
    """Stores the answers to writes in the table `idempotency_key`, beside the rooms."""

    def __init__(self, connections: Connections, repository: PostgresRepo) -> None:
        self._connections = connections
        self._repository = repository
        names = ("scope", "key")
        self._claim = load("idempotency_claim", (*names, "fingerprint", "kept"))
        self._find = load("idempotency_find", names)
        self._store = load("idempotency_store", (*names, "answer"))
        self._expire = load("idempotency_expire", ("kept", "most"))

    def once(
        self, key: IdempotencyKey, actor: str, write: Callable[[RoomRepository], StoredAnswer]
    ) -> StoredAnswer:
        """Write and store the answer in one transaction, or return the stored answer."""
        with self._connections.transaction(actor=actor) as connection:
            if not self._run(connection, self._claim, key, fingerprint=key.fingerprint, kept=KEPT):
                return self._found(connection, key)
            answer = write(self._repository.within(connection))
            self._run(connection, self._store, key, answer=Jsonb(answer))
            connection.run(self._expire.text(), {"kept": KEPT, "most": _EXPIRED_AT_ONCE})
            return answer

    def _found(self, connection: Connection, key: IdempotencyKey) -> StoredAnswer:
        ((fingerprint, answer),) = self._run(connection, self._find, key)
        if fingerprint != key.fingerprint:
            raise KeyReusedError
        found: StoredAnswer = answer
        return found

    @staticmethod
    def _run(
        connection: Connection, statement: Statement, key: IdempotencyKey, **values: object
    ) -> list[tuple[Any, ...]]:
        return connection.run(statement.text(), {"scope": key.scope, "key": key.key, **values})
