"""What the installed service promises while it is started, changed, killed and left alone."""

import json
import re
from time import sleep

from testbed.machine import ROOT, Machine
from testbed.waiting import until

RELOADS = 6
RESTARTS = 5
KILLS = 3
OUTAGE_SECONDS = 4


def kill(machine: Machine, process: int) -> None:
    """End a process at once."""
    machine.run("kill", "-KILL", str(process))


def all_processes(machine: Machine) -> set[int]:
    """Give the numbers of all processes of the service, also of those that nobody minds."""
    found = machine.run("pgrep", "--uid", "rentomatic", "gunicorn")
    return {int(number) for number in found.split()}


def test_a_request_starts_it(machine: Machine) -> None:
    """The socket listens while the service is stopped; who asks is answered by a new one."""
    machine.run("systemctl", "stop", "rentomatic.service")
    assert machine.main_process() == 0
    # Not a search that the cache of nginx may answer.
    assert machine.get("/rooms?utm_source=first").status == 200
    assert machine.run("systemctl", "is-active", "rentomatic.service") == "active"


def test_reloads_lose_nothing(machine: Machine) -> None:
    """Each replaces all workers, under load; no request fails."""
    main = machine.main_process()
    with machine.load() as load:
        for _ in range(RELOADS):
            machine.reload()
    assert machine.main_process() == main
    assert load.requests > RELOADS
    assert load.failed == {}


def test_restarts_lose_nothing(machine: Machine) -> None:
    """The socket holds who asks while the one process ends and the next begins."""
    seen = {machine.main_process()}
    with machine.load() as load:
        for _ in range(RESTARTS):
            machine.run("systemctl", "restart", "rentomatic")
            seen.add(machine.main_process())
    assert len(seen) == RESTARTS + 1
    assert load.requests > RESTARTS
    assert load.failed == {}


def test_a_killed_main_process_is_replaced(machine: Machine) -> None:
    """By systemd, at once; its workers answer what they have begun, and end."""
    with machine.load() as load:
        for _ in range(KILLS):
            before = machine.main_process()
            kill(machine, before)
            until(lambda before=before: machine.main_process() not in {0, before})
            until(machine.is_ready)
    assert load.failed == {}
    until(lambda: all_processes(machine) == {machine.main_process(), *machine.workers()})


def test_a_killed_worker_is_replaced(machine: Machine) -> None:
    """By the main process; reads that it had not answered are answered by another."""
    main = machine.main_process()
    with machine.load() as load:
        for _ in range(KILLS):
            before = machine.workers()
            kill(machine, min(before))
            until(lambda before=before: len(machine.workers() - before) == 1)
    assert machine.main_process() == main
    assert load.failed == {}


def test_it_comes_back_after_a_boot(machine: Machine) -> None:
    """Nobody need start anything."""
    machine.tool("restart")
    until(machine.is_ready)
    timers = machine.run("systemctl", "list-timers", "--no-legend")
    assert "rentomatic-backup.timer" in timers


def test_without_its_database_it_says_so(machine: Machine) -> None:
    """Each request is a 503 that says when to try again, none a 502 or 504; then all is well."""
    main = machine.main_process()
    machine.run("systemctl", "stop", "postgresql")
    try:
        until(lambda: machine.get("/rooms").status == 503)
        with machine.load() as load:
            answer = machine.get("/rooms")
            assert (answer.status, json.loads(answer.body)["type"]) == (503, "SystemError")
            assert int(answer.headers["retry-after"]) >= 1
            assert machine.get("/health/live").status == 200
            sleep(OUTAGE_SECONDS)
    finally:
        machine.run("systemctl", "start", "postgresql")
    assert set(load.failed) == {"503"}
    assert "200" not in load.statuses
    until(lambda: machine.get("/rooms").status == 200)
    assert machine.main_process() == main


def test_it_starts_without_its_database(machine: Machine) -> None:
    """It waits for nobody, says what is away, and serves and is migrated when that is back."""
    machine.run("systemctl", "mask", "--now", "--runtime", "postgresql")
    machine.run("systemctl", "stop", "postgresql@15-main")
    try:
        machine.run("systemctl", "stop", "rentomatic-migrate")
        machine.run("systemctl", "restart", "rentomatic")
        assert machine.get("/health/live").status == 200
        assert machine.get("/health/ready").status == 503
        assert machine.try_to("systemctl", "is-active", "rentomatic-migrate").returncode
    finally:
        machine.run("systemctl", "unmask", "--runtime", "postgresql")
        machine.run("systemctl", "start", "postgresql")
    until(machine.is_ready)
    until(lambda: not machine.try_to("systemctl", "is-active", "rentomatic-migrate").returncode)


def test_a_reload_reads_the_settings(machine: Machine) -> None:
    """What the file says then is true for every worker."""
    with machine.setting("WEB_CONCURRENCY=2"):
        machine.reload()
        until(lambda: len(machine.workers()) == 2)
    machine.reload()
    until(lambda: len(machine.workers()) == 4)


def test_a_wrong_setting_is_refused(machine: Machine) -> None:
    """Reloading fails, the log says what would be right, and the same workers go on serving."""
    before = machine.main_process(), machine.workers()
    with machine.setting("WEB_CONCURRENCY=many"):
        assert machine.try_to("systemctl", "reload", "rentomatic").returncode
        assert (machine.main_process(), machine.workers()) == before
        assert machine.get("/rooms").status == 200
    log = machine.run("journalctl", "--unit=rentomatic", "--lines=20", "--output=cat")
    assert "WEB_CONCURRENCY must be an integer from 1 to 256, not 'many'" in log
    machine.reload()


def test_started_with_a_wrong_setting_it_waits_for_a_right_one(machine: Machine) -> None:
    """It does not come up, and it comes up by itself once the file is mended."""
    with machine.setting("WEB_CONCURRENCY=many"):
        assert machine.try_to("systemctl", "restart", "rentomatic").returncode
        assert machine.main_process() == 0
    until(machine.is_ready)


def test_a_database_over_tcp_needs_one_more_file(machine: Machine) -> None:
    """remote-database.conf opens the fence for it, and for what migrates and backs up."""
    machine.sql("alter role rentomatic with password 'of-the-test'")
    url = "postgresql://rentomatic:of-the-test@127.0.0.1/rentomatic"
    source = "/opt/rentomatic/current/ops/systemd/remote-database.conf"
    folders = ("rentomatic.service.d", "rentomatic-.service.d")
    targets = [f"/etc/systemd/system/{folder}/50-remote-database.conf" for folder in folders]
    try:
        with machine.setting(f"DATABASE_URL={url}"):
            machine.reload()
            assert machine.get("/health/ready").status == 503
            for target in targets:
                machine.run("cp", source, target)
            machine.run("systemctl", "daemon-reload")
            machine.run("systemctl", "restart", "rentomatic-migrate", "rentomatic")
            until(machine.is_ready)
            machine.run("systemctl", "start", "rentomatic-backup")
    finally:
        machine.run("rm", "-f", *targets)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "rentomatic")


def test_it_logs_to_the_journal(machine: Machine) -> None:
    """Each request is a line there, under the service's name."""
    machine.get("/rooms?limit=1&utm_source=journal")
    log = ("journalctl", "--identifier=rentomatic", "--lines=50", "--output=cat")
    until(lambda: "/rooms" in machine.run(*log))


def test_the_runbooks_questions_to_the_log_are_understood(machine: Machine) -> None:
    """Also by jq, though systemd and `rentomatic check` write between the lines of JSON."""
    machine.reload()
    commands = re.findall(r"journalctl[^`\n]+jq[^`\n]+", (ROOT / "ops/README.md").read_text())
    assert len(commands) >= 6
    for command in commands:
        machine.run("bash", "-o", "pipefail", "-euc", command)


def test_its_metrics_are_for_this_machine(machine: Machine) -> None:
    """The workers count together within the fence; the public site does not tell."""
    socket = ("--unix-socket", "/run/rentomatic/rentomatic.sock")
    with machine.setting("RENTOMATIC_METRICS=on"):
        machine.run("systemctl", "restart", "rentomatic")
        until(machine.is_ready)
        counted = machine.get("http://localhost/metrics", *socket)
        assert counted.status == 200
        assert "rentomatic_" in counted.body
        assert machine.get("/metrics").status == 404
    machine.run("systemctl", "restart", "rentomatic")
