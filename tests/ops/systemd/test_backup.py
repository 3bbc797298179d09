"""Backups are written, private and limited in number, and can be restored."""

from testbed.machine import CHECKOUT, Machine
from testbed.waiting import until

from tests.ops.systemd.rooms import add_room, rooms

FOLDER = "/var/backups/rentomatic"
TIMER = "rentomatic-backup.timer"
KEPT = 3


def back_up(machine: Machine) -> str:
    """Write a backup; return its path."""
    before = backups(machine)

    def is_written() -> bool:
        machine.run("systemctl", "start", "rentomatic-backup")
        return backups(machine) != before

    # Their names have a resolution of one second.
    until(is_written)
    return f"{FOLDER}/{backups(machine)[-1]}"


def backups(machine: Machine) -> list[str]:
    """List the backups, oldest first."""
    return machine.run("ls", FOLDER).split()


def test_old_backups_make_room(machine: Machine) -> None:
    """The newest are kept, only their owner can read them, and none is incomplete."""
    machine.run("touch", f"{FOLDER}/.rentomatic-killed.partial")
    backup = back_up(machine)
    for day in range(1, KEPT + 2):
        machine.run("cp", "-p", backup, f"{FOLDER}/rentomatic-2000010{day}T000000Z.dump")
    newest = backups(machine)[-KEPT + 1 :]
    command = "cd /opt/rentomatic/current && RENTOMATIC_ENV_FILE=/etc/rentomatic/rentomatic.env"
    command += " runuser -u rentomatic -- .venv/bin/python ops/backup.py"
    until(lambda: machine.shell("date +%Y%m%dT%H%M%SZ") not in backup)
    machine.shell(f"{command} --keep {KEPT} {FOLDER}")
    assert backups(machine)[:-1] == newest
    modes = machine.shell(f"stat --format='%a %U' {FOLDER}/*").splitlines()
    assert modes[-1] == "600 rentomatic"
    assert machine.run("ls", "--almost-all", FOLDER).split() == backups(machine)


def test_another_machine_may_make_the_backups(machine: Machine) -> None:
    """Then nothing starts the timer here again, until an administrator enables it."""
    output = machine.ops("install", "--without-backup")
    assert f"disable: {TIMER}" in output
    try:
        for command in ("true", "systemctl restart rentomatic.target", f"{CHECKOUT}/ops/install"):
            machine.tool("exec", "-H", "sh", "-euc", command)
            assert state(machine) == "inactive"
        machine.tool("restart")
        until(machine.is_ready)
        assert state(machine) == "inactive"
    finally:
        machine.run("systemctl", "enable", "--now", TIMER)
    machine.run("systemctl", "stop", "rentomatic.target")
    until(lambda: state(machine) == "inactive")
    machine.run("systemctl", "start", "rentomatic.target")
    assert state(machine) == "active"


def state(machine: Machine) -> str:
    """Return whether the timer of backups runs."""
    return machine.try_to("systemctl", "is-active", TIMER).stdout.strip()


def test_a_backup_can_be_restored(machine: Machine) -> None:
    """Its rooms replace the present ones, which are kept aside, while reads continue."""
    machine.shell("rentomatic psql -qc 'truncate room'")
    add_room(machine)
    kept = rooms(machine)
    assert len(kept) == 1
    backup = back_up(machine)
    machine.shell("rentomatic psql -qc 'truncate room'")
    assert rooms(machine) == []
    main = machine.main_process()
    with machine.load() as load:
        output = machine.ops("restore", backup)
    assert rooms(machine) == kept
    assert machine.main_process() == main
    assert set(load.failed) <= {"503"}
    assert "rentomatic_replaced" in output.splitlines()[-1]
    assert "all valid" in machine.run("rentomatic", "check")


def test_other_files_are_refused(machine: Machine) -> None:
    """Half a file, another kind of file, or none: the database is unchanged."""
    backup = back_up(machine)
    machine.shell(f"head -c 4000 {backup} >/root/half.dump; echo no >/root/no.dump")
    before = machine.sql("select oid, datname from pg_database order by oid")
    for file in ("/root/half.dump", "/root/no.dump", "/root/none.dump"):
        refused = machine.try_ops("restore", file)
        assert refused.returncode == 1
        assert refused.stderr.splitlines()[-1].startswith(f"restore: {file} ")
    assert machine.sql("select oid, datname from pg_database order by oid") == before
