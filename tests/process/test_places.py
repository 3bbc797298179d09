"""Where the data may be, and for which accounts."""

import os
import signal
from collections.abc import Callable

import pytest

from rentomatic.demo import BOOK
from rentomatic.embedded.binaries import ELSEWHERE
from rentomatic.embedded.cluster import find_cluster
from tests.commands import ACCOUNTS, Account, Commands

LONG = "/".join(["a folder with a very long name"] * 5)


@pytest.mark.parametrize(
    "data",
    [
        'it\'s "quoted"',
        "one,two",
        "100%41 Zürich $HOME `id` \\ # & ?",
        pytest.param(LONG, id="longer than a socket's path may be"),
    ],
)
def test_any_path_works(commands_in: Callable[..., Commands], data: str) -> None:
    """The service, and commands beside it, cope with whatever the data folder is called."""
    commands = commands_in(data)
    service = commands.serve("--demo")
    assert service.get("/rooms?limit=1")[0]["code"] == BOOK[0][0]
    assert str(find_cluster(commands.data).home) in service.printed
    assert BOOK[0][0] in commands.run("list", "--limit", "1").printed
    assert commands.run("psql", "-At", "-c", "select 'psql works'").printed == "psql works\n"
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_a_private_folder_stays_private(commands_in: Callable[..., Commands]) -> None:
    """A data folder below one of mode 0700 works, root's too, and no mode is changed for it.

    As root the server is another account's, which may not enter there: then the data stand
    elsewhere, and the start says where.
    """
    commands = commands_in("private/data")
    private = commands.data.parent
    private.mkdir(mode=0o700)
    above = private.parent.stat().st_mode
    service = commands.serve("--demo")
    rooms = service.get()
    place = find_cluster(commands.data).home
    assert place.is_relative_to(ELSEWHERE) == (os.geteuid() == 0)
    assert f"data in {place})" in service.printed
    assert service.end(signal.SIGTERM) == 0
    assert (private.stat().st_mode & 0o777, private.parent.stat().st_mode) == (0o700, above)
    assert place.stat().st_mode & 0o777 == 0o700
    assert commands.serve().get() == rooms


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o177])
def test_a_data_folder_is_closed_whatever_the_umask(
    commands_in: Callable[..., Commands], umask: int
) -> None:
    """No other account may list it, the folders made above it, or the cluster, or take its locks.

    Root's may be passed through by the account of the server, to whom the cluster in it belongs.
    """
    commands = commands_in("made/with it/data")
    former = os.umask(umask)
    try:
        commands.run("list")
    finally:
        os.umask(former)
    mode = 0o711 if os.geteuid() == 0 else 0o700
    data, cluster = commands.data, find_cluster(commands.data).home
    assert cluster == data / "cluster"
    for folder in (data, data.parent, data.parents[1]):
        assert folder.stat().st_mode & 0o777 == mode
    for folder in (cluster, cluster / "data"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert all(not lock.stat().st_mode & 0o077 for lock in data.glob("*.lock"))


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name or "ourselves")
def test_it_serves_for_any_account(commands_in: Callable[..., Commands], account: Account) -> None:
    """It works for the account that runs the tests and, if that is root, for another one."""
    commands = commands_in(account=account)
    service = commands.serve("--demo")
    assert service.get("/rooms?limit=1")[0]["code"] == BOOK[0][0]
    assert len(commands.servers()) == 1
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_no_other_account_reaches_the_server(commands: Commands) -> None:
    """It listens on no port, only on a socket in a folder of mode 0700."""
    commands.serve()
    assert commands.run("psql", "-At", "-c", "show listen_addresses").printed == "\n"
    assert find_cluster(commands.data).home.stat().st_mode & 0o777 == 0o700
