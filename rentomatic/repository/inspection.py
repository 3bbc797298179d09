"""What a PostgreSQL server says of itself, for whoever runs the service."""

from dataclasses import dataclass
from datetime import datetime

from rentomatic.repository.connections import Connections
from rentomatic.repository.statement import Statement
from rentomatic.resources import shipped


@dataclass(frozen=True, slots=True)
class Inspection:
    """A server, and its table of rooms.

    Attributes:
        version: as the server spells it.
        clock: its time.
        connections: how many it allows to this role, in this database.
        invalid_indexes: those of the table that it does not use, as their making failed.
    """

    version: str
    clock: datetime
    connections: int
    invalid_indexes: tuple[str, ...]


def inspect_server(connections: Connections) -> Inspection:
    """Ask the server.

    Raises:
        RepositoryUnavailableError: while it cannot answer.
    """
    statement = Statement(shipped("sql") / "server_inspection.sql")
    (row,) = connections.read(lambda session: session.named(statement.text()))
    allowed = min(limit for limit in row.connections if limit >= 0)
    return Inspection(row.version, row.clock, allowed, tuple(row.invalid_indexes))
