"""What is left when processes are killed: nothing that the next start does not cope with."""

import os
import signal
from pathlib import Path

from ops.experiments.writes import children_of
from rentomatic.config import read_settings
from tests.process.conftest import Command, Commands, until, words_of


def is_alive(process: int) -> bool:
    """Tell whether a process runs: one that has ended and waits for its parent does not."""
    return any(words_of(Path(f"/proc/{process}")))


def kill(*processes: int) -> None:
    """End processes as a crash does."""
    for process in processes:
        os.kill(process, signal.SIGKILL)


def workers_of(service: Command) -> set[int]:
    """Give the workers of a service, once all of them are there."""

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
    """After kill -9 of the service its workers go by themselves, and the next start works."""
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
    assert service.get() == rooms
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == []


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
    assert service.end(signal.SIGTERM) == 0
