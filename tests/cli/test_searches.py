"""`rentomatic searches`: saved searches on the command line, for the operator."""

import json
import re
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.sealing import Sealer, new_key, parse_keys
from tests.cli.conftest import Run
from tests.databases import ask

ADD = ("searches", "add", "--name", "Berlin", "--webhook", "https://a.example/hook")
KEY = new_key()


@pytest.fixture
def keyed(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, with a key."""
    monkeypatch.setenv("RENTOMATIC_SECRET_KEY", KEY)
    return run


def test_a_search_is_added_listed_tested_enabled_and_removed(
    keyed: Run, empty_rooms: PostgresDatabase
) -> None:
    """The secret is shown once; the operator sees whose each search is."""
    code, output, _ = keyed(*ADD, "--owner", "office", "filter_price__lt=60")
    added = json.loads(output)
    assert (code, added["query"]) == (0, "filter_price__lt=60")
    assert added.pop("secret").startswith("whsec_")
    listed = json.loads(keyed("searches", "list")[1])
    assert listed == {"owner": "office", **added}
    assert keyed("searches", "list", "--owner", "nobody") == (0, "", "")
    code, output, _ = keyed("searches", "test", added["id"])
    assert (code, output.split()[0]) == (0, "queued")
    assert json.loads(keyed("searches", "list")[1])["waiting"] == 1
    disable = "update saved_search set disabled_at = now(), disabled_reason = 'gone' returning 1"
    ask(empty_rooms, disable)
    refused = keyed("searches", "test", added["id"])
    assert refused == (6, "", "rentomatic: The search is disabled: gone; enable it first\n")
    assert keyed("searches", "enable", added["id"]) == (0, f"enabled {added['id']}\n", "")
    assert "disabled_at" not in json.loads(keyed("searches", "list")[1])
    assert keyed("searches", "remove", added["id"]) == (0, f"removed {added['id']}\n", "")
    code, _, errors = keyed("searches", "remove", added["id"])
    assert (code, "There is no saved search" in errors) == (3, True)


def test_mistakes_are_reported_together(keyed: Run) -> None:
    """As over HTTP; nothing is saved."""
    wrong = ("searches", "add", "--name", "", "--webhook", "http://a", "filter_prise__lt=1")
    code, output, errors = keyed(*wrong)
    assert (code, output) == (2, "")
    assert [line.split(":")[0] for line in errors.removeprefix("rentomatic: ").splitlines()] == [
        *("name", "query", "webhook")
    ]
    assert keyed("searches", "list")[1] == ""
    assert "must be a UUID" in keyed("searches", "test", "none")[2]


def test_without_a_key_nothing_is_saved(run: Run) -> None:
    """One line says how to make one; `notify` says the same, and `check` too."""
    expected = "rentomatic: webhooks need RENTOMATIC_SECRET_KEY_FILE: make a key with"
    for command in ((*ADD, ""), ("searches", "reseal"), ("notify",)):
        code, output, errors = run(*command)
        assert (code, output) == (1, "")
        assert errors.startswith(expected)
    (line,) = [each for each in run("check")[1].splitlines() if each.startswith("webhooks")]
    assert "not possible: webhooks need RENTOMATIC_SECRET_KEY_FILE" in line


def test_a_key_is_replaced(
    keyed: Run, monkeypatch: pytest.MonkeyPatch, empty_rooms: PostgresDatabase
) -> None:
    """The new one goes before the old one; after `reseal` the old one is not needed."""
    secret = json.loads(keyed(*ADD, "")[1])["secret"]
    code, output, _ = keyed("searches", "key")
    new = output.strip()
    assert code == 0
    assert parse_keys(new).keys == (new,)
    monkeypatch.setenv("RENTOMATIC_SECRET_KEY", new)
    code, _, errors = keyed("searches", "reseal")
    assert (code, "encrypted with another key; nothing was changed" in errors) == (1, True)
    monkeypatch.setenv("RENTOMATIC_SECRET_KEY", f"{new},{KEY}")
    assert keyed("searches", "reseal") == (0, "1 secrets are encrypted with the first key\n", "")
    (sealed,) = ask(empty_rooms, "select secret from saved_search")
    assert Sealer([new]).unseal(sealed) == secret


def test_check_says_whether_notifications_run(keyed: Run, empty_rooms: PostgresDatabase) -> None:
    """It fails if there are searches, and nothing looks for changes."""

    def webhooks() -> str:
        (line,) = re.findall(r"^webhooks +(.*)$", keyed("check")[1], re.MULTILINE)
        return str(line)

    assert webhooks() == "0 searches, 0 disabled, 0 messages wait"
    keyed(*ADD, "")
    assert webhooks().startswith("FAILED: 1 searches, 0 disabled, 0 messages wait; nothing looks")
    ask(
        empty_rooms,
        "insert into notification_progress values"
        " (true, gen_random_uuid(), '1', 1, now(), now()) returning 1",
    )
    assert webhooks() == "1 searches, 0 disabled, 0 messages wait"


def test_check_wants_the_key_to_be_private(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that every account can read is reported, and its contents are not shown."""
    path = tmp_path / "secret.key"
    path.write_text(f"# made by hand\n{KEY}\n")
    path.chmod(0o644)
    monkeypatch.setenv("RENTOMATIC_SECRET_KEY_FILE", str(path))
    output = run("check")[1]
    assert re.search(r"^key file +FAILED: .* has mode 0644: every account", output, re.MULTILINE)
    assert KEY not in output
