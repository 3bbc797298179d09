"""`ops/upgrade` puts the next release into service, or the old one keeps serving."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from testbed.machine import CHECKOUT, Machine
from testbed.waiting import until

NEXT = "/root/next"
MIGRATION = f"{NEXT}/migrations/9000.of-the-next-release"


@dataclass(frozen=True)
class NextRelease:
    """A checkout of another version on the machine.

    Attributes:
        machine: the machine.
        before: the installed release.
    """

    machine: Machine
    before: str

    def add_migration(self, statement: str) -> None:
        """Add a migration that can be rolled back."""
        self.machine.shell(f"echo '{statement};' >{MIGRATION}.sql")
        self.machine.shell(f"echo 'drop table next_release;' >{MIGRATION}.rollback.sql")

    def fail(self) -> str:
        """Run an upgrade that must fail and change nothing; return its error."""
        main, folders = self.machine.main_process(), self.folders()
        failed = self.machine.try_ops("upgrade", at=NEXT)
        assert failed.returncode, failed.stdout
        assert self.machine.main_process() == main
        assert self.folders() == folders
        self.serves_as_before()
        return failed.stderr

    def serves_as_before(self) -> None:
        """Check that the old release is in service, with its units."""
        until(self.machine.is_ready)
        assert self.machine.release() == self.before
        folder = self.machine.run("readlink", f"/proc/{self.machine.main_process()}/cwd")
        assert folder.endswith(f"/{self.before}")
        units = ("/etc/systemd/system/rentomatic.service", f"{CHECKOUT}/ops/systemd/")
        assert self.machine.try_to("cmp", units[0], f"{units[1]}rentomatic.service").returncode == 0

    def folders(self) -> str:
        """List the installed releases."""
        return self.machine.run("ls", "/opt/rentomatic/releases")


@pytest.fixture
def next_release(machine: Machine) -> Iterator[NextRelease]:
    """The next release; after the test the old one is in service again."""
    before = machine.release()
    machine.shell(f"rm -rf {NEXT}; cp -r {CHECKOUT} {NEXT}")
    machine.shell(f"sed -i 's/^version = .*/version = 9.0.0/' {NEXT}/setup.cfg")
    yield NextRelease(machine, before)
    if machine.release() != before:
        machine.ops("upgrade", "--rollback")
    machine.shell("rm -rf /opt/rentomatic/previous /opt/rentomatic/releases/9.0.0-*")
    machine.shell("rentomatic psql -qc 'drop table if exists next_release'")
    machine.shell(
        "rentomatic psql -qc \"delete from _yoyo_migration where migration_id like '9%'\""
    )


def test_an_upgrade_and_a_rollback_lose_nothing(
    machine: Machine, next_release: NextRelease
) -> None:
    """Under load: to a version with a migration and a changed unit, and back."""
    next_release.add_migration("create table next_release (number integer)")
    machine.shell(f"echo '# of the next release' >>{NEXT}/ops/systemd/rentomatic.service")
    backups = machine.run("ls", "/var/backups/rentomatic").split()
    with machine.load() as load:
        output = machine.ops("upgrade", at=NEXT)
    assert load.requests > 10
    assert load.failed == {}
    assert machine.release().startswith("9.0.0-")
    assert "9.0.0" in machine.run("rentomatic", "--version")
    assert "all applied" in machine.run("rentomatic", "check")
    assert "of the next release" in machine.run("systemctl", "cat", "rentomatic")
    assert len(machine.run("ls", "/var/backups/rentomatic").split()) == len(backups) + 1
    assert "is in service; to go back:" in output.splitlines()[-1]
    again = machine.ops("upgrade", at=NEXT)
    assert again.splitlines()[-1].endswith("is already in service; nothing was changed")
    with machine.load() as load:
        output = machine.ops("upgrade", "--rollback", at="/opt/rentomatic/current")
    assert load.failed == {}
    assert "the database schema is not rolled back" in output
    next_release.serves_as_before()
    assert "and newer ones: 9000.of-the-next-release" in machine.run("rentomatic", "check")


@pytest.mark.parametrize("migrates", [True, False])
def test_where_no_backups_are_made_there_is_one_before_a_migration(
    machine: Machine, next_release: NextRelease, *, migrates: bool
) -> None:
    """Another machine makes the others; the timer stays disabled."""
    if migrates:
        next_release.add_migration("create table next_release (number integer)")
    machine.run("systemctl", "disable", "--now", "rentomatic-backup.timer")
    backups = machine.run("ls", "/var/backups/rentomatic").split()
    try:
        output = machine.ops("upgrade", at=NEXT)
        timer = machine.try_to("systemctl", "is-enabled", "rentomatic-backup.timer").stdout
    finally:
        machine.run("systemctl", "enable", "--now", "rentomatic-backup.timer")
    assert timer == "disabled\n"
    made = len(machine.run("ls", "/var/backups/rentomatic").split()) - len(backups)
    assert made == int(migrates)
    assert ("no backup: nothing is migrated" in output) is not migrates


def test_a_broken_migration_stops_it(machine: Machine, next_release: NextRelease) -> None:
    """The old release keeps serving, and the error names the statement."""
    next_release.add_migration("create tabel next_release (number integer)")
    with machine.load() as load:
        complaint = next_release.fail()
    assert load.requests > 10
    assert load.failed == {}
    assert "the migrations could not be applied" in complaint
    assert "tabel" in complaint


def test_a_broken_setting_stops_it(machine: Machine, next_release: NextRelease) -> None:
    """The error names the setting that the new release cannot use; the old one keeps serving."""
    with machine.setting("RENTOMATIC_DEFAULT_LIMIT=0"):
        complaint = next_release.fail()
    assert "RENTOMATIC_DEFAULT_LIMIT must be an integer from 1 to 1000, not '0'" in complaint


def test_no_backup_stops_it(machine: Machine, next_release: NextRelease) -> None:
    """If the backup fails, nothing is changed."""
    machine.run("chown", "root", "/var/backups/rentomatic")
    try:
        assert "the backup failed, so nothing was changed" in next_release.fail()
    finally:
        machine.run("chown", "rentomatic", "/var/backups/rentomatic")
        machine.run("systemctl", "reset-failed", "rentomatic-backup")


def test_a_site_that_nginx_refuses_stops_it(machine: Machine, next_release: NextRelease) -> None:
    """The configuration of nginx stays as it was."""
    machine.shell(f"echo 'no_such_directive on;' >>{NEXT}/ops/nginx/http.conf")
    assert "no_such_directive" in next_release.fail()
    machine.run("nginx", "-t")


def test_a_release_that_is_not_ready_is_rolled_back(
    machine: Machine, next_release: NextRelease
) -> None:
    """Even after the switch the old release is restored, and the upgrade fails."""
    machine.shell(f"echo 'raise RuntimeError' >>{NEXT}/wsgi_app.py")
    failed = machine.try_to("env", "READY_SECONDS=5", f"{NEXT}/ops/upgrade")
    assert failed.returncode
    assert "is in service as before" in failed.stderr.splitlines()[-1]
    next_release.serves_as_before()
    assert "9.0.0" not in next_release.folders()


def test_there_must_be_something_to_go_back_to(next_release: NextRelease) -> None:
    """Otherwise nothing is changed."""
    refused = next_release.machine.try_ops("upgrade", "--rollback")
    assert refused.returncode == 1
    assert "there is no previous release to go back to" in refused.stderr
    next_release.serves_as_before()
