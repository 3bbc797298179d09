"""How an answer leaves a worker."""

import socket

import pytest

from rentomatic.server.worker import Answering


def test_the_head_of_an_answer_is_sent_with_what_follows() -> None:
    """Who has nothing yet, when the worker is killed, can ask another; who has the head cannot."""
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
    """Of HEAD, and of what has not changed."""
    client, worker = socket.socketpair()
    with client, worker:
        answering = Answering(worker)
        answering.end()
        answering.sendall(b"head")
        answering.end()
        assert client.recv(100) == b"head"
