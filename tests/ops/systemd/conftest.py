"""A real systemd: one machine for all tests, with this checkout installed by `ops/install`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from testbed.machine import ROOT, Machine, why_not_here
from testbed.waiting import until

WORKERS = 4  # the default of WEB_CONCURRENCY
_REASON = why_not_here()

# Everything that an installer may write, except what the machine itself keeps changing.
SNAPSHOT = """
find / -xdev \\( -path /var/log -o -path /var/lib/systemd -o -path /var/lib/apt -o -path /tmp \
-o -path /var/cache/nginx -o -path '/var/lib/postgresql/*/main' -o -path /root/.cache \\) -prune \
-o -printf '%p %M %u %g %T@ %l\\n' | sort
cd / && runuser -u postgres -- psql -XAtc 'select datname from pg_database' \
-c 'select rolname from pg_roles'
systemctl list-unit-files --no-legend 'rentomatic*' || true
systemctl list-units --no-legend --plain 'rentomatic*' | cut -d ' ' -f 1
"""


def runbook(section: str) -> list[str]:
    """Return the scripts of a section of the runbook."""
    text = (ROOT / "ops/README.md").read_text().split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests that need a machine if none can be booted."""
    if _REASON:
        for item in items:
            if "machine" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=_REASON))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report the version of systemd, which the tests have added to their reports."""
    reports = (report for some in terminalreporter.stats.values() for report in some)
    properties = [each for report in reports for each in getattr(report, "user_properties", ())]
    for version in {version for name, version in properties if name == "systemd"}:
        terminalreporter.write_line(f"systemd: {version} in a container")


@dataclass(frozen=True)
class Installation:
    """How the machine was installed.

    Attributes:
        machine: the machine.
        rehearsal: the output of `ops/install --dry-run` before the installation.
        is_untouched: whether that left the machine as it was.
        output: the output of `ops/install`.
        version: the version of its systemd.
    """

    machine: Machine
    rehearsal: str
    is_untouched: bool
    output: str
    version: str


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """A machine with this checkout installed and running."""
    machine = Machine()
    try:
        machine.boot()
        machine.run("dpkg", "--remove", "curl")  # a package that is missing
        machine.copy_checkout()
        before = machine.shell(SNAPSHOT)
        rehearsal = machine.ops("install", "--dry-run")
        is_untouched = machine.shell(SNAPSHOT) == before
        output = machine.ops("install")
        machine.run("systemctl", "start", "rentomatic")
        yield Installation(machine, rehearsal, is_untouched, output, machine.version())
    finally:
        machine.tool("reset", check=False)


@pytest.fixture
def machine(installation: Installation, record_property: Callable[[str, object], None]) -> Machine:
    """The machine, serving with all workers; each test that passes leaves it like that."""
    record_property("systemd", installation.version)
    try:
        until(installation.machine.is_ready)
    except AssertionError:  # what a test that failed has left
        installation.machine.run("systemctl", "reset-failed")
        installation.machine.run("systemctl", "restart", "rentomatic.target", "nginx")
        until(installation.machine.is_ready)
    until(lambda: len(installation.machine.workers()) == WORKERS)
    return installation.machine
