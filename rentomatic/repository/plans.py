"""Which plan a search gets: one for the values of its parameters, or one for all values.

Planning takes longer than finding a page. But a plan for all values is made without knowing which
filters are selective: it would be up to a thousand times as slow for some. So only searches whose
rooms are next to each other in an index, in the right order, get one.
"""

from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import ADDED, CODE, Order

_RANGES = {"eq", "lt", "lte", "gt", "gte"}
# Missing values sort last, which an index of a required column need not do.
_INDEXED = {ADDED, *FIELDS} - {*OPTIONAL_FIELDS}

# Of the settings of a session, those that its plans depend on. A plan for all values must walk an
# index even if the table is small when it is made: it is kept while the table grows.
FOR_VALUES = {
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "on",
    "enable_bitmapscan": "on",
    "enable_sort": "on",
}
FOR_ALL_VALUES = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
}


def is_one_range(request: RoomListRequest) -> bool:
    """Return whether a page is a range of an index: of one column, and in its order."""
    if request.limit is None or request.near or request.bbox or request.words or request.count:
        return False
    name = request.order[0].name
    return _is_indexed(request.order) and all(
        each.field == name and each.operator in _RANGES for each in request.filters
    )


def _is_indexed(order: Order) -> bool:
    """Return whether the order is that of an index: a column and the code, in one direction."""
    first, *others = order
    if first.name not in _INDEXED:
        return False
    return all(key.name == CODE and key.descending == first.descending for key in others)
