"""What operators can observe of a service: its log, its metrics and its port."""

import json
import socket
from urllib.request import urlopen

from tests.commands import Command


def lines(service: Command) -> list[dict[str, object]]:
    """Return what was logged of requests."""
    return [json.loads(line) for line in service.printed.splitlines()]


def listens(port: int) -> bool:
    """Return whether something listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def counts(service: Command) -> dict[str, float]:
    """Read the counts, by their names and labels."""
    series = [line.rsplit(" ", 1) for line in read(service, "/metrics").splitlines()]
    return {name: float(value) for name, value in series if not name.startswith("#")}


def read(service: Command, path: str) -> str:
    """Read an answer as text."""
    with urlopen(f"http://127.0.0.1:{service.port}{path}") as answer:
        text: str = answer.read().decode()
    return text
