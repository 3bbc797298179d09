"""Which searches get a custom plan, for the values of their parameters, and which a generic one.

Planning takes longer than finding a page. But a generic plan is made without knowing which filters
are selective, and can be a thousand times as slow. So only searches that read a range of one index,
in its order, get one.
"""

from rentomatic.domain.room import FIELDS, OPTIONAL_FIELDS
from rentomatic.requests.room_list import RoomListRequest
from rentomatic.requests.room_order import ADDED, CODE, Order

_RANGES = {"eq", "lt", "lte", "gt", "gte"}
# An optional column has no index in which missing values are last in both directions.
_INDEXED = {ADDED, *FIELDS} - {*OPTIONAL_FIELDS}

# The settings of a session that its plans depend on. A generic plan must use an index even if the
# table is small when it is made, because it is kept while the table grows.
CUSTOM_PLANS = {
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "on",
    "enable_bitmapscan": "on",
    "enable_sort": "on",
}
GENERIC_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
}


def is_index_range(request: RoomListRequest) -> bool:
    """Return whether a page is a range of an index on one column, in its order."""
    if request.limit is None or request.count or request.condition:
        return False
    if request.near or request.bbox or request.words:
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
