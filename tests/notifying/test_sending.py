"""Messages are signed by the specification, and what comes of each decides what is next."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from testbed.receivers import Answer, Receiver

from rentomatic.notifying.schedule import DELAYS, JITTER, delay_after
from rentomatic.notifying.sending import Sender
from rentomatic.reachable import PUBLIC
from rentomatic.sealing import Sealer, new_key
from tests.commands import CHECKOUT
from tests.notifying.conftest import LOOPBACK, SEALER, SECRET, delivery_to

Check = Callable[[str, dict[str, str], bytes], bool]


def manual() -> Check:
    """Return the function that the manual shows to receivers."""
    text = (CHECKOUT / "rentomatic/wsgi/README.md").read_text()
    (shown,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(shown, names)
    check: Check = names["is_genuine"]
    return check


def test_receivers_can_verify_messages(receiver: Receiver) -> None:
    """With the specification's library, and as the manual says; a changed message fails."""
    body = '{"type":"search.test","name":"Łódź"}'
    Sender(SEALER, LOOPBACK).send(delivery_to(receiver.url(), body=body))
    (received,) = receiver.received
    assert received.id == "msg_1"
    assert received.body.decode() == body
    assert received.headers["content-type"] == "application/json"
    Webhook(SECRET).verify(received.body, received.headers)
    is_genuine = manual()
    assert is_genuine(SECRET, received.headers, received.body)
    assert not is_genuine(SECRET, received.headers, received.body + b" ")
    assert not is_genuine("whsec_AAAA", received.headers, received.body)
    old = received.headers | {"webhook-timestamp": "1700000000"}
    assert not is_genuine(SECRET, old, received.body)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((500, {}), "it answered 500"),
        ((404, {}), "it answered 404"),
        ((307, {"Location": "/"}), "it answered 307, a redirect, which is not followed"),
        (None, "the connection failed: "),
    ],
    ids=["500", "404", "307", "closing"],
)
def test_a_failure_is_tried_again(receiver: Receiver, answer: Answer, failure: str) -> None:
    """After the first delay."""
    receiver.answer = lambda _: answer
    result = Sender(SEALER, LOOPBACK).send(delivery_to(receiver.url()))
    assert result.failure
    assert result.failure.startswith(failure)
    assert result.delay
    assert 5 <= result.delay.total_seconds() <= 6
    assert result.disabled_reason is None


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        *(("60", 60), ("0", 5), ("4", 5), ("36001", 36_000), ("999999999", 36_000)),
        *(("-1", 5), ("1.5", 5), ("soon", 5), ("Thu, 01 Jan 2026 00:00:00 GMT", 5), ("", 5)),
        *(("Fri, 01 Jan 2100 00:00:00 GMT", 36_000), ("Fri, 01 Jan 2100 00:00:00 -0000", 36_000)),
        *(("Fri, 99 Jan 2100 00:00:00 GMT", 5), ("9" * 30, 5)),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 5),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", 5),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 36_000),
    ],
)
def test_a_receiver_may_ask_for_time(receiver: Receiver, retry_after: str, seconds: int) -> None:
    """Up to the longest delay; what cannot be read changes nothing."""
    receiver.answer = lambda _: (503, {"Retry-After": retry_after})
    result = Sender(SEALER, LOOPBACK).send(delivery_to(receiver.url()))
    assert result.delay
    assert seconds <= result.delay.total_seconds() <= seconds * (1 + JITTER)


def test_any_2xx_is_a_success(receiver: Receiver) -> None:
    """Whatever else it says."""
    for status in (200, 202, 204, 299):
        receiver.answer = lambda _, status=status: (status, {})
        result = Sender(SEALER, LOOPBACK).send(delivery_to(receiver.url()))
        assert (result.outcome, result.failure, result.delay) == ("delivered", None, None)


def test_a_410_disables(receiver: Receiver) -> None:
    """At once, with the reason."""
    receiver.answer = lambda _: (410, {})
    result = Sender(SEALER, LOOPBACK).send(delivery_to(receiver.url()))
    assert result.outcome == "disabled"
    assert "answered 410" in (result.disabled_reason or "")


def test_three_days_of_failures_disable() -> None:
    """A little less does not; the reason is the last failure's."""
    now = datetime.now(UTC)
    for days, is_disabled in ((2.99, False), (3.01, True)):
        since = now - timedelta(days=days)
        delivery = delivery_to("https://127.0.0.1/", failing_since=since, attempts=9)
        result = Sender(SEALER, PUBLIC).send(delivery)
        assert (result.disabled_reason is not None) is is_disabled
        assert (result.delay is None) is is_disabled
    assert "three days; the last one: its host is not public" in (result.disabled_reason or "")


def test_delays_grow_to_ten_hours() -> None:
    """By the schedule, each a little longer by chance."""
    for attempts in range(10):
        least = DELAYS[min(attempts, len(DELAYS) - 1)]
        assert least <= delay_after(attempts).total_seconds() <= least * (1 + JITTER)
    assert (DELAYS[0], DELAYS[-1]) == (5, 36_000)
    assert len({delay_after(0) for _ in range(10)}) > 1


def test_a_secret_of_another_key_is_a_failure(receiver: Receiver) -> None:
    """Nothing is sent; the reason names no secret."""
    result = Sender(Sealer([new_key()]), LOOPBACK).send(delivery_to(receiver.url()))
    assert result.failure == "the secret was encrypted with another key"
    assert receiver.received == []


def test_secrets_are_in_no_representation(trusted: Path) -> None:
    """Of a key, a message, or what came of it."""
    delivery = delivery_to("https://127.0.0.1/private?key=hidden")
    result = Sender(SEALER, PUBLIC).send(delivery)
    shown = f"{SEALER!r} {delivery!r} {result!r} {Sender(SEALER, PUBLIC)!r}"
    for secret in (SEALER.keys[0], SECRET, delivery.secret, "hidden"):
        assert secret not in shown
