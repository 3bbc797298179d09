"""Accepting connections on sockets that other processes share."""

import logging
import os
import select
import socket
from contextlib import closing

from rentomatic.server.listening import Listeners


def test_accepting_never_waits() -> None:
    """Another process that shares a socket may make it block, as systemd does at a restart."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener, select.epoll() as poller:
        listeners = Listeners([listener], poller, logging.getLogger())
        os.set_blocking(listener.fileno(), True)
        assert listeners.accept_waiting() is None
        with closing(socket.create_connection(listener.getsockname())) as client:
            os.set_blocking(listener.fileno(), True)
            accepted = listeners.accept_waiting()
            assert accepted
            assert accepted.peer == client.getsockname()
            accepted.close()
