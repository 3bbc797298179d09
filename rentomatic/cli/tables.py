"""Tables for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unicodedata import combining, east_asian_width

from rentomatic.domain.relaxation import CountKind
from rentomatic.domain.rent import Rent
from rentomatic.domain.room import COORDINATES, FIELDS, TEXTS
from rentomatic.domain.room_summary import AmountSummary, Bar, RoomSummary
from rentomatic.repository.results import Summarized
from rentomatic.requests.room_fields import BEDROOMS, DISTANCE

COLUMNS = 80
_LONGEST_BAR = 40
_LONGEST_VALUE = 24
# How a number of rooms is written.
_COUNTED = {
    CountKind.EXACT: "{:,}",
    CountKind.AT_LEAST: "at least {:,}",
    CountKind.ESTIMATE: "about {:,}",
}
_ESTIMATED = "estimated from a sample: narrow the search for exact numbers"
_MEASURES = ("", "least", "25 %", "50 %", "75 %", "greatest", "mean")


# Texts that are too long for a table, and what is left out next if it is too wide.
_LONG = ("description", "url", "image")
_LESS_NEEDED = (*COORDINATES, "reference", "available_from", "bedrooms", "city")
_NARROWEST = 10


def room_table(
    rooms: Sequence[Mapping[str, object]], *, are_chosen: bool = False
) -> tuple[str, list[str]]:
    """Show rooms, one per line; return the table, and the fields that are left out.

    To make it fit, less needed fields are left out, columns move closer, and texts are cut.

    Args:
        rooms: what to show of each, at least one.
        are_chosen: whether the user chose the fields, so that none is left out.
    """
    named = [name for name in (*FIELDS, DISTANCE) if any(name in room for room in rooms)]
    names = [name for name in named if are_chosen or name not in _LONG]
    columns = {name: [_spell(name, room.get(name)) for room in rooms] for name in names}
    widths = {name: max(map(_width, (name, *cells))) for name, cells in columns.items()}
    for name in () if are_chosen else _LESS_NEEDED:
        if _total(widths, _NARROWEST) > COLUMNS:
            widths.pop(name, None)
    if not are_chosen and not set(COORDINATES) <= widths.keys():
        widths = {name: width for name, width in widths.items() if name not in COORDINATES}
    gap = "  " if _total(widths, gap=2) <= COLUMNS else " "
    _narrow(widths)
    cells = [[_cut(each, widths[name]) for each in columns[name]] for name in widths]
    table = _table(list(widths), list(zip(*cells, strict=True)), gap)
    return table, [name for name in named if name not in widths]


def _total(widths: Mapping[str, int], most_of_text: int | None = None, gap: int = 1) -> int:
    """Return the width of a table, in which each text may be cut."""
    return gap * (len(widths) - 1) + sum(
        width if most_of_text is None or name not in TEXTS else min(width, most_of_text)
        for name, width in widths.items()
    )


def _narrow(widths: dict[str, int]) -> None:
    """Narrow the widest text column, one character at a time, until the table fits."""
    texts = [name for name in widths if name in TEXTS]
    while texts and _total(widths) > COLUMNS:
        widest = max(texts, key=lambda name: widths[name])
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes; East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in {"W", "F"} else 1 for each in text
    )


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    while _width(text) >= width:
        text = text[:-1]
    return f"{text}…"


def summary_table(found: Summarized, rent: Rent) -> str:
    """Show how many rooms there are, where, and how each amount is distributed."""
    summary = found.summary
    count = f"{summary.count:,}"
    lines = [f"rooms  {count}" if found.is_exact else f"rooms  {count}, {_ESTIMATED}"]
    if box := summary.bbox:
        edges = (box.west, box.south, box.east, box.north)
        lines.append(f"bbox   {','.join(f'{edge:.6f}' for edge in edges)}")
    lines.append(f"price  {rent}")
    spread = [[name, *_measures(each)] for name, each in summary.amounts.items()]
    bars = {name: each.histogram for name, each in summary.amounts.items()}
    histograms = _histograms(bars | {BEDROOMS: summary.bedrooms})
    return "\n".join([*lines, "", _table(_MEASURES, spread), *histograms, *_cities(summary)])


def relaxation_table(relaxations: Sequence[Mapping[str, Any]]) -> str:
    """Show relaxations, as they are written in JSON, one per line."""
    rows = [
        [
            each["parameter"],
            _cut(_spell("", each["from"]), _LONGEST_VALUE),
            _cut("(none)" if each["to"] is None else each["to"], _LONGEST_VALUE),
            _COUNTED[each["count_kind"]].format(each["count"]),
        ]
        for each in relaxations
    ]
    return _table(["parameter", "from", "to", "rooms"], rows)


def _cities(summary: RoomSummary) -> Iterator[str]:
    if summary.cities:
        rows = [
            [_cut(_spell("", each.name), _LONGEST_BAR), f"{each.count:,}"]
            for each in summary.cities
        ]
        yield "\n" + _table(["city", "rooms"], rows)


def _spell(name: str, value: object) -> str:
    if isinstance(value, str):
        return "".join(each if each.isprintable() else " " for each in value)
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if name == DISTANCE else f"{value:.6f}"


def _measures(amount: AmountSummary) -> list[str]:
    quartiles = amount.quartiles or (None, None, None)
    values = (amount.minimum, *quartiles, amount.maximum, amount.mean)
    return ["-" if each is None else f"{round(each, 1):,}".removesuffix(".0") for each in values]


def _histograms(histograms: Mapping[str, Sequence[Bar]]) -> Iterator[str]:
    for name, bars in histograms.items():
        most = max((bar.count for bar in bars), default=0)
        if most:
            rows = [
                [f"{bar.start:,}", f"{bar.count:,}", "#" * -(-_LONGEST_BAR * bar.count // most)]
                for bar in bars
            ]
            yield "\n" + _table([f"{name} from", "rooms", "".ljust(_LONGEST_BAR)], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Format a table, with words aligned left and numbers right."""
    widths = [max(map(_width, column)) for column in zip(header, *rows, strict=True)]
    are_numbers = [all(_is_number(cell) for cell in column) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        placed = []
        for cell, width, is_number in zip(cells, widths, are_numbers, strict=True):
            space = " " * (width - _width(cell))
            placed.append(f"{space}{cell}" if is_number else f"{cell}{space}")
        return gap.join(placed).rstrip()

    return "\n".join([line(header), gap.join("-" * width for width in widths), *map(line, rows)])


def _is_number(cell: str) -> bool:
    return cell in {"", "-"} or cell.lstrip("-").replace(",", "").replace(".", "", 1).isdigit()
