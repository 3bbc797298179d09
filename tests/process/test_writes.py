"""Writes over real gunicorn and PostgreSQL: tokens that change, processes that die, races."""

import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from testbed.processes import children_of
from testbed.waiting import until
from testbed.writers import Writers, compare, crash_database, kill_worker

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.database import create_database
from rentomatic.repository.migrations import apply_migrations
from rentomatic.tokens import token_line
from tests.commands import Command, Commands
from tests.databases import ask
from tests.process.observation import lines
from tests.process.writing import CODE, OTHER, ROOM, TOKEN, write

ROUNDS = 20


def test_of_two_clients_one_wins(service: Command) -> None:
    """Both have read the room and change it at once: one gets 200, the other 412."""
    assert write(service, "PUT", f"/rooms/{CODE}", ROOM)[0] == 201
    with ThreadPoolExecutor(2) as pool:
        for number in range(ROUNDS):
            tag = write(service, "PATCH", f"/rooms/{CODE}", {"price": 1_000 + number})[1]["ETag"]

            def change(client: int, seen: str = tag) -> int:
                patch = {"price": client}
                return write(service, "PATCH", f"/rooms/{CODE}", patch, If_Match=seen)[0]

            assert sorted(pool.map(change, (1, 2))) == [200, 412]


def test_a_room_is_added_once_by_the_first_client(service: Command) -> None:
    """By POST and by a PUT that only adds: the others get an error."""
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
def test_of_two_requests_with_one_key_one_writes(
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
    # In any order: several workers write them.
    logged = {(line["method"], line["status"], line["token"]) for line in lines(service)}
    assert logged == {("PUT", 201, "office"), ("PUT", 401, None), ("GET", 200, None)}
    assert TOKEN not in service.printed + service.complained
    assert OTHER not in service.printed + service.complained


def status_of(service: Command, token: str) -> int:
    """Change nothing with a token; return the status."""
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
    """Return the processes if there are any."""
    return processes if len(processes) == 1 else set()


def test_wrong_tokens_are_reported_before_anything_starts(
    commands: Commands, database: PostgresDatabase, tmp_path: Path
) -> None:
    """In one line, without their content."""
    file = tmp_path / "tokens"
    file.write_text("hidden\n")
    service = commands.start("check", DATABASE_URL=database.url, RENTOMATIC_TOKENS_FILE=str(file))
    assert service.end() == 1
    (line,) = service.complained.splitlines()
    assert line.startswith("rentomatic: RENTOMATIC_TOKENS_FILE must be a file of lines of ")
    assert "hidden" not in line


def test_an_embedded_service_makes_its_token_once(commands: Commands) -> None:
    """Only its owner may read it; the printed command adds a room, also after a restart."""
    tokens = set()
    for number in (1, 2):
        service = commands.serve()
        reported = [line for line in service.printed.splitlines() if "Bearer" in line]
        assert len(reported) == 1
        assert os.waitstatus_to_exitcode(os.system(f"{reported[0].strip()} -sf -o /dev/null")) == 0
        assert len(service.get("/rooms")) == number
        file = commands.data / "token"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        tokens.add(file.read_text())
        assert file.read_text().strip() not in service.printed + service.complained
        service.end(signal.SIGTERM)
    assert len(tokens) == 1
    (commands.data / "token").write_text("\n")
    service = commands.start("serve")
    assert service.end() == 1
    assert service.complained.endswith("contains no token; remove it to get a new one\n")


def test_configured_tokens_override_its_own(commands: Commands) -> None:
    """Then it makes none."""
    service = commands.serve(RENTOMATIC_TOKENS=token_line("office", TOKEN))
    assert status_of(service, TOKEN) == 404
    assert "Bearer" not in service.printed
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
