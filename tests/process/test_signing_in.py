"""Signing in on a running service: all workers together, and its log."""

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest
from testbed.waiting import until

from rentomatic.config import PostgresDatabase
from rentomatic.throttle import FREE_ATTEMPTS
from rentomatic.tokens import token_line
from tests.commands import SECONDS, Command, Commands
from tests.process.observation import lines
from tests.process.writing import TOKEN

WRONG = "rom_wrong-token-of-some-length-0123456789"
Send = Callable[..., HTTPResponse]


@pytest.fixture
def service(commands: Commands, database: PostgresDatabase) -> Command:
    """Four workers that know their address."""
    return commands.gunicorn(
        database,
        RENTOMATIC_TOKENS=token_line("office", TOKEN),
        RENTOMATIC_PUBLIC_URL="http://127.0.0.1",
        WEB_CONCURRENCY="4",
    )


def send(service: Command, path: str, fields: dict[str, str], cookie: str = "") -> HTTPResponse:
    """Send a form on a connection of its own, so that any worker may answer."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=SECONDS)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
        "Cookie": cookie,
    }
    connection.request("POST", path, urlencode(fields), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_workers_count_wrong_tokens_together(service: Command) -> None:
    """Of many guesses only the free ones are judged, whichever worker gets them; reads go on."""
    began = time.monotonic()
    statuses = [send(service, "/sign-in", {"token": WRONG}).status for _ in range(20)]
    more = int((time.monotonic() - began) / 10) + 1
    assert FREE_ATTEMPTS <= statuses.count(403) <= FREE_ATTEMPTS + more
    assert statuses.count(403) + statuses.count(429) == 20
    assert send(service, "/sign-in", {"token": TOKEN}).status == 429
    assert service.ask("/rooms") == 200


def test_the_log_names_who_sends_a_form_and_has_no_token(service: Command) -> None:
    """Neither the right one nor a wrong one, wherever it was put."""
    answer = send(service, "/sign-in", {"token": TOKEN})
    assert answer.status == 303
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    send(service, "/sign-in", {"token": WRONG})
    send(service, f"/sign-in?token={WRONG}", {"token": WRONG})
    room = {"size": "30", "price": "75", "longitude": "13.4", "latitude": "52.5"}
    assert send(service, "/rooms/new", room, cookie).status == 303
    served = until(lambda: found if len(found := lines(service)) == 4 else None)
    assert [(each["route"], each["token"]) for each in served] == [
        ("/sign-in", None),
        ("/sign-in", None),
        ("/sign-in", None),
        ("/rooms/new", "office"),
    ]
    for text in (service.printed, service.complained):
        assert TOKEN not in text
        assert WRONG not in text


def test_a_service_of_this_machine_knows_its_address(commands: Commands) -> None:
    """So `ops/serve` needs no setting for signing in."""
    service = commands.serve()
    token = (commands.data / "token").read_text().strip()
    answer = send(service, "/sign-in", {"token": token, "return": "/rooms/new"})
    assert (answer.status, answer.headers["Location"]) == (303, "/rooms/new")
    assert str(answer.headers["Set-Cookie"]).startswith("rentomatic=")
