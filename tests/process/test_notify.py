"""`rentomatic notify` as a process: kills, signals, and what its log says."""

import json
import signal
from pathlib import Path

import pytest
from testbed.notifiers import kill_while_sending
from testbed.receivers import Receiver, make_certificate
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.sealing import new_key
from tests.commands import Commands
from tests.databases import ask

ROUNDS = 4


def test_kills_while_sending_lose_nothing(database: PostgresDatabase, tmp_path: Path) -> None:
    """Messages arrive again with the same id and body, in order; `ops/chaos` does it 200 times."""
    seen = kill_while_sending(database, tmp_path, ROUNDS)
    assert len(seen.written) == 3 * ROUNDS
    assert seen.is_good, seen
    # Each kill before the answer repeats the message.
    assert seen.repeats >= ROUNDS // 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(database: PostgresDatabase, commands: Commands, number: int) -> None:
    """With exit code 0, and without a traceback."""
    notify = commands.start("notify", DATABASE_URL=database.url, RENTOMATIC_SECRET_KEY=new_key())
    until(lambda: "notifying" in notify.complained)
    assert notify.end(number) == 0
    assert notify.complained == "rentomatic: notifying\n"


def test_a_search_saved_on_the_command_line_is_notified(
    database: PostgresDatabase, commands: Commands, tmp_path: Path
) -> None:
    """From the key in a file to the message; nothing secret is in the log."""
    certificate = make_certificate(tmp_path)
    key = tmp_path / "secret.key"
    key.write_text(commands.run("searches", "key").printed)
    variables = {
        "DATABASE_URL": database.url,
        "RENTOMATIC_SECRET_KEY_FILE": str(key),
        "RENTOMATIC_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "SSL_CERT_FILE": str(certificate),
    }
    key.chmod(0o644)
    with Receiver(certificate) as receiver:
        receiver.answer = lambda _: (500, {}) if len(receiver.received) == 1 else (204, {})
        notify = commands.start("notify", **variables)
        until(lambda: ask(database, "select 1 from notification_progress"))
        webhook = receiver.url("localhost", "/hook?password=hidden")
        added = commands.run(
            *("searches", "add", "--name", "cheap", "--webhook", webhook, "filter_price__lt=60"),
            **variables,
        )
        secret = json.loads(added.printed)["secret"]
        commands.run(*("add", "size=20", "price=59", "longitude=13", "latitude=52"), **variables)
        commands.run(*("add", "size=20", "price=60", "longitude=13", "latitude=52"), **variables)
        receiver.wait_for(2)
        assert notify.end(signal.SIGTERM) == 0
    assert [kind for kind, _ in receiver.changes()] == ["added"]
    assert "attempt 1 failed: it answered 500; next in" in notify.complained
    for hidden in (secret, key.read_text().strip(), "hidden", "Traceback"):
        assert hidden not in notify.complained
