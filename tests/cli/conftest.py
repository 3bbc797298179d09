"""Running a command in this process."""

from collections.abc import Callable

import pytest

from rentomatic.cli import main
from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    postgres_embedded: PostgresRepo,
    embedded_rooms: PostgresDatabase,
    rooms: list[Room],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command on a database with the book's rooms; return exit code, output and errors."""
    monkeypatch.setenv("DATABASE_URL", embedded_rooms.url)
    postgres_embedded.save(rooms)

    def run_command(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        return (code, *capfd.readouterr())

    return run_command
