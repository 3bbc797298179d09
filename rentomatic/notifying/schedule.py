"""When a message that was not accepted is sent again (the schedule of Standard Webhooks)."""

import random
from datetime import datetime, timedelta

from rentomatic.repository.postgresnotifications import Delivery

_HOUR = 3_600
# Seconds after each failed attempt; the last one repeats.
DELAYS = (5, 300, 1_800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR)
# Each is longer by a random part of up to this, so that retries do not come at the same time.
JITTER = 0.2
GIVE_UP = timedelta(days=3)


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after so many earlier attempts and one more."""
    seconds = DELAYS[min(attempts, len(DELAYS) - 1)]
    return timedelta(seconds=seconds * random.uniform(1, 1 + JITTER))  # noqa: S311 - no secret


def is_given_up(delivery: Delivery, now: datetime) -> bool:
    """Return whether a search has failed for so long that another failure disables it."""
    return delivery.failing_since is not None and now - delivery.failing_since >= GIVE_UP
