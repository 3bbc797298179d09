"""How a worker sends an answer."""

import socket

import pytest

from rentomatic.server.worker import Answering


def test_the_head_of_an_answer_is_sent_with_what_follows() -> None:
    """If the worker is killed, a proxy without the head can ask another one."""
    client, worker = socket.socketpair()
    with client, worker:
        client.settimeout(0)
        answering = Answering(worker)
        answering.sendall(b"head ")
        with pytest.raises(BlockingIOError):
            client.recv(100)
        answering.sendall(b"and body")
        assert client.recv(100) == b"head and body"
        answering.sendall(b", more")
        assert client.recv(100) == b", more"
        answering.end()
        with pytest.raises(BlockingIOError):
            client.recv(100)


def test_a_head_that_nothing_follows_is_sent_at_the_end() -> None:
    """As for HEAD and 304."""
    client, worker = socket.socketpair()
    with client, worker:
        answering = Answering(worker)
        answering.end()
        answering.sendall(b"head")
        answering.end()
        assert client.recv(100) == b"head"
