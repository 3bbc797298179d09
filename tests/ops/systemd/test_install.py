"""What `ops/install` leaves behind, and what `ops/uninstall` takes away."""

import re

import pytest
from testbed.machine import CHECKOUT, SETTINGS, TOKENS, Machine
from testbed.waiting import until

from tests.ops.systemd.conftest import SNAPSHOT, Installation
from tests.ops.systemd.rooms import add_room, rooms

SECRET_KEY = "/etc/rentomatic/secret.key"
NGINX = "/etc/nginx/nginx.conf"
EXPOSURE = 1.0
# What sends webhooks reaches the internet.
EXPOSURES = {"rentomatic-notify.service": 1.2}
SERVICES = (
    *("rentomatic.service", "rentomatic-notify.service"),
    *("rentomatic-migrate.service", "rentomatic-backup.service"),
)
UNITS = (*SERVICES, "rentomatic.target", "rentomatic.socket", "rentomatic-backup.timer")
CLUSTER = "postgresql@15-main"
# systemd is installed but not running, as in most containers.
WITHOUT_SYSTEMD = 'mount -t tmpfs tmpfs /run; exec "$0" "$@"'


def steps(output: str) -> list[str]:
    """Return the steps that an installer prints: lines of `what: which`."""
    return [line for line in output.splitlines() if re.match(r"(?!dry run)[a-z ]+: ", line)]


def test_a_dry_run_prints_all_steps_and_takes_none(
    installation: Installation, machine: Machine
) -> None:
    """It prints the steps taken later, and changes no file, role, database or unit."""
    assert installation.is_untouched
    done = steps(installation.output)
    assert done == steps(installation.rehearsal)
    assert "packages: curl" in done


def test_installing_again_changes_nothing(machine: Machine) -> None:
    """Files, accounts, databases, units and the running process stay the same."""
    before = machine.shell(SNAPSHOT), machine.main_process()
    output = machine.ops("install")
    assert (machine.shell(SNAPSHOT), machine.main_process()) == before
    always = ["check: settings", "migrations: apply", "nginx: check", "nginx: reload"]
    assert steps(output) == always


def test_settings_that_were_copied_are_made_readable(machine: Machine) -> None:
    """As on a further machine; only root can read what it has copied."""
    before = machine.shell(f"stat --format='%a %U:%G' {SETTINGS} {TOKENS}")
    machine.shell(f"chown root:root {SETTINGS} {TOKENS}; chmod 600 {SETTINGS} {TOKENS}")
    output = machine.ops("install")
    assert [f"readable by the service: {each}" for each in (SETTINGS, TOKENS)] == [
        step for step in steps(output) if "readable" in step
    ]
    assert machine.shell(f"stat --format='%a %U:%G' {SETTINGS} {TOKENS}") == before


def test_another_release_is_not_installed_over_one(machine: Machine) -> None:
    """One line names ops/upgrade; the release stays."""
    machine.shell(f"cp -r {CHECKOUT} /root/another; echo >>/root/another/README.md")
    refused = machine.try_ops("install", at="/root/another")
    assert refused.returncode == 1
    assert "to replace it: ops/upgrade" in refused.stderr.splitlines()[-1]


def test_it_serves_through_nginx(machine: Machine) -> None:
    """The book's search is answered on the book's port, from the release's folder."""
    answer = machine.get("/rooms")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    folder = machine.run("readlink", f"/proc/{machine.main_process()}/cwd")
    assert folder == f"/opt/rentomatic/releases/{machine.release()}"


def test_only_known_ports_are_open(machine: Machine) -> None:
    """Only nginx listens on a port; only nginx can use the socket."""
    socket = machine.run("stat", "--format=%A %U:%G", "/run/rentomatic/rentomatic.sock")
    assert socket == "srw-rw---- rentomatic:www-data"
    assert "gunicorn" not in machine.run("ss", "--listening", "--tcp", "--numeric", "--processes")


def test_nothing_of_ours_runs_as_root(machine: Machine) -> None:
    """All processes of the service have its account, which cannot log in and owns no code."""
    pids = [machine.main_process(), *machine.workers()]
    assert len(pids) > 2
    users = machine.run("ps", "-o", "user=", "-p", ",".join(map(str, pids))).split()
    assert set(users) == {"rentomat+"} or set(users) == {"rentomatic"}
    assert machine.run("find", "/opt/rentomatic/", "!", "-user", "root") == ""
    assert machine.run("getent", "passwd", "rentomatic").endswith(":/nonexistent:/usr/sbin/nologin")


def test_settings_tokens_keys_and_backups_are_private(machine: Machine) -> None:
    """Other accounts can read neither the settings, the tokens, the key nor a backup."""
    for file in (SETTINGS, TOKENS, SECRET_KEY):
        assert machine.run("stat", "--format=%a %U:%G", file) == "640 root:rentomatic"
        assert machine.try_to("runuser", "-u", "nobody", "--", "cat", file).returncode
    assert machine.run("stat", "--format=%a %U:%G", "/var/backups/rentomatic") == (
        "700 rentomatic:rentomatic"
    )


def test_the_log_of_nginx_is_not_for_everyone(machine: Machine) -> None:
    """Other accounts cannot read who requested what, in a new file or an existing one."""
    log = "/var/log/nginx/rentomatic.log"
    assert machine.run("stat", "--format=%a %U:%G", log) == "640 www-data:adm"
    machine.run("rm", log)
    machine.run("systemctl", "restart", "nginx")
    assert machine.run("stat", "--format=%a", log) == "644"
    assert f"log: {log}" in steps(machine.ops("install"))
    assert machine.run("stat", "--format=%a %U:%G", log) == "640 www-data:adm"
    machine.get("/rooms?utm_source=log")
    until(lambda: "utm_source=log" in machine.run("cat", log))


@pytest.mark.parametrize(
    "command", [["install"], ["install", "--dry-run"], ["upgrade"], ["uninstall", "--purge"]]
)
def test_without_a_running_systemd_nothing_is_changed(machine: Machine, command: list[str]) -> None:
    """One line says so before anything is changed."""
    before = machine.shell(SNAPSHOT)
    name, *options = command
    fenced = ("unshare", "--mount", "sh", "-euc", WITHOUT_SYSTEMD)
    refused = machine.try_to(*fenced, f"{CHECKOUT}/ops/{name}", *options)
    assert refused.returncode == 1
    assert steps(refused.stdout) == []
    assert refused.stderr.startswith(f"{name}: systemd is not running, so nothing was changed; ")
    assert machine.shell(SNAPSHOT) == before


def test_a_cluster_that_is_down_is_started(machine: Machine) -> None:
    """Although Debian's unit `postgresql` is active."""
    machine.run("systemctl", "stop", CLUSTER)
    assert machine.run("systemctl", "is-active", "postgresql") == "active"
    assert f"start: {CLUSTER}" in steps(machine.ops("install"))
    assert machine.run("systemctl", "is-active", CLUSTER) == "active"
    until(machine.is_ready)


def test_a_cluster_that_does_not_start_is_named(machine: Machine) -> None:
    """Before anything else is changed; --purge reports it too and removes nothing."""
    before = machine.shell(SNAPSHOT)
    machine.run("systemctl", "stop", CLUSTER)
    machine.run("systemctl", "mask", "--runtime", CLUSTER)
    try:
        refused = machine.try_ops("install")
        kept = machine.try_ops("uninstall", "--purge")
    finally:
        machine.run("systemctl", "unmask", "--runtime", CLUSTER)
        machine.run("systemctl", "start", CLUSTER)
    assert (refused.returncode, kept.returncode) == (1, 1)
    assert steps(refused.stdout) == [f"start: {CLUSTER}"]
    assert f"see: journalctl -u {CLUSTER}" in refused.stderr.splitlines()[-1]
    assert kept.stdout == ""
    assert "start PostgreSQL, or leave out --purge" in kept.stderr
    until(machine.is_ready)
    assert machine.shell(SNAPSHOT) == before


def test_the_services_are_sandboxed(machine: Machine) -> None:
    """`systemd-analyze security` reports an exposure of at most 1.0, or 1.2 with a network."""
    for unit in SERVICES:
        output = machine.run("systemd-analyze", "security", "--no-pager", unit)
        exposure = re.search(r"Overall exposure level for .*: ([\d.]+)", output)
        assert exposure, output
        assert float(exposure[1]) <= EXPOSURES.get(unit, EXPOSURE), output


def test_nginx_has_connections_to_spare(machine: Machine) -> None:
    """Debian's limit per process is raised, without a warning from nginx."""
    assert "worker_connections 8192;" in machine.run("cat", NGINX)
    assert "[warn]" not in machine.try_to("nginx", "-t").stderr
    workers = machine.run("pgrep", "-P", machine.run("cat", "/run/nginx.pid")).split()
    for worker in workers:
        assert re.search(r"Max open files +16384 ", machine.run("cat", f"/proc/{worker}/limits"))


def test_the_units_are_sound(machine: Machine) -> None:
    """`systemd-analyze verify` reports nothing."""
    verified = machine.try_to("systemd-analyze", "verify", *UNITS)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_the_command_runs_as_the_service(machine: Machine) -> None:
    """`rentomatic` runs with the service's account and settings; other accounts cannot run it."""
    assert machine.run("rentomatic", "check").splitlines()[0].endswith("host=/var/run/postgresql")
    refused = machine.try_to("runuser", "-u", "nobody", "--", "rentomatic", "list")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].endswith("use: sudo rentomatic")


def test_uninstalling_keeps_the_data(machine: Machine) -> None:
    """After uninstalling and installing, the service has its rooms, settings and backups."""
    add_room(machine)
    machine.run("systemctl", "start", "rentomatic-backup")
    machine.shell(f"echo '# no tokens yet' >{TOKENS}")
    files = f"ls /var/backups/rentomatic; ls -l {TOKENS}; cat {SETTINGS} {TOKENS}"
    kept = machine.shell(files), rooms(machine)
    machine.shell("mkdir -p /etc/systemd/system/rentomatic.service.d")
    machine.shell("touch /etc/systemd/system/rentomatic.service.d/own.conf")
    output = machine.ops("uninstall")
    assert "--purge" in output
    until(lambda: machine.get("/rooms").status == 0)
    assert not machine.try_to("pgrep", "gunicorn").stdout
    left = machine.shell("find / -xdev -path /root -prune -o -name '*rentomatic*' -print")
    assert set(left.splitlines()) == {
        "/etc/rentomatic",
        SETTINGS,
        "/etc/systemd/system/rentomatic.service.d",
        "/var/backups/rentomatic",
        *machine.shell("ls -d /var/backups/rentomatic/*").split(),
        *machine.shell("ls -d /var/log/nginx/rentomatic* || true").split(),
    }
    machine.run("rm", "/etc/systemd/system/rentomatic.service.d/own.conf")
    machine.ops("install")
    machine.run("systemctl", "start", "rentomatic")
    until(machine.is_ready)
    assert (machine.shell(files), rooms(machine)) == kept
    machine.shell(f": >{TOKENS}")


def test_purging_leaves_nothing(machine: Machine) -> None:
    """With --purge the database, its role, the account and all files are removed."""
    rehearsal = machine.ops("uninstall", "--purge", "--dry-run")
    assert machine.is_ready()
    output = machine.ops("uninstall", "--purge")
    assert set(steps(rehearsal)) <= set(steps(output))
    left = machine.shell("find / -xdev -path /root -prune -o -name '*rentomatic*' -print")
    assert {path for path in left.splitlines() if not path.startswith("/var/log/nginx")} == set()
    assert machine.try_to("id", "rentomatic").returncode
    assert "rentomatic" not in machine.sql("select datname from pg_database")
    assert "rentomatic" not in machine.sql("select rolname from pg_roles")
    assert NGINX not in machine.try_to("dpkg", "--verify", "nginx-common").stdout
    machine.ops("install")
    machine.run("systemctl", "start", "rentomatic")
    until(machine.is_ready)
    assert rooms(machine) == []
