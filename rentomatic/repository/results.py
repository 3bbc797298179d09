"""What repositories return."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rentomatic.domain.room import Room
from rentomatic.domain.room_change import RoomChange
from rentomatic.domain.room_map import Cell
from rentomatic.domain.room_summary import RoomSummary
from rentomatic.requests.room_changes_cursor import ChangePosition
from rentomatic.requests.room_order import Position


@dataclass(frozen=True, slots=True)
class SaveSummary:
    """How many rooms a save added, updated and left unchanged."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "SaveSummary") -> "SaveSummary":
        return SaveSummary(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class Schema:
    """How the store's schema differs from the one that this release ships.

    Attributes:
        missing: migrations of this release that the store lacks; if there are any, it cannot serve.
        newer: migrations of the store that this release does not know, as during a deploy.
        latest: the last migration of the store; None if it needs no migrations.
        read_only: why the store accepts no writes, and what would be right; empty if it does.
    """

    missing: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    latest: str | None = None
    read_only: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The number of rooms on all pages of a search: exact if counted, otherwise estimated."""

    count: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The result of a search.

    Attributes:
        rooms: the rooms of the page. An unlimited search returns an iterator that reads in constant
            memory and must be closed if it is not exhausted.
        next: the position after which the next page begins; None on the last page.
        total: the number of rooms on all pages, if the request asks for it.
        version: the data version that the page shows, as `RoomRepository.version` returns it.
    """

    rooms: Iterable[Room]
    next: Position | None = None
    total: Total | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Summarized:
    """A summary of a search.

    Attributes:
        summary: the summary.
        version: the data version that it shows, as `RoomRepository.version` returns it.
        is_exact: whether all rooms were counted. Otherwise the counts, quartiles and means are
            estimated from a sample, and greater and smaller amounts, other cities and rooms outside
            the box may exist.
    """

    summary: RoomSummary
    version: str | None = None
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Mapped:
    """A map of a search.

    Attributes:
        cells: those that have rooms, from north to south, and in a row from west to east.
        is_exact: whether all rooms were counted. Otherwise the counts are estimated from a sample,
            cells with few rooms may be missing, and cheaper rooms may exist.
        version: the data version that it shows, as `RoomRepository.version` returns it.
    """

    cells: tuple[Cell, ...]
    is_exact: bool = True
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of the history.

    Attributes:
        changes: in the order in which to apply them.
        next: the position after which the next page begins; there always is one.
        is_last: whether there are currently no more changes.
    """

    changes: Sequence[RoomChange]
    next: ChangePosition
    is_last: bool


# What a replica is: in use; its server away; its data too old; or its server the primary by now.
USED, AWAY, TOO_OLD, PRIMARY = "used", "away", "too old", "primary"


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """A replica, as it is now.

    Attributes:
        number: its place in RENTOMATIC_READ_DATABASE_URL, from 1.
        state: USED, AWAY, TOO_OLD or PRIMARY.
        age: of its data at most, in seconds; None if unknown.
        problem: why it is passed over, for logs and operators; empty if it is used.
    """

    number: int
    state: str
    age: float | None = None
    problem: str = ""
