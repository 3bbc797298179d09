"""`order by` and keyset conditions, made of the names of columns and parameters alone."""

from rentomatic.requests.room_order import ADDED, KEY_TYPES, Order

_COLUMNS = {ADDED: "id"}
_TYPES = {int: "bigint", float: "float8"}

# One for each key that an order can have.
POSITION_PARAMETERS = tuple(f"after_{number}" for number in range(len(KEY_TYPES)))


def order_by(order: Order) -> str:
    """Give the keys of an `order by`."""
    return ", ".join(
        f"{_column(key.name)} desc" if key.descending else _column(key.name) for key in order
    )


def is_after(order: Order) -> str:
    """Give the comparison of a room with the position whose values are POSITION_PARAMETERS.

    Keys of one direction are compared as a row, all of which an index can use. Else it finds those
    that do not lie before the first key's value, which the rest then tells apart.
    """
    columns = [_column(key.name) for key in order]
    values = [
        f":{parameter}::{_TYPES.get(KEY_TYPES[key.name], 'uuid')}"
        for key, parameter in zip(order, POSITION_PARAMETERS, strict=False)
    ]
    signs = ["<" if key.descending else ">" for key in order]
    if len(set(signs)) == 1:
        return f"({', '.join(columns)}) {signs[0]} ({', '.join(values)})"
    comparison = ""
    for column, sign, value in reversed(list(zip(columns, signs, values, strict=True))):
        rest = f" or ({column} = {value} and {comparison})" if comparison else ""
        comparison = f"({column} {sign} {value}{rest})"
    return f"({columns[0]} {signs[0]}= {values[0]} and {comparison})"


def _column(name: str) -> str:
    return _COLUMNS.get(name, name)
