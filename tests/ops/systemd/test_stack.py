"""The runbook's commands stop and start the whole stack, one command each."""

import json
from itertools import count

from testbed.machine import Answer, Machine
from testbed.waiting import until

from tests.ops.systemd.conftest import runbook

OURS = (
    "rentomatic.target",
    "rentomatic.socket",
    "rentomatic.service",
    "rentomatic-migrate.service",
    "rentomatic-backup.timer",
)
OTHERS = ("nginx.service", "postgresql@15-main.service")
_numbers = count()


def commands() -> list[str]:
    """Return the runbook's commands: stop, start, stop everything, stay down after boots."""
    first, *others = runbook("Stop and start")
    return [*first.splitlines(), *(script.strip() for script in others)]


def states(machine: Machine, *units: str) -> set[str]:
    """Return the states of units."""
    return set(machine.try_to("systemctl", "is-active", *units).stdout.split())


def search(machine: Machine) -> Answer:
    """Search past nginx's cache, which may hold the answer of a test that has just ended."""
    return machine.get(f"/rooms?utm_source=stack-{next(_numbers)}")


def test_the_target_stops_and_starts_what_is_ours(machine: Machine) -> None:
    """The service stays down despite requests while nginx runs; one command starts it again."""
    stop, start, *_ = commands()
    with machine.load():
        machine.shell(stop)
        until(lambda: states(machine, *OURS) == {"inactive"})
    assert search(machine).status == 503
    assert states(machine, *OURS) == {"inactive"}
    assert states(machine, *OTHERS) == {"active"}
    machine.shell(start)
    assert states(machine, *OURS, *OTHERS) == {"active"}
    assert search(machine).status == 200


def test_the_whole_stack_goes_down_and_comes_up(machine: Machine) -> None:
    """PostgreSQL and nginx too, and the rooms still exist afterwards."""
    _, start, stop_everything, _ = commands()
    before = json.loads(search(machine).body)
    machine.shell(stop_everything)
    until(lambda: states(machine, *OURS, *OTHERS) == {"inactive"})
    machine.shell(start)
    until(machine.is_ready)
    assert states(machine, *OURS, *OTHERS) == {"active"}
    assert json.loads(search(machine).body) == before


def test_it_can_be_kept_down_over_boots(machine: Machine) -> None:
    """After the runbook's command a boot starts none of our units; install enables them again."""
    *_, disable = commands()
    machine.shell(disable)
    machine.tool("restart")
    until(lambda: states(machine, "nginx") == {"active"})
    assert states(machine, *OURS) == {"inactive"}
    machine.ops("install")
    machine.tool("restart")
    until(machine.is_ready)
    assert states(machine, *OURS) == {"active"}


def test_stopped_alone_it_is_started_by_the_next_request(machine: Machine) -> None:
    """This is intended, and the unit says so."""
    machine.run("systemctl", "stop", "rentomatic")
    assert states(machine, "rentomatic.service") == {"inactive"}
    assert search(machine).status == 200
    assert "as intended" in machine.run("systemctl", "cat", "rentomatic.socket")
