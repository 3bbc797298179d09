"""After processes are killed, the next start copes with whatever is left."""

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from testbed.processes import children_of
from testbed.waiting import until

from rentomatic.config import read_settings
from rentomatic.embedded.cluster import find_cluster
from tests.commands import Account, Command, Commands, words_of


def is_alive(process: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    return any(words_of(Path(f"/proc/{process}")))


def kill(*processes: int) -> None:
    """End processes as a crash does."""
    for process in processes:
        os.kill(process, signal.SIGKILL)


def found(service: Command) -> Any:  # noqa: ANN401 - JSON
    """Search; None as long as a worker does not know that the database is back."""
    with suppress(HTTPError):
        return service.get()
    return None


def workers_of(service: Command) -> set[int]:
    """Return the workers of a service, once all of them are there."""

    def all_of_them() -> set[int]:
        workers = children_of(service.process.pid)
        return workers if len(workers) == read_settings({}).workers else set()

    return until(all_of_them)


def test_rooms_survive_the_death_of_everything(commands: Commands) -> None:
    """After kill -9 of service, workers and PostgreSQL the next start serves the same rooms."""
    service = commands.serve("--demo")
    rooms = service.get()
    kill(service.process.pid, *workers_of(service), *commands.servers())
    service.end()
    again = commands.serve()
    assert again.get() == rooms
    assert again.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_workers_do_not_outlive_their_service(commands: Commands) -> None:
    """After kill -9 of the service its workers end too, and the next start works."""
    service = commands.serve("--demo")
    rooms, workers = service.get(), workers_of(service)
    service.end(signal.SIGKILL)
    until(lambda: not any(is_alive(worker) for worker in workers))
    again = commands.serve()
    assert again.get() == rooms
    assert again.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_a_killed_server_does_not_end_the_service(commands: Commands) -> None:
    """After kill -9 of PostgreSQL any command starts it again, and the service answers."""
    service = commands.serve("--demo")
    rooms = service.get()
    kill(*commands.servers())
    until(lambda: not commands.servers())
    commands.run("list")
    until(lambda: found(service) == rooms)
    assert service.end(signal.SIGTERM) == 0, service.complained
    assert commands.servers() == []


def test_a_killed_server_is_started_again(commands: Commands) -> None:
    """Automatically, twice over: a line says so, and the rooms are there."""
    service = commands.serve("--demo")
    rooms = service.get()
    for times in (1, 2):
        before = commands.servers()
        kill(*before)
        until(lambda before=before: commands.servers() not in ([], before))
        until(lambda: found(service) == rooms)
        reported = "the embedded PostgreSQL had stopped and was restarted"
        until(lambda times=times, reported=reported: service.complained.count(reported) == times)
    assert workers_of(service)
    assert service.end(signal.SIGTERM) == 0, service.complained
    assert commands.servers() == []


def test_a_server_that_cannot_be_started_again_is_reported_once(commands: Commands) -> None:
    """The reason is one line; no new cluster is made, and once repaired the rooms are there."""
    service = commands.serve("--demo")
    rooms = service.get()
    data = find_cluster(commands.data).home / "data"
    kill(*commands.servers())
    moved = data.rename(data.with_name("moved"))
    reported = "the embedded PostgreSQL has stopped and cannot be restarted: "
    service.reports(reported)
    time.sleep(2)
    assert service.complained.count(reported) == 1
    assert not data.exists()
    moved.rename(data)
    until(lambda: found(service) == rooms)
    assert service.end(signal.SIGTERM) == 0, service.complained
    assert commands.servers() == []


def test_a_service_that_ends_leaves_no_server_that_was_just_killed(commands: Commands) -> None:
    """No server is restarted while its service is ending."""
    service = commands.serve()
    kill(*commands.servers())
    assert service.end(signal.SIGTERM) == 0, service.complained
    time.sleep(2)
    assert commands.servers() == []


def test_killed_with_its_server_it_starts_again_at_once(commands: Commands) -> None:
    """The workers that are still there keep neither the data folder nor the port."""
    service = commands.serve("--demo")
    rooms = service.get()
    kill(service.process.pid, *commands.servers())
    service.end()
    again = commands.start("serve", "--port", str(service.port))
    again.port = service.port
    again.ready()
    assert again.get() == rooms
    assert again.complained == ""
    assert again.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_a_stranger_with_the_number_of_a_dead_server_does_not_keep_it_down(
    commands: Commands,
) -> None:
    """After a crash postmaster.pid may name any process: a container starts numbering again."""
    commands.run("list")
    cluster = find_cluster(commands.data)
    stranger = Account(cluster.account.pw_name if cluster.account else None).popen(["sleep", "60"])
    try:
        pid_file = cluster.home / "data" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n0\n5432\n{cluster.home}\n\n")
        pid_file.chmod(0o600)
        shutil.chown(pid_file, pid_file.parent.owner())
        assert commands.run("list").printed == "[]\n"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_killed_worker_is_replaced(commands: Commands) -> None:
    """Requests go on being answered by the other worker, and soon there are two again."""
    service = commands.serve("--demo")
    rooms, workers = service.get(), workers_of(service)
    victim = min(workers)
    kill(victim)

    def replaced() -> bool:
        assert service.get() == rooms
        return workers_of(service).isdisjoint({victim})

    until(replaced)
    assert len(workers_of(service) - workers) == 1
    assert service.end(signal.SIGTERM) == 0, service.complained
