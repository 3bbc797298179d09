"""Writes that are made once, however often they are sent; only PostgreSQL can promise that."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from psycopg import Rollback
from psycopg.types.json import Jsonb

from rentomatic.repository.connections import Connections
from rentomatic.repository.interface import IdempotencyKey, KeyReusedError, StoredAnswer
from rentomatic.repository.statement import Statement
from rentomatic.resources import shipped

KEPT = timedelta(hours=24)
# With each write at most so many expired keys are removed: more than one comes in.
_EXPIRED_AT_ONCE = 10


class PostgresIdempotency:
    """Keeps the answers to writes in the table `idempotency_key`, beside the rooms they wrote."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        names = ("scope", "key")
        self._claim = _load("claim", *names, "fingerprint", "kept")
        self._find = _load("find", *names)
        self._store = _load("store", *names, "status", "headers", "body")
        self._expire = _load("expire", "kept", "most")

    def once(
        self, key: IdempotencyKey, write: Callable[[], StoredAnswer | None]
    ) -> StoredAnswer | None:
        """Write and store the answer in one transaction, or give what is stored already."""
        # Psycopg passes Rollback on where the connection is lost, and with it all that was written.
        with suppress(Rollback), self._connections.transaction():
            if not self._run(self._claim, key, fingerprint=key.fingerprint, kept=KEPT):
                return self._found(key)
            answer = write()
            if answer is None:
                raise Rollback
            headers = Jsonb([list(each) for each in answer.headers])
            self._run(self._store, key, status=answer.status, headers=headers, body=answer.body)
            expired = {"kept": KEPT, "most": _EXPIRED_AT_ONCE}
            self._connections.get().execute(self._expire.text(), expired)
        return answer

    def _found(self, key: IdempotencyKey) -> StoredAnswer:
        ((fingerprint, status, headers, body),) = self._run(self._find, key)
        if fingerprint != key.fingerprint:
            raise KeyReusedError
        return StoredAnswer(status, tuple((name, value) for name, value in headers), body)

    def _run(
        self, statement: Statement, key: IdempotencyKey, **values: object
    ) -> list[tuple[Any, ...]]:
        parameters = {"scope": key.scope, "key": key.key, **values}
        cursor = self._connections.get().execute(statement.text(), parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []


def _load(name: str, *parameters: str) -> Statement:
    return Statement(shipped("sql") / f"idempotency_{name}.sql", set(parameters))
