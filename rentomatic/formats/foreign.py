"""Files that cannot be imported, and how to convert them."""

import re
from pathlib import PurePath
from shlex import quote

# By the end of a file's name: the command that writes its content to standard output.
_UNPACKED_BY = {
    ".gz": "gunzip -c",
    ".bz2": "bzcat",
    ".xz": "xzcat",
    ".zst": "zstdcat",
    ".zip": "unzip -p",
}
_SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers"}
_MAPS = {".shp", ".gpkg", ".kml", ".gml", ".fgb"}

_SAVE_AS_CSV = "save it as CSV in UTF-8 and import that"
_BEGINNINGS = {
    begin.decode("utf-8", "surrogateescape"): problem
    for begin, problem in (
        (b"\x1f\x8b", "is compressed by gzip; unpack it first"),
        (b"BZh", "is compressed by bzip2; unpack it first"),
        (b"\xfd7zXZ", "is compressed by xz; unpack it first"),
        (b"\x28\xb5\x2f\xfd", "is compressed by zstd; unpack it first"),
        (b"PK\3\4", f"is a spreadsheet (xlsx, ods) or another zip file; {_SAVE_AS_CSV}"),
        (b"\xd0\xcf\x11", f"is a spreadsheet (xls); {_SAVE_AS_CSV}"),
        (b"PAR1", f"is a Parquet file; {_SAVE_AS_CSV}"),
        (b"\xff\xfe", "is UTF-16; save it as UTF-8"),
        (b"\xfe\xff", "is UTF-16; save it as UTF-8"),
    )
}
_ARRAY = re.compile(r"\[\s*(?:\{|\Z)")
_OPEN_OBJECT = re.compile(r"\{(?:.*(?:[{\[]|[^\s}\]]\s*,))?")
ARRAY_CONVERSION = "jq -c '.[]' OLD >NEW.ndjson"


def problem_of_name(path: str) -> str | None:
    """Say what to do with a file that cannot be imported, judging by its name."""
    name = PurePath(path).name
    suffix = PurePath(path).suffix.lower()
    if command := _UNPACKED_BY.get(suffix):
        return f"{name} is compressed: {command} {quote(name)} | rentomatic import -"
    if suffix in _SPREADSHEETS:
        return f"{name} is a spreadsheet; {_SAVE_AS_CSV}"
    if suffix in _MAPS:
        command = "ogr2ogr -t_srs EPSG:4326 rooms.geojson"
        return f"{name} is a map in another format; convert it: {command} {quote(name)}"
    return None


def problem_of_text(start: str) -> str | None:
    """Say what to do with a file that cannot be imported, judging by its beginning."""
    return next((text for begin, text in _BEGINNINGS.items() if start.startswith(begin)), None)


def problem_of_json(first: str) -> str | None:
    """Say what to do with JSON that does not have an object on each line, by its first line."""
    if _ARRAY.match(first):
        return f"is a JSON array; put one object on each line: {ARRAY_CONVERSION}"
    if _OPEN_OBJECT.fullmatch(first):
        return "has an object on several lines; put one on each line: jq -c . OLD >NEW.ndjson"
    return None
