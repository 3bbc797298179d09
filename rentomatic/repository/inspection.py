"""What operators should know about a PostgreSQL server."""

from dataclasses import dataclass
from datetime import datetime

from rentomatic.repository.connection import Connection
from rentomatic.repository.connections import Connections
from rentomatic.repository.standby import why_read_only
from rentomatic.repository.statement import load


@dataclass(frozen=True, slots=True)
class Inspection:
    """A server and its table of rooms.

    Attributes:
        address: of the server: its host and port, or the folder of its socket.
        version: of the server, as it reports it.
        read_only: why it accepts no writes, and what would be right; empty if it does.
        clock: the time of the server.
        identity: of its cluster and database, which no other server has but its standbys.
        feedback: whether it, as a standby, asks the primary to keep the rows that it still reads.
        patience: how long it, as a standby, delays changes for a search that they disturb.
        connections: the maximum for this role and database.
        limit: what sets that maximum.
        is_synchronous: whether commits wait for a standby.
        invalid_indexes: indexes of the table that are unused because their creation failed.
    """

    address: str
    version: str
    read_only: str
    clock: datetime
    identity: str
    feedback: bool
    patience: str
    connections: int
    limit: str
    is_synchronous: bool
    invalid_indexes: tuple[str, ...]


# What the limits of sql/server_inspection.sql are, in the same order.
_LIMITS = ("max_connections allows", "the role may have", "the database may have")


def inspect_server(connections: Connections) -> Inspection:
    """Query the server.

    Raises:
        RepositoryUnavailableError: while it cannot answer.
    """
    statement = load("server_inspection")

    def work(connection: Connection) -> Inspection:
        (row,) = connection.named(statement.text())
        limits = zip(row.connections, _LIMITS, strict=True)
        allowed, limit = min(each for each in limits if each[0] >= 0)
        return Inspection(
            _address(connection),
            row.version,
            why_read_only(connection),
            row.clock,
            row.identity,
            row.feedback,
            row.patience,
            allowed,
            limit,
            row.is_synchronous,
            tuple(row.invalid_indexes),
        )

    return connections.read(work)


def _address(connection: Connection) -> str:
    info = connection.info
    return info.host if info.host.startswith("/") else f"{info.host}:{info.port}"
