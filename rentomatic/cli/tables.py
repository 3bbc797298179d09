"""Tables for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping, Sequence

from rentomatic.domain.room_summary import AmountSummary, RoomSummary
from rentomatic.requests.room_fields import DISTANCE

COLUMNS = 80
_LONGEST_BAR = 40
_MEASURES = ("", "least", "25 %", "50 %", "75 %", "greatest", "mean")


def room_table(rooms: Sequence[Mapping[str, object]]) -> str:
    """Show rooms, one per line; the columns move closer if they would not fit."""
    names = list(rooms[0])
    rows = [[_spell(name, value) for name, value in room.items()] for room in rooms]
    wide = _table(names, rows, "  ")
    return wide if len(wide.partition("\n")[0]) <= COLUMNS else _table(names, rows, " ")


def summary_table(summary: RoomSummary) -> str:
    """Show how many rooms there are, where, and how each amount is distributed."""
    lines = [f"rooms  {summary.count:,}"]
    if box := summary.bbox:
        edges = (box.west, box.south, box.east, box.north)
        lines.append(f"bbox   {','.join(f'{edge:.6f}' for edge in edges)}")
    spread = [[name, *_measures(each)] for name, each in summary.amounts.items()]
    return "\n".join([*lines, "", _table(_MEASURES, spread), *_histograms(summary.amounts)])


def _spell(name: str, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if name == DISTANCE else f"{value:.6f}"


def _measures(amount: AmountSummary) -> list[str]:
    quartiles = amount.quartiles or (None, None, None)
    values = (amount.minimum, *quartiles, amount.maximum, amount.mean)
    return ["-" if each is None else f"{round(each, 1):,}".removesuffix(".0") for each in values]


def _histograms(amounts: Mapping[str, AmountSummary]) -> Iterator[str]:
    for name, amount in amounts.items():
        most = max((bar.count for bar in amount.histogram), default=0)
        if most:
            rows = [
                [f"{bar.start:,}", f"{bar.count:,}", "#" * -(-_LONGEST_BAR * bar.count // most)]
                for bar in amount.histogram
            ]
            yield "\n" + _table([f"{name} from", "rooms", "".ljust(_LONGEST_BAR)], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Format a table, with words aligned left and numbers right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    are_numbers = [all(_is_number(cell) for cell in column) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        placed = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(cells, widths, are_numbers, strict=True)
        ]
        return gap.join(placed).rstrip()

    return "\n".join([line(header), gap.join("-" * width for width in widths), *map(line, rows)])


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.lstrip("-").replace(",", "").replace(".", "", 1).isdigit()
