"""Rooms in MongoDB: searches, imports and readiness; the rest of the service needs PostgreSQL."""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from itertools import count, islice
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from pymongo import ASCENDING, DESCENDING, MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidName,
    OperationFailure,
)

from rentomatic.domain.geography import Box, box_around
from rentomatic.domain.kinds import Text
from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS, Room
from rentomatic.domain.room_map import cells_of
from rentomatic.repository.batches import SAVE_BATCH, batches, started
from rentomatic.repository.errors import (
    CommitInterruptedError,
    RepositoryTimeoutError,
    RepositoryUnavailableError,
)
from rentomatic.repository.results import Mapped, Page, SaveSummary, Schema, Summarized, Total
from rentomatic.repository.selection import Entry, ordered, page_of, passes, summary_of
from rentomatic.requests.room_conditions import ALWAYS, AllOf, Condition, Filter, filters_in
from rentomatic.requests.room_fields import DISTANCE, NULL, PATTERNS, Operand, Value
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_map import RoomMapRequest
from rentomatic.requests.room_order import ADDED, Order, Position
from rentomatic.requests.room_selection import RoomSelection
from rentomatic.requests.room_similar import RoomSimilarRequest
from rentomatic.requests.room_summary import RoomSummaryRequest

Document = dict[str, Any]


# How to read the values that documents have as text.
_READ: Mapping[type, Callable[[str], object]] = {UUID: UUID, date: date.fromisoformat}
_READ_FIELDS = {name for name, field in FIELDS.items() if field.kind.type in _READ}

# Fields without operators need no index.
_NOT_COMPARED = {name for name, field in FIELDS.items() if not field.kind.operators}

# Sort keys with another name in documents.
_KEYS = {ADDED: "_id"}

TIMEOUT_MILLISECONDS = 4_000

# Unauthorized, AuthenticationFailed, MaxTimeMSExpired; other failed operations are bugs.
_TOOK_TOO_LONG = 50
_UNAVAILABLE_CODES = {13, 18, _TOOK_TOO_LONG}

logger = logging.getLogger(__name__)


def connect(url: str, timeout_milliseconds: int = TIMEOUT_MILLISECONDS) -> Database[Document]:
    """Return the database that a URL names; nothing is sent before it is used.

    Raises:
        ValueError: for a URL that MongoDB's driver cannot parse; the text does not quote it.
    """
    name = unquote(urlsplit(url).path.removeprefix("/"))
    try:
        client: MongoClient[Document] = MongoClient(
            url, timeoutMS=timeout_milliseconds, connect=False
        )
        return client[name]
    except (ConfigurationError, InvalidName) as error:
        raise ValueError(f"{type(error).__name__}, see MongoDB's connection strings") from None


class MongoRepo:
    """Stores rooms in the collection `room`, where `_id` numbers them in the order of insertion."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._rooms = database["room"]

    def search(self, request: RoomListRequest) -> Page:
        """Find rooms; an unlimited search reads while it is iterated.

        Distances are compared and sorted here, not by the server: that reads all rooms in the box
        around the circle into memory.
        """
        with _translated():
            total = Total(self._count(request), is_exact=True) if request.count else None
        found = self._measured(request) if _is_ordered_here(request) else self._find(request)
        if request.limit is None:
            return Page(started(room for _, room in found), None, total)
        return page_of(list(found), request, total, None)

    def summarize(self, request: RoomSummaryRequest) -> Summarized:
        """Summarize rooms; all rooms that affect the result are read into memory."""
        return Summarized(summary_of(request, self._selected))

    def count_some(self, selection: RoomSelection, most: int) -> Total:
        """Count rooms, but no more than this many."""
        with closing(self._selected(selection)) as selected:
            return Total(sum(1 for _ in islice(selected, most)), is_exact=True)

    def map_rooms(self, request: RoomMapRequest) -> Mapped:
        """Count rooms in the cells of a grid; all selected rooms are read into memory."""
        return Mapped(cells_of(self._selected(request), request.grid))

    def most_similar(self, request: RoomSimilarRequest, room: Room) -> None:
        """Return None: there is no index of places."""

    def times(self, codes: Iterable[UUID]) -> None:
        """Return None: other clients may write without recording times."""

    def fallen(self, selection: RoomSelection, limit: int) -> list[Room]:
        """Return no room: former prices are not recorded."""
        del selection, limit
        return []

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        with _translated():
            document = self._rooms.find_one({"code": str(code)})
        return _room(document) if document else None

    def existing(self, codes: Iterable[UUID]) -> set[UUID]:
        """Return which of these codes exist."""
        with _translated():
            found = self._rooms.find({"code": {"$in": [str(code) for code in codes]}}, {"code": 1})
            return {UUID(each["code"]) for each in found}

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms.

        A standalone MongoDB server has no transactions: changes are first written to another
        collection, and moved once `rooms` is exhausted.
        """
        staged = self._database[f"room_staged_{uuid4().hex}"]
        with _translated():
            try:
                summary = self._stage(rooms, staged)
                if not dry_run:
                    self._move(staged, summary.added)
            finally:
                staged.drop()
        return summary

    def add(self, room: Room) -> bool:
        """Add a room, unless its code exists."""
        with _translated():
            self._rooms.create_index("code", unique=True)
            (number,) = self._take_numbers(1)
            try:
                self._rooms.insert_one({"_id": number} | _document(room))
            except DuplicateKeyError:
                return False
        return True

    def put(self, room: Room) -> bool:
        """Add or replace a room."""
        return bool(self.save([room]).added)

    def update(
        self, code: UUID, values: Mapping[str, Value], expected: Room | None = None
    ) -> Room | None:
        """Change some fields of the room with this code."""
        if not values:
            room = self.get(code)
            return room if expected in {None, room} else None
        with _translated():
            document = self._rooms.find_one_and_update(
                _one(code, expected),
                {"$set": {name: _stored(value) for name, value in values.items()}},
                return_document=ReturnDocument.AFTER,
            )
        return _room(document) if document else None

    def remove(self, code: UUID, expected: Room | None = None) -> bool:
        """Remove the room with this code."""
        with _translated():
            return self._rooms.delete_one(_one(code, expected)).deleted_count == 1

    def version(self) -> None:
        """Return None: other clients may write, and MongoDB does not number its snapshots."""

    def acting_as(self, actor: str) -> "MongoRepo":
        """Return this repository: it has no history."""
        del actor
        return self

    def schema(self) -> Schema:
        """Return an empty comparison if the server answers: there is nothing to migrate."""
        with _translated():
            self._database.command("ping")
        return Schema()

    def _find(self, request: RoomListRequest) -> Generator[Entry, None, None]:
        """Find rooms in an order that the server supports."""
        query = _query(request)
        if request.after is not None:
            query["$and"] = [*query.get("$and", ()), _behind(request.after, request.order)]
        keys = [
            (_KEYS.get(key.name, key.name), DESCENDING if key.descending else ASCENDING)
            for key in request.order
        ]
        limit = 0 if request.limit is None else request.limit + 1
        with _translated(), self._rooms.find(query).sort(keys).limit(limit) as documents:
            yield from map(_entry, documents)

    def _measured(self, request: RoomListRequest) -> Generator[Entry, None, None]:
        """Find rooms with the filters that the server supports; filter and sort the rest here."""
        with _translated(), self._rooms.find(_query(request)) as documents:
            found = [each for each in map(_entry, documents) if passes(each[1], request)]
        yield from ordered(found, request)

    def _selected(self, selection: RoomSelection) -> Generator[Room, None, None]:
        with _translated(), self._rooms.find(_query(selection)) as documents:
            yield from (room for _, room in map(_entry, documents) if passes(room, selection))

    def _count(self, selection: RoomSelection) -> int:
        if _is_selected_here(selection):
            return sum(1 for _ in self._selected(selection))
        return self._rooms.count_documents(_query(selection))

    def _stage(self, rooms: Iterable[Room], staged: Collection[Document]) -> SaveSummary:
        """Collect the changes: new documents by code, with the `_id` of those they replace."""
        added = updated = unchanged = 0
        places = count()
        for batch in batches(rooms):
            codes = [str(room.code) for room in batch]
            before = {each["code"]: each for each in self._rooms.find({"code": {"$in": codes}})}
            before |= {each["code"]: each for each in staged.find({"_id": {"$in": codes}})}
            changes = []
            for each in batch:
                old = before.get(str(each.code))
                room = each.completed(_room(old) if old else None)
                if old and _room(old) == room:
                    unchanged += 1
                    continue
                added += old is None
                updated += old is not None
                # A staged room already has a place; a stored one has its number.
                place = old["place"] if old and "place" in old else next(places)
                stored = old.get("stored", old["_id"]) if old else None
                changes.append(
                    {"_id": str(room.code), "place": place, "stored": stored} | _document(room)
                )
            if changes:
                staged.delete_many({"_id": {"$in": [each["_id"] for each in changes]}})
                staged.insert_many(changes)
        return SaveSummary(added, updated, unchanged)

    def _move(self, staged: Collection[Document], added: int) -> None:
        try:
            self._apply(staged, added)
        except KeyboardInterrupt:
            raise CommitInterruptedError from None

    def _apply(self, staged: Collection[Document], added: int) -> None:
        self._rooms.create_index("code", unique=True)
        for name in FIELDS.keys() - {"code", *_NOT_COMPARED}:
            self._rooms.create_index(name)
        numbers = self._take_numbers(added)
        documents = iter(staged.find().sort("place", ASCENDING))
        while some := list(islice(documents, SAVE_BATCH)):
            new = []
            for each in some:
                room = {name: each[name] for name in FIELDS if name in each}
                if each["stored"] is None:
                    new.append({"_id": next(numbers)} | room)
                else:
                    self._rooms.replace_one({"_id": each["stored"]}, room)
            if new:
                self._rooms.insert_many(new)

    def _take_numbers(self, amount: int) -> Iterator[int]:
        counter = self._database["counter"].find_one_and_update(
            {"_id": "room"},
            {"$inc": {"last": amount}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert counter is not None  # an upsert always leaves one
        return iter(range(counter["last"] - amount + 1, counter["last"] + 1))


def _query(selection: RoomSelection) -> Document:
    """Return what the server can filter by; its operators have our names after a dollar sign."""
    conditions = [_met(each) for each in selection.filters if not _is_compared_here(each)]
    near = selection.near
    if selection.condition and not any(map(_is_compared_here, filters_in(selection.condition))):
        conditions.append(_met(selection.condition))
    if selection.bbox:
        conditions.append(_within(selection.bbox))
    if near and near.radius is not None:
        conditions.append(_within(box_around(near.longitude, near.latitude, near.radius)))
    return {"$and": conditions} if conditions else {}


def _met(condition: Condition) -> Document:
    """Translate a condition; MongoDB has no empty `$and` and `$or`."""
    if isinstance(condition, Filter):
        return {"$and": [{condition.field: each} for each in _conditions(condition)]}
    parts = [_met(part) for part in condition.parts]
    if isinstance(condition, AllOf):
        return {"$and": parts} if parts else {}
    return {"$or": parts} if parts else {"_id": {"$in": []}}


def _conditions(each: Filter) -> Iterator[Document]:
    """Translate a filter; a missing value only passes `null`, although `$ne` would match it."""
    if each.operator == NULL:
        yield {"$eq" if each.value else "$ne": None}
        return
    yield {f"${each.operator}": _stored(each.value)}
    if each.field in OPTIONAL_FIELDS:
        yield {"$ne": None}


def _within(whole: Box) -> Document:
    box = whole.across
    west, east = {"longitude": {"$gte": box.west}}, {"longitude": {"$lte": box.east}}
    across = {"$or": [west, east]} if box.crosses_antimeridian else {"$and": [west, east]}
    return {"latitude": {"$gte": box.south, "$lte": box.north}, **across}


def _behind(position: Position, order: Order) -> Document:
    """Select rooms after a position: beyond it in one key, and equal in all keys before that."""
    alternatives = []
    equal: Document = {}
    for key, value in zip(order, position, strict=True):
        name = _KEYS.get(key.name, key.name)
        beyond = {"$lt" if key.descending else "$gt": _stored(value)}
        alternatives.append(equal | {name: beyond})
        equal |= {name: _stored(value)}
    return {"$or": alternatives}


def _is_ordered_here(request: RoomListRequest) -> bool:
    """Return whether the server cannot filter or sort: by distance, or with missing values last."""
    names = {key.name for key in request.order}
    return _is_selected_here(request) or bool(names & {DISTANCE, *OPTIONAL_FIELDS})


def _is_selected_here(selection: RoomSelection) -> bool:
    """Return whether rooms are filtered here: by distance, words, patterns, or folded text."""
    near = selection.near
    is_bounded = near and (near.radius is not None or near.radius_min is not None)
    filters = filters_in(AllOf((*selection.filters, selection.condition or ALWAYS)))
    return bool(is_bounded or selection.words) or any(map(_is_compared_here, filters))


def _is_compared_here(each: Filter) -> bool:
    kind = FIELDS[each.field].kind
    is_folded = isinstance(kind, Text) and kind.is_folded and each.operator != NULL
    return is_folded or each.operator in PATTERNS


def _stored(value: Operand | None) -> object:
    """Return a value as documents contain it: a UUID or date as text, which people can read."""
    if isinstance(value, tuple):
        return [_stored(each) for each in value]
    return str(value) if isinstance(value, UUID | date) else value


def _one(code: UUID, expected: Room | None) -> Document:
    """Select the room with a code, unless it differs from the expected one."""
    if expected is None:
        return {"code": str(code)}
    # A missing field equals None.
    return {name: _stored(getattr(expected, name)) for name in FIELDS}


def _document(room: Room) -> Document:
    """Return a document with the fields that a room has."""
    return {name: _stored(value) for name, value in room.to_dict().items()}


def _entry(document: Document) -> Entry:
    return document["_id"], _room(document)


def _room(document: Document) -> Room:
    values = {name: document[name] for name in FIELDS if document.get(name) is not None}
    for name in _READ_FIELDS & values.keys():
        values[name] = _READ[FIELDS[name].kind.type](values[name])
    return Room.from_dict(values)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code not in _UNAVAILABLE_CODES:
            raise
        # The rest describes every server that was tried.
        reason = " ".join(str(error).partition(", Timeout:")[0].split())
        logger.warning("the database cannot answer: %s", reason)
        if isinstance(error, OperationFailure) and error.code == _TOOK_TOO_LONG:
            raise RepositoryTimeoutError(reason) from error
        raise RepositoryUnavailableError(reason) from error
