"""The room, the only entity of the service, and the table of its fields."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Annotated, Any, Self, get_args, get_type_hints
from uuid import UUID

from rentomatic.domain.compiled import compile_function
from rentomatic.domain.kinds import (
    Address,
    Date,
    Degrees,
    Identity,
    Integer,
    Kind,
    Text,
)
from rentomatic.domain.rent import WHOLE_UNITS
from rentomatic.domain.units import SQUARE_FEET, Unit

# The limits of the columns: `size` is an integer; `price` is a bigint, limited to the integers that
# every JSON reader represents exactly (RFC 8259, section 6).
MAX_SIZE = 2**31 - 1
MAX_PRICE = 2**53 - 1
MAX_LONGITUDE = 180
MAX_LATITUDE = 90

# The fields that say where a room is, in the order of GeoJSON (RFC 7946, section 3.1.1).
COORDINATES = ("longitude", "latitude")

# The texts that a search for words reads.
SEARCHED = ("title", "city", "description")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the room.

    Attributes:
        kind: the values that it may have.
        help: what it is, with its unit.
        aliases: other names for its column in imported files, in order of preference.
        units: other units in which files may have it.
        name: its name everywhere.
        is_optional: whether a room may lack it; its value is then None.
    """

    kind: Kind
    help: str
    aliases: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    name: str = ""
    is_optional: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """The names of the operators that filters may use."""
        return (*self.kind.operators, *(("null",) if self.is_optional else ()))

    @property
    def names(self) -> tuple[str, ...]:
        """All names that its column in an imported file may have, its own first."""
        return (self.name, *self.aliases)

    @property
    def is_identity(self) -> bool:
        """Whether its values differ from room to room."""
        return isinstance(self.kind, Identity)

    def problem(self, value: object) -> str | None:
        """Say what the value must be, if it is not valid."""
        if value is None and self.is_optional:
            return None
        return self.kind.problem(value)


class InvalidRoomError(ValueError):
    """Values that do not make a room.

    Attributes:
        problems: what each invalid field must be.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field} {problem}" for field, problem in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Room:
    """A room for rent.

    Its annotations define the table FIELDS, which everything else reads. An optional field has the
    annotation `TYPE | None` and the default None. The optional fields have the meaning of these
    properties of schema.org's Accommodation and Offer: name, description, url, image, address (its
    locality), numberOfBedrooms, availabilityStarts, identifier.

    Raises:
        InvalidRoomError: for invalid values; it reports all of them.
    """

    code: Annotated[UUID, Field(Identity(), "identity, a UUID", aliases=("id",))]
    size: Annotated[
        int,
        Field(
            Integer(1, MAX_SIZE),
            "floor area in square metres",
            aliases=("squareMeters", "square_feet", "sqft", "area"),
            units=(SQUARE_FEET,),
        ),
    ]
    price: Annotated[int, Field(Integer(0, MAX_PRICE), WHOLE_UNITS)]
    longitude: Annotated[
        float, Field(Degrees(MAX_LONGITUDE), "degrees east of Greenwich", aliases=("lon", "lng"))
    ]
    latitude: Annotated[
        float, Field(Degrees(MAX_LATITUDE), "degrees north of the equator", aliases=("lat",))
    ]
    title: Annotated[
        str | None, Field(Text(200), "what the offer is called", aliases=("name", "ld_name"))
    ] = None
    description: Annotated[
        str | None,
        Field(
            Text(5_000, operators=(), is_sorted=False, has_lines=True),
            "what the room is like",
            aliases=("overview", "posting_body"),
        ),
    ] = None
    url: Annotated[
        str | None,
        Field(
            Address(("https", "http")),
            "the company's own page of the offer",
            aliases=("link", "detail_url", "source_url", "listing_url"),
        ),
    ] = None
    image: Annotated[
        str | None,
        Field(
            Address(("https",), operators=(), may_be_picture=True),
            "a picture",
            aliases=("thumbnail", "picture_url", "ld_image"),
        ),
    ] = None
    city: Annotated[
        str | None,
        Field(
            Text(100, is_folded=True),
            "city or other place",
            aliases=("town", "municipality", "neighbourhood_cleansed", "neighbourhood"),
        ),
    ] = None
    bedrooms: Annotated[int | None, Field(Integer(0, 99), "number of bedrooms")] = None
    available_from: Annotated[
        date | None,
        Field(Date(), "the first day on which it is free", ("availability_date", "available")),
    ] = None
    reference: Annotated[
        str | None,
        Field(
            Text(100, operators=("eq", "in"), is_sorted=False),
            "the company's own identity of the room",
        ),
    ] = None

    def __post_init__(self) -> None:
        problems = {
            name: problem
            for name, field in FIELDS.items()
            if (problem := field.problem(getattr(self, name)))
        }
        if problems:
            raise InvalidRoomError(problems)
        for name in TEXTS:
            if (text := getattr(self, name)) is not None:
                object.__setattr__(self, name, FIELDS[name].kind.normal(text))

    @classmethod
    def trusted(cls, values: Sequence[Any]) -> Self:
        """Make a room from field values, in order, that a store has already validated."""
        room: Self = _fill(object.__new__(cls), *values)
        return room

    @staticmethod
    def trusted_many(rows: Iterable[Sequence[Any]]) -> "list[Room]":
        """Make rooms from rows that each end with such values."""
        rooms: list[Room] = _fill_many(rows)
        return rooms

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a room from a mapping of its fields."""
        return cls(**values)

    # A method takes twice as long, and this is read for every room that is written.
    place = property(attrgetter(*COORDINATES), doc="Its coordinates, in the order of COORDINATES.")

    @property
    def keeps(self) -> frozenset[str]:
        """The optional fields that stay as stored: none, if the room is complete."""
        return frozenset()

    def completed(self, stored: "Room | None") -> "Room":
        """Return the room, with the fields that it keeps taken from the stored room."""
        del stored
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that the room has as a mapping; `from_dict` is the inverse."""
        values = {name: getattr(self, name) for name in Room.__slots__}
        return {name: value for name, value in values.items() if value is not None}


# The order of the book's serializer, which all formats use; the entity's order differs.
_BOOK_ORDER = ("code", "size", "price", "latitude", "longitude")


def _read_table() -> Mapping[str, Field]:
    table = {}
    for name, hint in get_type_hints(Room, include_extras=True).items():
        if name in Room.__slots__:
            value, described = get_args(hint)
            is_optional = type(None) in get_args(value)
            table[name] = replace(described, name=name, is_optional=is_optional)
    return {name: table[name] for name in dict.fromkeys((*_BOOK_ORDER, *table))}


# The table of fields, in the order in which they are shown.
FIELDS: Mapping[str, Field] = _read_table()

OPTIONAL_FIELDS = tuple(name for name, field in FIELDS.items() if field.is_optional)

# The fields whose values can be written in several ways; a room has the normal form.
TEXTS = tuple(name for name, field in FIELDS.items() if field.kind.type is str)

# A loop over the slots takes 1.6 times as long, and this runs for every row that is read.
_fill = compile_function(
    f"room, {', '.join(f'{name}=None' for name in Room.__slots__)}",
    [*(f"set_{name}(room, {name})" for name in Room.__slots__), "return room"],
    **{f"set_{name}": Room.__dict__[name].__set__ for name in Room.__slots__},
)


class _Unfrozen:
    """What a room is until all its fields are set: setting those of a room takes twice as long."""

    __slots__ = Room.__slots__


# For many rows: a call for each of them takes 2.3 times as long.
_fill_many = compile_function(
    "rows",
    [
        "rooms = []",
        "for row in rows:",
        "    room = make()",
        f"    values = row[-{len(Room.__slots__)}:]",
        f"    {', '.join(f'room.{name}' for name in Room.__slots__)} = values",
        "    room.__class__ = Room",
        "    rooms.append(room)",
        "return rooms",
    ],
    make=_Unfrozen,
    Room=Room,
)


class PartialRoom(Room):
    """A room from a file that does not have all optional fields."""

    __slots__ = ("_keeps",)

    _keeps: frozenset[str]

    @classmethod
    def of(cls, room: Room, keeps: frozenset[str]) -> Self:
        """Make one from a room in which the fields to keep are missing."""
        partial = cls.trusted([getattr(room, name) for name in Room.__slots__])
        object.__setattr__(partial, "_keeps", keeps)
        return partial

    @property
    def keeps(self) -> frozenset[str]:
        """The optional fields that the file does not have."""
        return self._keeps

    def completed(self, stored: Room | None) -> Room:
        """Return the room, with the fields that it keeps taken from the stored room, if any."""
        values = {name: getattr(self, name) for name in Room.__slots__}
        if stored is not None:
            values |= {name: getattr(stored, name) for name in self.keeps}
        return Room(**values)
