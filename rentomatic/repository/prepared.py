"""Statements that a connection has already prepared, executed by libpq directly.

psycopg's `Cursor.execute` does much that such a statement does not need.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import Connection, errors
from psycopg._preparing import PrepareManager
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format, PipelineStatus

# More than psycopg keeps prepared.
_MAX_QUERIES = 2 * PrepareManager.prepared_max


class PreparedCalls:
    """Runs the statements that psycopg has prepared on a connection.

    psycopg names, prepares and deallocates them. A statement is a text and the types of its
    parameters: the same text with other types is another statement.
    """

    def __init__(self, connection: Connection[Any], statements: PrepareManager) -> None:
        self._connection = connection
        self._statements = statements
        self._transformer = Transformer(connection)
        self._queries: dict[str | bytes, PostgresQuery] = {}

    def run(
        self, text: str | bytes, parameters: Mapping[str, object]
    ) -> list[tuple[Any, ...]] | None:
        """Run a prepared statement and return its rows; do nothing and return None if it is not.

        Raises:
            psycopg.Error: as `Cursor.execute` does.
        """
        query = self._query(text, parameters)
        key = self._statements.key(query)
        names = self._statements._names  # noqa: SLF001 - psycopg offers no other way
        name = names.get(key)
        pgconn = self._connection.pgconn
        if name is None or pgconn.pipeline_status != PipelineStatus.OFF:
            return None
        # psycopg deallocates the least recently used statement.
        names.move_to_end(key)
        pgconn.send_query_prepared(name, query.params, query.formats, result_format=Format.BINARY)
        (result,) = self._connection.wait(execute(pgconn))
        if result.status == ExecStatus.TUPLES_OK:
            self._transformer.set_pgresult(result)
            return self._transformer.load_rows(0, result.ntuples, tuple)
        if result.status == ExecStatus.COMMAND_OK:
            return []
        raise errors.error_from_result(result, self._connection.info.encoding)

    def _query(self, text: str | bytes, parameters: Mapping[str, object]) -> PostgresQuery:
        """Return the statement in PostgreSQL's form, with these parameters."""
        query = self._queries.get(text)
        if query:
            query.dump(parameters)
            return query
        if len(self._queries) >= _MAX_QUERIES:
            self._queries.clear()
        query = self._queries[text] = PostgresQuery(self._transformer)
        query.convert(text, parameters)
        return query
