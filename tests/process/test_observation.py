"""What operators see: a line for each request, and counts of all workers together."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testbed.processes import children_of, free_port
from testbed.waiting import until

from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from tests.commands import CHECKOUT, Command, Commands
from tests.process.observation import counts, lines, listens, read

REQUESTS = 60


def test_each_request_is_a_line_of_json(own_cluster: Cluster, commands: Commands) -> None:
    """With what an operator looks for; what gunicorn refuses is logged too."""
    service = commands.gunicorn(own_cluster.database)
    assert service.ask("/rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a?a=b") == 400
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        client.recv(1000)
    service.reports("no header")
    # Other workers may still be starting, and say so behind it.
    (refused,) = (
        json.loads(line) for line in service.complained.splitlines() if "no header" in line
    )
    assert (refused["level"], refused["logger"]) == ("warning", "gunicorn.error")
    assert "127.0.0.1" in refused["message"]
    (asked,) = until(lambda: lines(service))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(asked.pop("time")))
    assert re.fullmatch(r"[0-9a-f-]{36}", str(asked.pop("request_id")))
    assert isinstance(asked.pop("milliseconds"), float)
    assert isinstance(asked.pop("bytes"), int)
    assert asked == {
        "level": "info",
        "method": "GET",
        "route": "/rooms/{code}",
        "target": "/rooms/f853578c-fc0f-4e65-81b8-566c5dffa35a?a=b",
        "status": 400,
        "client": "127.0.0.1",
        "token": None,
    }


def test_a_proxy_on_the_socket_names_the_client(
    own_cluster: Cluster, commands: Commands, open_folder: Path
) -> None:
    """Only there: X-Real-IP of other clients is ignored. The socket is not open to everyone."""
    service = commands.gunicorn(
        own_cluster.database, RENTOMATIC_SOCKET=str(open_folder / "a.sock"), RENTOMATIC_LOG="text"
    )
    assert (open_folder / "a.sock").stat().st_mode & 0o777 == 0o660
    service.end(signal.SIGTERM)
    service = commands.gunicorn(own_cluster.database, RENTOMATIC_SOCKET=str(open_folder / "a.sock"))
    addresses = ("192.0.2.1", "2001:db8::1", "<script>")
    for number, address in enumerate(addresses, 1):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(open_folder / "a.sock"))
            head = f"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Real-IP: {address}\r\n\r\n"
            client.sendall(head.encode())
            client.recv(1000)
        # Several workers answer, and each writes its lines in its own time.
        until(lambda: len(lines(service)) == number)  # noqa: B023 - at once
    assert [line["client"] for line in lines(service)] == ["192.0.2.1", "2001:db8::1", None]


def test_the_text_log_is_readable(own_cluster: Cluster, commands: Commands) -> None:
    """On a terminal, or where it is asked for; nothing that a client sends breaks a line."""
    service = commands.gunicorn(own_cluster.database, RENTOMATIC_LOG="text")
    assert service.ask("/health/live?%0a%1b[31m") == 200
    until(lambda: service.printed)
    (line,) = service.printed.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d GET /health/live\?%0a%1b\[31m 200 \d+ B \d+\.\d ms", line)


def test_an_unread_log_stops_nothing(own_cluster: Cluster) -> None:
    """Its pipe is closed, and the errors go to a full disk; requests are answered."""
    port = free_port()
    reading, writing = os.pipe()
    os.close(reading)
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", CHECKOUT / "ops" / "gunicorn.conf.py"],
            env=os.environ | {"DATABASE_URL": own_cluster.database.url, "PORT": str(port)},
            cwd=CHECKOUT,
            stdout=writing,
            stderr=full,
            text=True,
        )
    os.close(writing)
    service = Command(process, Path(os.devnull), Path(os.devnull), port)
    try:
        until(lambda: process.poll() is not None or listens(port))
        assert {service.ask("/health/live") for _ in range(20)} == {200}
        assert {service.ask("/health/ready") for _ in range(20)} == {503}
        service.process.terminate()
        service.end()
    finally:
        process.kill()


def test_counts_are_of_all_workers(own_cluster: Cluster, commands: Commands) -> None:
    """Also of those that have died; their connections are no longer counted."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    service = commands.gunicorn(own_cluster.database, RENTOMATIC_METRICS="on")

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: service.ask("/rooms?limit=1"), range(REQUESTS)))
    assert set(statuses) == {200}
    answered = 'rentomatic_http_requests_total{method="GET",route="/rooms",status="200"}'
    until(lambda: counts(service)[answered] == REQUESTS)
    assert counts(service)["rentomatic_database_up"] == 1
    workers = children_of(service.process.pid)
    service.process.send_signal(signal.SIGHUP)
    until(lambda: len(now := children_of(service.process.pid)) == 4 and not workers & now)
    # Each worker that has reported has its own file by then.
    until(lambda: counts(service)["rentomatic_database_connections"] <= len(workers))
    assert counts(service)[answered] == REQUESTS


def test_settings_are_read_again_on_hup(
    own_cluster: Cluster, commands: Commands, open_folder: Path
) -> None:
    """From the file that holds them; what the environment itself sets stays."""
    file = open_folder / "rentomatic.env"
    file.write_text("WEB_CONCURRENCY=1\nRENTOMATIC_LOG=text\n")
    service = commands.gunicorn(
        own_cluster.database, RENTOMATIC_ENV_FILE=str(file), RENTOMATIC_LOG="json"
    )
    until(lambda: len(children_of(service.process.pid)) == 1)
    workers = children_of(service.process.pid)
    file.write_text("WEB_CONCURRENCY=2\nRENTOMATIC_METRICS=on\n")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: len(now := children_of(service.process.pid)) == 2 and not workers & now)
    assert "rentomatic_database_up" in read(service, "/metrics")
    until(lambda: "/metrics" in service.printed)
    assert json.loads(service.printed.splitlines()[-1])["route"] == "/metrics"
