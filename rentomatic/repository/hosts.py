"""The servers that a connection string names, and the order in which to try them."""

import os
import random
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg._conninfo_utils import get_param, split_attempts
from psycopg.conninfo import conninfo_to_dict

from rentomatic.repository.refusals import reason_of
from rentomatic.variables import ConfigError

# After which an attempt to connect to one server is abandoned.
CONNECT_SECONDS = 3

Server = Mapping[str, str]

_PLACE = ("host", "hostaddr", "port")
_WANTED = "target_session_attrs"


def bounded(conninfo: str) -> dict[str, Any]:
    """Return the parameters of a connection string, with a limit for the attempt at each server.

    Without one, libpq waits for a frozen server forever.

    Raises:
        psycopg.ProgrammingError: if libpq cannot parse it.
    """
    given = conninfo_to_dict(conninfo)
    limit = {} if os.environ.get("PGCONNECT_TIMEOUT") else {"connect_timeout": CONNECT_SECONDS}
    return {**limit, **given}


def address_of(server: Server) -> str:
    """Name a server in a log."""
    host = server.get("host") or server.get("hostaddr") or "the default host"
    return f"{host}:{server['port']}" if server.get("port") else host


class Hosts:
    """The servers of a connection string; remembers which one answered last.

    Attributes:
        servers: all of them, in the order of the string.
        is_one_right: whether all connections have to be to the same server, the primary.

    Args:
        parameters: libpq's; environment variables provide what they leave out.
        name: of the URL that they are from, for the error.

    Raises:
        ConfigError: if the numbers of hosts and ports differ.
    """

    def __init__(self, parameters: Mapping[str, Any], name: str = "the database URL") -> None:
        try:
            found = split_attempts(parameters)
        except psycopg.OperationalError as error:
            raise ConfigError(f"{name} is not valid: {reason_of(error)}") from None
        self.servers: Sequence[Server] = [
            {name: str(each[name]) for name in _PLACE if name in each} for each in found
        ]
        self._order = self.servers
        self._wanted = get_param(parameters, _WANTED)
        self.is_one_right = self._wanted in {"read-write", "primary"}
        is_random = get_param(parameters, "load_balance_hosts") == "random"
        self._is_random = is_random and not self.is_one_right

    def attempts(self) -> Sequence[Server]:
        """Return the servers as they should be tried, with what each must be."""
        order = list(self._order)
        if self._is_random:
            random.shuffle(order)
        if self._wanted != "prefer-standby":
            return order
        return [{**each, _WANTED: wanted} for wanted in ("standby", "any") for each in order]

    def answered(self, server: Server) -> None:
        """Try this server first from now on, and those that were tried before it last."""
        order = self._order
        first = order.index(_place(server))
        self._order = [*order[first:], *order[:first]]

    def is_first(self, server: Server) -> bool:
        """Return whether no other server has answered since this one did."""
        return self._order[0] == _place(server)


def _place(server: Server) -> Server:
    return {name: value for name, value in server.items() if name in _PLACE}
