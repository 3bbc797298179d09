"""The installed service survives starts, changes, kills and outages."""

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
    """Kill a process."""
    machine.run("kill", "-KILL", str(process))


def all_processes(machine: Machine) -> set[int]:
    """Return the ids of all the service's processes, including orphans."""
    found = machine.run("pgrep", "--uid", "rentomatic", "gunicorn")
    return {int(number) for number in found.split()}


def test_a_request_starts_it(machine: Machine) -> None:
    """The socket listens while the service is stopped; a request starts it and is answered."""
    machine.run("systemctl", "stop", "rentomatic.service")
    assert machine.main_process() == 0
    # Not a search that nginx's cache may answer.
    assert machine.get("/rooms?utm_source=first").status == 200
    assert machine.run("systemctl", "is-active", "rentomatic.service") == "active"


def test_reloads_lose_nothing(machine: Machine) -> None:
    """Each replaces all workers under load, and no request fails."""
    main = machine.main_process()
    with machine.load() as load:
        for _ in range(RELOADS):
            machine.reload()
    assert machine.main_process() == main
    assert load.requests > RELOADS
    assert load.failed == {}


def test_restarts_lose_nothing(machine: Machine) -> None:
    """The socket holds requests while one process exits and the next starts."""
    seen = {machine.main_process()}
    with machine.load() as load:
        for _ in range(RESTARTS):
            machine.run("systemctl", "restart", "rentomatic")
            seen.add(machine.main_process())
    assert len(seen) == RESTARTS + 1
    assert load.requests > RESTARTS
    assert load.failed == {}


def test_a_killed_main_process_is_replaced(machine: Machine) -> None:
    """By systemd, at once; its workers finish their requests and exit."""
    with machine.load() as load:
        for _ in range(KILLS):
            before = machine.main_process()
            kill(machine, before)
            until(lambda before=before: machine.main_process() not in {0, before})
            until(machine.is_ready)
    assert load.failed == {}
    until(lambda: all_processes(machine) == {machine.main_process(), *machine.workers()})


def test_a_killed_worker_is_replaced(machine: Machine) -> None:
    """By the main process; another worker answers its unanswered reads."""
    main = machine.main_process()
    with machine.load() as load:
        for _ in range(KILLS):
            before = machine.workers()
            kill(machine, min(before))
            until(lambda before=before: len(machine.workers() - before) == 1)
    assert machine.main_process() == main
    assert load.failed == {}


def test_it_starts_again_after_a_boot(machine: Machine) -> None:
    """Without any command."""
    machine.tool("restart")
    until(machine.is_ready)
    timers = machine.run("systemctl", "list-timers", "--no-legend")
    assert "rentomatic-backup.timer" in timers


def test_without_its_database_it_says_so(machine: Machine) -> None:
    """Each request gets a 503 that says when to try again, never a 502 or 504; then it recovers."""
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
    """It starts and answers 503; when the database is back, it is migrated and searches work."""
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
    """All workers get the file's new settings."""
    with machine.setting("WEB_CONCURRENCY=2"):
        machine.reload()
        until(lambda: len(machine.workers()) == 2)
    machine.reload()
    until(lambda: len(machine.workers()) == 4)


def test_a_wrong_setting_is_refused(machine: Machine) -> None:
    """The reload fails, the log says what would be right, and the same workers keep serving."""
    before = machine.main_process(), machine.workers()
    with machine.setting("WEB_CONCURRENCY=many"):
        assert machine.try_to("systemctl", "reload", "rentomatic").returncode
        assert (machine.main_process(), machine.workers()) == before
        assert machine.get("/rooms").status == 200
    machine.logs("WEB_CONCURRENCY must be an integer from 1 to 256, not 'many'")
    machine.reload()


def test_started_with_a_wrong_setting_it_waits_for_a_right_one(machine: Machine) -> None:
    """It does not start until the file is corrected, and then starts automatically."""
    with machine.setting("WEB_CONCURRENCY=many"):
        assert machine.try_to("systemctl", "restart", "rentomatic").returncode
        assert machine.main_process() == 0
    until(machine.is_ready)


def test_a_database_over_tcp_needs_one_more_file(machine: Machine) -> None:
    """remote-database.conf opens the sandbox of the service, the migrations and the backup."""
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
    """One line per request, under the service's name."""
    machine.get("/rooms?limit=1&utm_source=journal")
    log = ("journalctl", "--identifier=rentomatic", "--lines=50", "--output=cat")
    until(lambda: "/rooms" in machine.run(*log))


def test_the_runbooks_queries_of_the_log_work(machine: Machine) -> None:
    """By jq too, although systemd and `rentomatic check` write other lines."""
    machine.reload()
    commands = re.findall(r"journalctl[^`\n]+jq[^`\n]+", (ROOT / "ops/README.md").read_text())
    assert len(commands) >= 6
    for command in commands:
        machine.run("bash", "-o", "pipefail", "-euc", command)


def test_its_metrics_are_for_this_machine(machine: Machine) -> None:
    """The workers share them inside the sandbox; the public site does not show them."""
    socket = ("--unix-socket", "/run/rentomatic/rentomatic.sock")
    with machine.setting("RENTOMATIC_METRICS=on"):
        machine.run("systemctl", "restart", "rentomatic")
        until(machine.is_ready)
        counted = machine.get("http://localhost/metrics", *socket)
        assert counted.status == 200
        assert "rentomatic_" in counted.body
        assert machine.get("/metrics").status == 404
    machine.run("systemctl", "restart", "rentomatic")
