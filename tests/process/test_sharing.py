"""Commands on one data folder share its server: the first starts it, the last stops it."""

import json
import signal
from pathlib import Path

from testbed.waiting import until

from rentomatic.demo import BOOK
from tests.commands import Command, Commands

FIRST = ("code,size,price,longitude,latitude", ",".join(map(str, BOOK[0])))


def say(command: Command, line: str) -> None:
    """Write a line to a command's standard input."""
    assert command.process.stdin
    command.process.stdin.write(f"{line}\n")
    command.process.stdin.flush()


def start_psql(commands: Commands) -> Command:
    """Start `rentomatic psql`, and wait until it answers."""
    psql = commands.start("psql", "-At")
    say(psql, "select 'it answers';")
    until(lambda: "it answers" in psql.printed)
    return psql


def end_input(command: Command) -> int:
    """Close a command's standard input; return its status."""
    assert command.process.stdin
    command.process.stdin.close()
    return command.end()


def test_a_command_beside_a_service_leaves_its_server_alone(commands: Commands) -> None:
    """`rentomatic list` reads the rooms of a running service, which goes on."""
    service = commands.serve("--demo")
    server = commands.servers()
    assert json.loads(commands.run("list", "--limit", "1").printed)[0]["code"] == BOOK[0][0]
    assert commands.servers() == server
    assert service.get()


def test_the_server_stays_until_its_last_user_leaves(commands: Commands) -> None:
    """A psql that was there when the service ended goes on, and stops the server when it ends."""
    service = commands.serve("--demo")
    server = commands.servers()
    psql = start_psql(commands)
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == server
    say(psql, "select 'rooms', count(*) > 4 from room;")
    until(lambda: "rooms|t" in psql.printed)
    assert end_input(psql) == 0
    assert commands.servers() == []


def test_an_import_that_waits_for_its_input_keeps_the_server(commands: Commands) -> None:
    """Rooms that arrive after the service has ended are saved."""
    psql = start_psql(commands)
    service = commands.serve()
    importing = commands.start("import", "-")
    say(importing, FIRST[0])
    lock = (commands.data / "users.lock").stat()
    held = f":{lock.st_ino} "

    def users() -> int:
        return sum(held in line for line in Path("/proc/locks").read_text().splitlines())

    until(lambda: users() == 3)
    assert service.end(signal.SIGTERM) == 0
    assert end_input(psql) == 0
    assert len(commands.servers()) == 1
    say(importing, FIRST[1])
    assert end_input(importing) == 0
    assert importing.printed.startswith("added 1, ")
    assert commands.servers() == []
    assert json.loads(commands.run("list").printed)[0]["code"] == BOOK[0][0]


def test_four_first_commands_at_once_make_one_database(commands: Commands) -> None:
    """They wait for the one that makes the cluster, all succeed, and leave no server."""
    first = [commands.start("list") for _ in range(4)]
    assert [command.end() for command in first] == [0] * 4, [each.complained for each in first]
    assert {command.printed for command in first} == {"[]\n"}
    assert commands.servers() == []


def test_overlapping_commands_never_lose_the_server(commands: Commands) -> None:
    """A command that starts while another stops the server finds one that answers."""
    commands.run("list")
    rounds = [commands.start("list") for _ in range(4)]
    rounds += [commands.start("check") for command in rounds[:2] if command.end() == 0]
    assert [command.end() for command in rounds] == [0] * 6, [each.complained for each in rounds]
    assert commands.servers() == []
