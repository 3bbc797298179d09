"""What a change of a room is to each saved search, and the messages that say so."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rentomatic.domain.room_change import ChangeKind, RoomChange
from rentomatic.formats.notifications import (
    MAX_CHANGES,
    Event,
    EventKind,
    Message,
    changes_message,
)
from rentomatic.notifying.index import SearchIndex
from rentomatic.repository.postgresnotifications import WatchedSearch
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.wsgi.arguments import read_selection

logger = logging.getLogger(__name__)

# An import can change many rooms that many searches find: the messages about all of them might not
# fit into memory.
MAX_EVENTS = 2_000


class Matcher:
    """Finds what changes are to searches."""

    def __init__(self, searches: Iterable[WatchedSearch]) -> None:
        self._index = SearchIndex(_readable(searches))

    def messages(self, changes: Sequence[RoomChange]) -> tuple[list[Message], int]:
        """Return the messages about the first changes, and how many changes these are.

        They are as many as make MAX_EVENTS events together. The messages of a search are in order.
        """
        found: dict[WatchedSearch, list[Event]] = defaultdict(list)
        events = read = 0
        while read < len(changes) and events < MAX_EVENTS:
            change = changes[read]
            for search, kind in self.events(change):
                found[search].append((kind, change))
                events += 1
            read += 1
        messages = [
            changes_message(search.id, search.name, part)
            for search, its_events in found.items()
            for part in _parts(its_events)
        ]
        return messages, read

    def events(self, change: RoomChange) -> Iterator[tuple[WatchedSearch, EventKind]]:
        """Yield the searches that a change concerns, and what it is to each of them."""
        before = set(self._index.matching(change.former)) if change.former else set()
        after = set(self._index.matching(change.room)) if change.room else set()
        for search in before | after:
            if change.transaction >= search.since:
                yield search, _kind(change, is_before=search in before, is_after=search in after)


def _kind(change: RoomChange, *, is_before: bool, is_after: bool) -> EventKind:
    match change.kind:
        case ChangeKind.ADDED:
            return EventKind.ADDED
        case ChangeKind.REMOVED:
            return EventKind.REMOVED
    if not is_after:
        return EventKind.LEFT
    # An older release has recorded the change, but not what the room was before.
    is_known = change.former is not None
    return EventKind.ENTERED if is_known and not is_before else EventKind.CHANGED


def _readable(
    searches: Iterable[WatchedSearch],
) -> Iterator[tuple[WatchedSearch, RoomSelection]]:
    for search in searches:
        selection = read_selection(search.query)
        if isinstance(selection, RoomSelection):
            yield search, selection
        else:
            logger.error("search %s: this release cannot read its query", search.id)


def _parts(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    remaining = iter(events)
    while part := list(islice(remaining, MAX_CHANGES)):
        yield part
