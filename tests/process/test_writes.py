"""Writes over real gunicorn and PostgreSQL: tokens that change, clients that break off, races."""

import json
import os
import signal
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from testbed.processes import children_of
from testbed.waiting import until
from testbed.writers import Writers, compare, crash_database, kill_worker

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.tokens import new_token, token_line
from rentomatic.wsgi.body import MAX_BODY_BYTES
from tests.commands import Command, Commands
from tests.databases import ask
from tests.process.test_observation import lines

ROOM = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
BODY = json.dumps(ROOM).encode()
TOKEN, OTHER = new_token(), new_token()
CODE = "00000000-0000-4000-8000-000000000001"
ROUNDS = 20
# Generous: what is bounded is that nobody waits for ever.
HANG_SECONDS = 30
COUNT = "select count(*) from room"


def write(
    service: Command,
    method: str,
    path: str,
    values: object = None,
    token: str = TOKEN,
    **headers: str,
) -> tuple[int, dict[str, str]]:
    """Write on a connection of its own; give the status and the headers."""
    media_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    connection = HTTPConnection("127.0.0.1", service.port, timeout=HANG_SECONDS)
    given = {"Authorization": f"Bearer {token}", "Content-Type": media_type}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(values) if values else None, given)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.headers)


@pytest.fixture
def service(commands: Commands, database: PostgresDatabase) -> Command:
    """Gunicorn on a database of its own, with a token."""
    return commands.gunicorn(database, RENTOMATIC_TOKENS=token_line("office", TOKEN))


@pytest.fixture
def narrow(commands: Commands, database: PostgresDatabase) -> Command:
    """One worker of one thread, so that whatever holds a thread holds everybody."""
    return commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        WEB_CONCURRENCY="1",
        RENTOMATIC_THREADS="1",
    )


def test_of_two_clients_one_wins(service: Command) -> None:
    """Both have read the room and change it at once: one is told 200, the other 412."""
    assert write(service, "PUT", f"/rooms/{CODE}", ROOM)[0] == 201
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            tag = write(service, "PATCH", f"/rooms/{CODE}", {"price": 1_000 + number})[1]["ETag"]

            def change(client: int, seen: str = tag) -> int:
                patch = {"price": client}
                return write(service, "PATCH", f"/rooms/{CODE}", patch, If_Match=seen)[0]

            assert sorted(pool.map(change, (1, 2))) == [200, 412]


def test_a_room_is_added_once_by_whoever_comes_first(service: Command) -> None:
    """By POST and by a PUT that only adds: the others are told so."""
    clients = 8
    with ThreadPoolExecutor(clients) as pool:
        for number in range(ROUNDS):
            code = f"00000000-0000-4000-8000-{number:012}"

            def add(client: int, code: str = code) -> int:
                if client % 2:
                    return write(service, "POST", "/rooms", {"code": code, **ROOM})[0]
                return write(service, "PUT", f"/rooms/{code}", ROOM, If_None_Match="*")[0]

            statuses = list(pool.map(add, range(clients)))
            assert statuses.count(201) == 1
            assert {*statuses} <= {201, 409, 412}
    assert len(service.get("/rooms?limit=1000")) == ROUNDS


@pytest.mark.parametrize(("method", "status"), [("PUT", 201), ("PATCH", 200), ("DELETE", 204)])
def test_of_twins_with_a_key_one_writes(
    service: Command, database: PostgresDatabase, method: str, status: int
) -> None:
    """Sent at the same time with the same key, all get the answer of the one that was made."""
    made = "select count(*) from room_change"
    with ThreadPoolExecutor(8) as pool:
        for number in range(ROUNDS):
            path = f"/rooms/00000000-0000-4000-8000-{number:012}"
            if method != "PUT":
                write(service, "PUT", path, ROOM)
            (before,) = ask(database, made)

            def send(_client: int, path: str = path) -> int:
                values = {"PUT": ROOM, "PATCH": {"price": 1}, "DELETE": None}[method]
                return write(service, method, path, values, Idempotency_Key="a")[0]

            assert [*pool.map(send, range(8))] == [status] * 8
            assert ask(database, made) == [before + 1]


def test_the_log_names_the_token(service: Command) -> None:
    """By its name and never itself; a refused one has none."""
    write(service, "PUT", f"/rooms/{CODE}", ROOM)
    write(service, "PUT", f"/rooms/{CODE}", ROOM, token=OTHER)
    service.get(f"/rooms/{CODE}")
    until(lambda: len(lines(service)) == 3)
    logged = [(line["method"], line["status"], line["token"]) for line in lines(service)]
    assert logged == [("PUT", 201, "office"), ("PUT", 401, None), ("GET", 200, None)]
    assert TOKEN not in service.told + service.complained
    assert OTHER not in service.told + service.complained


def status_of(service: Command, token: str) -> int:
    """Change nothing with a token; give the status."""
    return write(service, "DELETE", f"/rooms/{CODE}", token=token)[0]


def test_tokens_are_rotated_by_a_reload(
    commands: Commands, database: PostgresDatabase, tmp_path: Path
) -> None:
    """Both are valid for a time, and then the new one; a new worker does not read the file."""
    file = tmp_path / "tokens"
    old, new = token_line("office", TOKEN), token_line("office 2", OTHER)
    file.write_text(f"# who may write\n{old}\n")
    service = commands.gunicorn(database, RENTOMATIC_TOKENS_FILE=str(file), WEB_CONCURRENCY="1")
    assert (status_of(service, TOKEN), status_of(service, OTHER)) == (404, 401)
    for text, statuses in ((f"{old}\n{new}\n", (404, 404)), (new, (401, 404)), ("", (403, 403))):
        file.write_text(text)
        service.process.send_signal(signal.SIGHUP)
        until(
            lambda wanted=statuses: (status_of(service, TOKEN), status_of(service, OTHER)) == wanted
        )
    file.write_text("half a li")
    (worker,) = until(lambda: only(children_of(service.process.pid)))
    os.kill(worker, signal.SIGKILL)
    until(lambda: only(children_of(service.process.pid) - {worker}))
    assert status_of(service, TOKEN) == 403


def only(processes: set[int]) -> set[int]:
    """Give the processes if there is one."""
    return processes if len(processes) == 1 else set()


def test_wrong_tokens_are_told_before_anything_starts(
    commands: Commands, database: PostgresDatabase, tmp_path: Path
) -> None:
    """In one line, without what stands in them."""
    file = tmp_path / "tokens"
    file.write_text("hidden\n")
    service = commands.start("check", DATABASE_URL=database.url, RENTOMATIC_TOKENS_FILE=str(file))
    assert service.end() == 1
    (line,) = service.complained.splitlines()
    assert line.startswith("rentomatic: RENTOMATIC_TOKENS_FILE must be a file of lines of ")
    assert "hidden" not in line


def request(body: bytes = BODY, *headers: str, token: str = TOKEN) -> bytes:
    """Write a POST."""
    head = ["POST /rooms HTTP/1.1", "Host: x", "Content-Type: application/json"]
    head += [f"Authorization: Bearer {token}", *(headers or [f"Content-Length: {len(body)}"])]
    return "\r\n".join([*head, "", ""]).encode() + body


def chunked(*chunks: bytes) -> bytes:
    """Write a POST in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (*chunks, b""))
    return request(body, "Transfer-Encoding: chunked")


def send(service: Command, sent: bytes, *, hang_up: bool = False) -> int | None:
    """Send bytes on a connection of its own, and no more; give the status of the answer."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=HANG_SECONDS) as client:
        client.sendall(sent)
        if hang_up:
            client.shutdown(socket.SHUT_WR)
        answer = HTTPResponse(client)
        try:
            answer.begin()
        except (ConnectionError, ValueError):
            return None
        return answer.status


@pytest.mark.parametrize(
    "whole", [request(), chunked(BODY[:10], BODY[10:])], ids=["length", "chunked"]
)
def test_a_post_that_is_cut_adds_no_room(
    service: Command, database: PostgresDatabase, whole: bytes
) -> None:
    """After whichever byte the connection is cut: no 500, no hang, no room before it is whole."""
    with ThreadPoolExecutor(16) as pool:
        sent = [whole[:length] for length in range(len(whole))]
        statuses = list(pool.map(lambda part: send(service, part, hang_up=True), sent))
    assert {*statuses} <= {None, 400, 408}
    assert ask(database, COUNT) == [0]
    assert send(service, whole) == 201
    assert ask(database, COUNT) == [1]
    until(lambda: len(lines(service)) >= 1)
    assert not [line for line in lines(service) if int(str(line["status"])) >= 500]
    assert "Traceback" not in service.complained
    assert "exception" not in service.complained


def test_a_body_that_does_not_come_frees_its_thread(
    commands: Commands, database: PostgresDatabase
) -> None:
    """It is told 408, in chunks too, and everybody else is answered then."""
    halves = [request()[:-1], chunked(BODY)[:-1], request()[: -len(BODY)]]
    service = commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        WEB_CONCURRENCY="1",
        RENTOMATIC_THREADS=str(len(halves)),
    )
    with ThreadPoolExecutor(len(halves)) as pool:
        assert [*pool.map(partial(send, service), halves)] == [408] * len(halves)
    assert [service.ask("/rooms") for _ in halves] == [200] * len(halves)
    assert ask(database, COUNT) == [0]


def test_a_body_that_drips_frees_its_thread(narrow: Command, database: PostgresDatabase) -> None:
    """However long it would go on with a byte now and then."""
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=HANG_SECONDS) as client:
        client.sendall(request(b"", "Content-Length: 60000"))
        client.settimeout(0.2)
        deadline = time.monotonic() + HANG_SECONDS
        answer = b""
        while not answer:
            assert time.monotonic() < deadline
            client.sendall(b" ")
            try:
                answer = client.recv(1_000)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
    assert narrow.ask("/rooms") == 200
    assert ask(database, COUNT) == [0]


def test_who_has_no_token_holds_no_thread(narrow: Command) -> None:
    """The answer comes without the body, however long that is to be."""
    for headers in (["Content-Length: 1000000000"], ["Transfer-Encoding: chunked"]):
        assert send(narrow, request(b"", *headers, token=OTHER)) == 401
    assert send(narrow, request(b"", "Content-Length: 1000000000")) == 413
    assert narrow.ask("/rooms") == 200


FRAMED = [
    (chunked(BODY.ljust(MAX_BODY_BYTES)), 201),
    (chunked(BODY.ljust(MAX_BODY_BYTES + 1)), 413),
    (chunked(*[b" " * 1_000] * 500), 413),
    (chunked(*[BODY[n : n + 1] for n in range(len(BODY))]), 201),
    (request(b"zz\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"-1\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"2\r\n{}x\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"0\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(b"0\r\nbad trailer\r\n\r\n", "Transfer-Encoding: chunked"), 400),
    (request(BODY, "Content-Length: -1"), 400),
    (request(BODY, "Content-Length: 1", "Content-Length: 2"), 400),
    (request(BODY, "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    (request(BODY, "Content-Length: 5"), 400),
    (request(BODY, f"Content-Length: {len(BODY)}", "Expect: 100-continue"), 201),
    (request(b"", "X-Empty: 1"), 400),
]


def test_a_body_is_taken_as_it_is_framed(service: Command) -> None:
    """In chunks as with a length; what is framed wrongly is told, and ends the connection."""
    for sent, status in FRAMED:
        assert send(service, sent) == status, sent[:1_000]
    until(lambda: lines(service) or service.complained)
    assert "Traceback" not in service.complained
    assert "exception" not in service.complained


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        (TOKEN, [f"Content-Length: {len(BODY)}"], b"100"),
        (TOKEN, ["Transfer-Encoding: chunked"], b"100"),
        (OTHER, [f"Content-Length: {len(BODY)}"], b"401"),
        (OTHER, ["Transfer-Encoding: chunked"], b"401"),
        (TOKEN, ["Content-Length: 1000000000"], b"413"),
        (TOKEN, [f"Content-Length: {len(BODY)}", "Content-Encoding: gzip"], b"415"),
        (TOKEN, [f"Content-Length: {len(BODY)}", "If-Match: *"], b"400"),
    ],
    ids=["length", "chunked", "token", "token-chunked", "too-long", "encoded", "condition"],
)
def test_only_a_body_that_is_wanted_is_invited(
    service: Command, token: str, headers: list[str], status: bytes
) -> None:
    """A client that waits for 100 Continue gets none before a refusal: it sends nothing in vain."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=HANG_SECONDS) as client:
        client.sendall(request(b"", *headers, "Expect: 100-continue", token=token))
        received = client.recv(65_536)
        assert received.startswith(b"HTTP/1.1 " + status)
        if status != b"100":
            assert b"100 Continue" not in read_to_end(client, received)
            return
        assert received == b"HTTP/1.1 100 Continue\r\n\r\n"
        is_chunked = "chunked" in headers[0]
        client.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY) if is_chunked else BODY)
        assert client.recv(65_536).startswith(b"HTTP/1.1 201 Created")


def read_to_end(client: socket.socket, received: bytes = b"") -> bytes:
    """Read on until the server closes the connection."""
    while more := client.recv(65_536):
        received += more
    return received


def test_a_connection_goes_on_after_writes(service: Command) -> None:
    """Also after an answer that did not wait for the body."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=HANG_SECONDS)
    given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for headers, status in ((given, 201), ({}, 401), (given | {"Content-Type": "x"}, 415)) * 3:
        connection.request("POST", "/rooms", BODY, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
    assert len(service.get("/rooms")) == 3


def test_an_embedded_service_makes_its_token_once(commands: Commands) -> None:
    """Only its owner may read it; the command that is told adds a room, also after a restart."""
    tokens = set()
    for number in (1, 2):
        service = commands.serve()
        told = [line for line in service.told.splitlines() if "Bearer" in line]
        assert len(told) == 1
        assert os.waitstatus_to_exitcode(os.system(f"{told[0].strip()} -sf -o /dev/null")) == 0
        assert len(service.get("/rooms")) == number
        file = commands.data / "token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        tokens.add(file.read_text())
        assert file.read_text().strip() not in service.told + service.complained
        service.end(signal.SIGTERM)
    assert len(tokens) == 1
    (commands.data / "token").write_text("\n")
    service = commands.start("serve")
    assert service.end() == 1
    assert service.complained.endswith("contains no token; remove it to get a new one\n")


def test_tokens_that_are_configured_go_before_its_own(commands: Commands) -> None:
    """Then it makes none."""
    service = commands.serve(RENTOMATIC_TOKENS=token_line("office", TOKEN))
    assert status_of(service, TOKEN) == 404
    assert "Bearer" not in service.told
    assert not (commands.data / "token").exists()


def test_a_key_adds_one_room_though_workers_die(
    service: Command, database: PostgresDatabase
) -> None:
    """They are killed at any moment, and the client repeats: each room is there exactly once."""
    with Writers(f"127.0.0.1:{service.port}", TOKEN) as writers:
        for _ in range(ROUNDS):
            kill_worker(writers, service.process.pid)
    assert_all_there(writers, database)


def test_what_was_acknowledged_is_there_after_a_crash(
    own_cluster: Cluster, commands: Commands
) -> None:
    """After kill -9 of the whole database, while rooms come: each is there, and once."""
    create_database(own_cluster.database)
    apply_migrations(own_cluster.database.url)
    service = commands.gunicorn(own_cluster.database, RENTOMATIC_TOKENS=token_line("office", TOKEN))
    with Writers(f"127.0.0.1:{service.port}", TOKEN) as writers:
        for _ in range(3):
            crash_database(writers, own_cluster)
    assert not writers.failures
    assert_all_there(writers, own_cluster.database)


def assert_all_there(writers: Writers, database: PostgresDatabase) -> None:
    """Find each room that was acknowledged exactly once, and no answer but 201 and 503."""
    found = compare(database, writers)
    assert (found.lost, found.doubled) == (0, 0)
    assert {*writers.statuses} <= {201, 503}
