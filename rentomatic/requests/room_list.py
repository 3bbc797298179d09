"""The request for a search of rooms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rentomatic.requests.base import InvalidRequest, ParameterError, ValidRequest
from rentomatic.requests.parsers import parse_integer, shown, shown_name
from rentomatic.requests.room_fields import FIELDS, FILTER_KEYS, Operand, suggest_filter_key

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
UNLIMITED = "none"


def _parameter(field: str, operator: str) -> str:
    return f"{field}_{operator}"


PARAMETERS = frozenset(_parameter(*names) for names in FILTER_KEYS.values())


@dataclass(frozen=True, slots=True)
class Filter:
    """What a room's field must be; `value` is a tuple for the operator `in`."""

    field: str
    operator: str
    value: Operand

    @property
    def parameter(self) -> str:
        """Its name among the parameters of a statement: one of PARAMETERS."""
        return _parameter(self.field, self.operator)


@dataclass(frozen=True, slots=True)
class RoomListRequest(ValidRequest):
    """A search: rooms that pass all filters, in the order in which they were added.

    Attributes:
        filters: each field with each operator at most once.
        limit: how many rooms at most; None for all of them.
    """

    filters: tuple[Filter, ...] = ()
    limit: int | None = DEFAULT_LIMIT


def build_room_list_request(
    filters: Mapping[str, object] | None = None, limit: object = DEFAULT_LIMIT
) -> RoomListRequest | InvalidRequest:
    """Read a search.

    Args:
        filters: what to compare with, by `field__operator`; text, or values of the field's type.
        limit: 1 to MAX_LIMIT, or `none`; text or a number.
    """
    errors: list[ParameterError] = []
    if not isinstance(filters, Mapping | None):
        return InvalidRequest((ParameterError("filters", "Is not iterable"),))
    read_filters = tuple(_read_filters(filters or {}, errors))
    read_limit = _read_limit(str(limit), errors)
    return InvalidRequest(tuple(errors)) if errors else RoomListRequest(read_filters, read_limit)


def _read_filters(filters: Mapping[str, object], errors: list[ParameterError]) -> Iterator[Filter]:
    for key, operand in filters.items():
        if key not in FILTER_KEYS:
            message = f"Key {shown_name(key)} cannot be used"
            errors.append(ParameterError("filters", message, key, suggest_filter_key(key)))
            continue
        field, operator = FILTER_KEYS[key]
        try:
            yield Filter(field, operator, FIELDS[field].parse_operand(operator, operand))
        except ValueError as problem:
            errors.append(ParameterError("filters", f"{key} {problem}", key))


def _read_limit(text: str, errors: list[ParameterError]) -> int | None:
    if text == UNLIMITED:
        return None
    try:
        limit = parse_integer(text)
    except ValueError:
        limit = 0
    if not 1 <= limit <= MAX_LIMIT:
        message = f"must be an integer from 1 to {MAX_LIMIT}, or {UNLIMITED}, not {shown(text)}"
        errors.append(ParameterError("limit", message))
    return limit
