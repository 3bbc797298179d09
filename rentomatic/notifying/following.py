"""Follows the history of changes and queues what each change is to the saved searches."""

import logging
import time
from collections.abc import Sequence

from rentomatic.formats.notifications import Message
from rentomatic.notifying.matching import Matcher
from rentomatic.repository.errors import ChangesGoneError
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresnotifications import PostgresNotifications
from rentomatic.repository.results import ChangePage
from rentomatic.requests.room_changes import MAX_CHANGES, RoomChangesRequest, Start
from rentomatic.requests.room_changes_cursor import ChangePosition

logger = logging.getLogger(__name__)

# How often the progress is noted while nothing changes, so that others see that this runs.
_SIGN_OF_LIFE_SECONDS = 10
FIRST = "notifications begin now"
GONE = "some changes are no longer kept, or the database was restored"


class Follower:
    """Queues the messages of changes, each exactly once; for one thread."""

    def __init__(self, changes: PostgresChanges, queue: PostgresNotifications) -> None:
        self._changes = changes
        self._queue = queue
        self._digest: tuple[int, int] | None = None
        self._matcher = Matcher(())
        self._noted = -float(_SIGN_OF_LIFE_SECONDS)
        # How many changes to read: fewer while their messages do not fit into one step.
        self._most = MAX_CHANGES

    def step(self) -> bool:
        """Queue the messages of the next changes; return whether more changes are available."""
        position = self._queue.progress()
        if position is None:
            self._start_again(None, FIRST)
            return True
        try:
            page = self._changes.read_whole(RoomChangesRequest(position, self._most))
        except ChangesGoneError:
            self._start_again(position, GONE)
            return True
        if page.changes:
            # Not before the changes were read: a search that was saved earlier must get them.
            self._look_at_searches()
            messages, count = self._matcher.messages(page.changes)
            self._note(position, _end_of(page, count), messages)
            is_whole = count == len(page.changes)
            self._most = MAX_CHANGES if is_whole else 2 * count
            return not (is_whole and page.is_last)
        if time.monotonic() - self._noted >= _SIGN_OF_LIFE_SECONDS:
            self._note(position, position, ())
        return not page.is_last

    def _note(
        self, former: ChangePosition, position: ChangePosition, messages: Sequence[Message]
    ) -> None:
        self._queue.record(former, position, messages)
        self._noted = time.monotonic()

    def _start_again(self, former: ChangePosition | None, reason: str) -> None:
        now = self._changes.read_whole(RoomChangesRequest(Start.NOW)).next
        searches = self._queue.restart(former, now, reason)
        if searches:
            logger.warning("%s searches start again: %s", searches, reason)

    def _look_at_searches(self) -> None:
        digest = self._queue.digest()
        if digest != self._digest:
            self._matcher = Matcher(self._queue.searches())
            self._digest = digest


def _end_of(page: ChangePage, count: int) -> ChangePosition:
    """Return the position after the first changes of a page."""
    if count == len(page.changes):
        return page.next
    last = page.changes[count - 1]
    return ChangePosition(page.next.epoch, last.transaction, last.number, last.made_at)
