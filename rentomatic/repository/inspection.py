"""What operators should know about a PostgreSQL server."""

from dataclasses import dataclass
from datetime import datetime

from rentomatic.repository.connections import Connections
from rentomatic.repository.statement import load


@dataclass(frozen=True, slots=True)
class Inspection:
    """A server and its table of rooms.

    Attributes:
        version: of the server, as it reports it.
        clock: the time of the server.
        connections: the maximum for this role and database.
        invalid_indexes: indexes of the table that are unused because their creation failed.
    """

    version: str
    clock: datetime
    connections: int
    invalid_indexes: tuple[str, ...]


def inspect_server(connections: Connections) -> Inspection:
    """Query the server.

    Raises:
        RepositoryUnavailableError: while it cannot answer.
    """
    statement = load("server_inspection")
    (row,) = connections.read(lambda connection: connection.named(statement.text()))
    allowed = min(limit for limit in row.connections if limit >= 0)
    return Inspection(row.version, row.clock, allowed, tuple(row.invalid_indexes))
