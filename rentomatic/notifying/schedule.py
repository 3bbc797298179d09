"""When a message that was not accepted is sent again (the schedule of Standard Webhooks)."""

import random
import re
from datetime import UTC, datetime, timedelta

from rentomatic.http_date import read_http_date
from rentomatic.repository.postgresnotifications import Delivery

_HOUR = 3_600
# Seconds after each failed attempt; the last one repeats.
DELAYS = (5, 300, 1_800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR)
# Each is longer by a random part of up to this, so that retries do not come at the same time.
JITTER = 0.2
GIVE_UP = timedelta(days=3)
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def delay_after(attempts: int, least: timedelta = timedelta()) -> timedelta:
    """Return how long to wait after so many earlier attempts and one more.

    `least` is what the receiver asked for; it gets at most the longest delay.
    """
    usual = timedelta(seconds=DELAYS[min(attempts, len(DELAYS) - 1)])
    wanted = max(usual, min(least, timedelta(seconds=DELAYS[-1])))
    return wanted * random.uniform(1, 1 + JITTER)  # noqa: S311 - no secret


def read_retry_after(text: str | None, now: datetime) -> timedelta:
    """Read Retry-After, seconds or a date (RFC 9110, section 10.2.3); anything else is no delay."""
    if text is None:
        return timedelta()
    if _SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    date = read_http_date(text)
    return date.replace(tzinfo=date.tzinfo or UTC) - now if date else timedelta()


def is_given_up(delivery: Delivery, now: datetime) -> bool:
    """Return whether a search has failed for so long that another failure disables it."""
    return delivery.failing_since is not None and now - delivery.failing_since >= GIVE_UP
