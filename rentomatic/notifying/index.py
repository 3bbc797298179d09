"""Which of many saved searches may find a room, without comparing the room with each of them.

Each search is filed under one condition that few rooms meet: a value, a small box, a city, a word,
or a range of prices. A room is compared only with the searches that are filed under what it has.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor, log2
from typing import Generic, TypeVar

from rentomatic.domain.geography import Box, box_around
from rentomatic.domain.room import FIELDS, MAX_PRICE, SEARCHED, Room
from rentomatic.domain.words import terms_of, words_of
from rentomatic.repository.selection import passes
from rentomatic.requests.room_conditions import Filter
from rentomatic.requests.room_selection import RoomSelection

T = TypeVar("T")

# A value of the index under which searches are filed.
Place = tuple[object, ...]

# Fields whose equality few rooms share, and another that many do.
_RARE = ("code", "reference", "url", "title")
_CITY = "city"
# The sides of the cells of the grids, in degrees: a box is in at most four cells of the grid whose
# cells are just larger than the box.
_SIDES = tuple(360 / 2**level for level in range(14))
# Boxes that are larger do not say much.
_SMALL_DEGREES = 6.0
# Words are filed under their beginnings.
_BEGINNING = 3
# Prices per band: each is wider by half than the one below it.
_BANDS_PER_OCTAVE = 2
_LAST_BAND = floor(log2(MAX_PRICE + 1) * _BANDS_PER_OCTAVE)


@dataclass(frozen=True, slots=True)
class Filed(Generic[T]):
    """A search.

    Attributes:
        item: what it stands for.
    """

    item: T
    selection: RoomSelection


class SearchIndex(Generic[T]):
    """Finds the searches that a room belongs to."""

    def __init__(self, searches: Iterable[tuple[T, RoomSelection]]) -> None:
        self._filed: dict[Place, list[Filed[T]]] = defaultdict(list)
        for item, selection in searches:
            filed = Filed(item, selection)
            for place in places_of(selection):
                self._filed[place].append(filed)
        # What no search is filed under is not looked at.
        kinds = {place[0] for place in self._filed if place}
        self._sides = [each for each in _SIDES if each in kinds]
        self._names = [each for each in (*_RARE, _CITY) if each in kinds]
        self._has_words = "word" in kinds

    def candidates(self, room: Room) -> Iterator[Filed[T]]:
        """Yield the searches that may find a room, each once."""
        for place in self._places(room):
            yield from self._filed.get(place, ())

    def matching(self, room: Room) -> Iterator[T]:
        """Yield the searches that find a room."""
        for filed in self.candidates(room):
            if passes(room, filed.selection):
                yield filed.item

    def _places(self, room: Room) -> Iterator[Place]:
        """Yield the places under which searches that find a room may be filed."""
        yield ()
        yield ("band", _band(room.price))
        for side in self._sides:
            yield (side, floor(room.longitude / side), floor(room.latitude / side))
        for name in self._names:
            value = getattr(room, name)
            if value is not None:
                yield (name, FIELDS[name].kind.compared(value))
        if self._has_words:
            texts = (getattr(room, name) or "" for name in SEARCHED)
            yield from {("word", each) for text in texts for each in _beginnings(text)}


def places_of(selection: RoomSelection) -> Iterable[Place]:
    """Return the places under which a search is filed; each room that it finds has one of them.

    No room has two of them, so that none is compared with the search twice.
    """
    values = {each.field: each for each in selection.filters if each.operator in {"eq", "in"}}
    for name in _RARE:
        if name in values:
            return _places_of_values(values[name])
    boxes = _boxes_of(selection)
    size = max((max(box.width, box.height) for box in boxes), default=360.0)
    if size <= _SMALL_DEGREES:
        return _cells(boxes, size)
    if _CITY in values:
        return _places_of_values(values[_CITY])
    if selection.words:
        return [("word", _beginning_of(max(selection.words, key=len)))]
    return _bands(selection)


def _places_of_values(each: Filter) -> Iterable[Place]:
    values = each.value if isinstance(each.value, tuple) else (each.value,)
    return {(each.field, value) for value in values}


def _boxes_of(selection: RoomSelection) -> list[Box]:
    """Return the boxes of which the rooms of a search are in one; none if they are anywhere."""
    box, near = selection.bbox, selection.near
    if box is None and near and near.radius is not None:
        box = box_around(near.longitude, near.latitude, near.radius)
    if box is None:
        return []
    box = box.across
    if not box.crosses_antimeridian:
        return [box]
    return [Box(box.west, box.south, 180.0, box.north), Box(-180.0, box.south, box.east, box.north)]


def _cells(boxes: Iterable[Box], size: float) -> set[Place]:
    side = min(each for each in _SIDES if each >= size)
    return {
        (side, x, y)
        for box in boxes
        for x in range(floor(box.west / side), floor(box.east / side) + 1)
        for y in range(floor(box.south / side), floor(box.north / side) + 1)
    }


def _bands(selection: RoomSelection) -> Iterable[Place]:
    """Return the bands of a range of prices; the empty place if all prices are in it."""
    least, most = 0, MAX_PRICE
    for each in selection.filters:
        if each.field == "price" and isinstance(each.value, int):
            if each.operator in {"gt", "gte", "eq"}:
                least = max(least, each.value)
            if each.operator in {"lt", "lte", "eq"}:
                most = min(most, each.value)
    first, last = _band(min(least, MAX_PRICE)), _band(max(most, 0))
    if (first, last) == (0, _LAST_BAND):
        return [()]
    return [("band", band) for band in range(first, last + 1)]


def _band(price: int) -> int:
    return floor(log2(price + 1) * _BANDS_PER_OCTAVE)


def _beginnings(text: str) -> Iterator[str]:
    """Yield under what the words of a search that finds a text may be filed."""
    for word in words_of(text):
        # Words in Han and kana may begin at any of their characters.
        yield from word
        for term, _ in terms_of(word):
            yield from (term[:length] for length in range(2, _BEGINNING + 1))


def _beginning_of(word: str) -> str:
    return max((term for term, _ in terms_of(word)), key=len)[:_BEGINNING]
