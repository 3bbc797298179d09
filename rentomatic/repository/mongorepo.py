"""Rooms in MongoDB: searches, imports and readiness; the rest of the service needs PostgreSQL."""

import logging
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from pymongo import ASCENDING, MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidName, OperationFailure

from rentomatic.domain.room import Room
from rentomatic.repository.interface import (
    SAVE_BATCH,
    RepositoryUnavailableError,
    SaveSummary,
    Schema,
    batches,
    begun,
)
from rentomatic.requests.room_fields import FIELDS, Operand
from rentomatic.requests.room_list import Filter, RoomListRequest

Document = dict[str, Any]

TIMEOUT_MILLISECONDS = 4_000

# Unauthorized, AuthenticationFailed, MaxTimeMSExpired; other failed operations are bugs.
_UNAVAILABLE_CODES = {13, 18, 50}

logger = logging.getLogger(__name__)


def connect(url: str, timeout_milliseconds: int = TIMEOUT_MILLISECONDS) -> Database[Document]:
    """Give the database that a URL names; nothing is sent to it before it is used.

    Raises:
        ValueError: for a URL that MongoDB's driver cannot read; the text does not quote it.
    """
    name = unquote(urlsplit(url).path.removeprefix("/"))
    try:
        client: MongoClient[Document] = MongoClient(
            url, timeoutMS=timeout_milliseconds, connect=False
        )
        return client[name]
    except (ConfigurationError, InvalidName) as error:
        msg = f"{type(error).__name__}, see MongoDB's connection strings"
        raise ValueError(msg) from None


class MongoRepo:
    """Keeps rooms in the collection `room`, where `_id` numbers them in the order of adding."""

    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._rooms = database["room"]

    def search(self, request: RoomListRequest) -> Iterable[Room]:
        """Find rooms; an unlimited search reads on while it is iterated."""
        found = self._find(request)
        return begun(found) if request.limit is None else list(found)

    def get(self, code: UUID) -> Room | None:
        """Find the room with this code."""
        with _translated():
            document = self._rooms.find_one({"code": str(code)})
        return _room(document) if document else None

    def save(self, rooms: Iterable[Room], *, dry_run: bool = False) -> SaveSummary:
        """Add or replace rooms.

        A MongoDB of one server has no transactions: what is to change is written beside the rooms
        first, and moved only when `rooms` has come to its end.
        """
        staged = self._database[f"room_staged_{uuid4().hex}"]
        with _translated():
            try:
                summary = self._stage(rooms, staged)
                if not dry_run:
                    self._apply(staged, summary.added)
            finally:
                staged.drop()
        return summary

    def remove(self, code: UUID) -> bool:
        """Remove the room with this code."""
        with _translated():
            return self._rooms.delete_one({"code": str(code)}).deleted_count == 1

    def version(self) -> None:
        """Promise nothing: other clients may write, and MongoDB numbers no snapshots for us."""

    def schema(self) -> Schema:
        """Say that there is nothing to migrate, if the server answers."""
        with _translated():
            self._database.command("ping")
        return Schema()

    def _find(self, request: RoomListRequest) -> Generator[Room, None, None]:
        with _translated():
            cursor = self._rooms.find(_query(request.filters)).sort("_id", ASCENDING)
            with cursor.limit(request.limit or 0) as documents:
                yield from map(_room, documents)

    def _stage(self, rooms: Iterable[Room], staged: Collection[Document]) -> SaveSummary:
        """Collect what is to change: new contents by code, with the `_id` of what they replace."""
        added = updated = unchanged = 0
        places = count()
        for batch in batches(rooms):
            codes = [str(room.code) for room in batch]
            before = {each["code"]: each for each in self._rooms.find({"code": {"$in": codes}})}
            before |= {each["code"]: each for each in staged.find({"_id": {"$in": codes}})}
            changes = []
            for room in batch:
                old = before.get(str(room.code))
                if old and _room(old) == room:
                    unchanged += 1
                    continue
                added += old is None
                updated += old is not None
                # A room that is staged already has a place; one that is stored has its number.
                place = old["place"] if old and "place" in old else next(places)
                stored = old.get("stored", old["_id"]) if old else None
                changes.append(
                    {"_id": str(room.code), "place": place, "stored": stored} | _document(room)
                )
            if changes:
                staged.delete_many({"_id": {"$in": [each["_id"] for each in changes]}})
                staged.insert_many(changes)
        return SaveSummary(added, updated, unchanged)

    def _apply(self, staged: Collection[Document], added: int) -> None:
        self._rooms.create_index("code", unique=True)
        for name in FIELDS.keys() - {"code"}:
            self._rooms.create_index(name)
        numbers = self._take_numbers(added)
        documents = iter(staged.find().sort("place", ASCENDING))
        while some := list(islice(documents, SAVE_BATCH)):
            new = []
            for each in some:
                room = {name: each[name] for name in FIELDS}
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


def _query(filters: tuple[Filter, ...]) -> Document:
    """Spell filters as MongoDB does; its operators have our names behind a dollar."""
    query: Document = {}
    for each in filters:
        query.setdefault(each.field, {})[f"${each.operator}"] = _stored(each.value)
    return query


def _stored(value: Operand) -> object:
    """Give what stands for a value in a document: a UUID is text, for whoever reads it there."""
    if isinstance(value, tuple):
        return [_stored(each) for each in value]
    return str(value) if isinstance(value, UUID) else value


def _document(room: Room) -> Document:
    return {name: _stored(getattr(room, name)) for name in FIELDS}


def _room(document: Document) -> Room:
    values = {name: document[name] for name in FIELDS}
    return Room(**values | {"code": UUID(document["code"])})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, OperationFailure) as error:
        if isinstance(error, OperationFailure) and error.code not in _UNAVAILABLE_CODES:
            raise
        # What follows describes every server that was tried.
        reason = " ".join(str(error).partition(", Timeout:")[0].split())
        logger.warning("the database cannot answer: %s", reason)
        raise RepositoryUnavailableError(reason) from error
