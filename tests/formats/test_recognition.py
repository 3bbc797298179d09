"""The format of a file is recognised by its name or its beginning."""

import bz2
import codecs
import gzip
import lzma

import pytest

from rentomatic.formats.table import FORMATS, guess_format_by_name, guess_format_by_text
from rentomatic.requests.base import InvalidRequest
from tests.formats.imports import build
from tests.formats.objects import BEGINNING, LINE, OGR2OGR


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("a.csv", "csv"), ("a.TSV", "csv"), ("b/a.ndjson", "ndjson"), ("a.b.jsonl", "ndjson")),
        *(("a.geojson", "geojson"), ("a.json", None)),
    ],
)
def test_the_format_follows_from_the_name(name: str, expected: str | None) -> None:
    """In any case; .json may be several."""
    guessed = guess_format_by_name(name)
    assert guessed == (FORMATS[expected] if expected else None)


@pytest.mark.parametrize("name", ["rooms", "rooms.pdf", ".csv", "csv"])
def test_a_name_without_a_known_format_is_refused(name: str) -> None:
    """Saying what would be right."""
    guessed = guess_format_by_name(name)
    assert isinstance(guessed, InvalidRequest)
    assert str(guessed.errors[0]) == (
        f"format: {name!r} does not end in one of .geojson .csv .tsv .ndjson .jsonl .json; "
        "give one of geojson, csv, ndjson"
    )


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        *(("", "csv"), ("code,size", "csv"), ('"code"', "csv"), (LINE, "ndjson")),
        *((f"\ufeff \n{LINE}", "ndjson"), ('{"x":{"features":[]}}', "ndjson")),
        *((BEGINNING, "geojson"), ('\ufeff{ "features" : [', "geojson")),
        ('{\n "name": "x",\n "type": "FeatureCollection"', "geojson"),
    ],
)
def test_the_format_follows_from_the_text(start: str, expected: str) -> None:
    """By its first character, and if that is JSON's by what the object is."""
    guessed = guess_format_by_text(start)
    assert not isinstance(guessed, InvalidRequest)
    assert guessed.name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b.csv.gz", "b.csv.gz is compressed: gunzip -c b.csv.gz | rentomatic import -"),
        (
            "my b.JSON.BZ2",
            "my b.JSON.BZ2 is compressed: bzcat 'my b.JSON.BZ2' | rentomatic import -",
        ),
        ("b.zip", "b.zip is compressed: unzip -p b.zip | rentomatic import -"),
        ("b.xlsx", "b.xlsx is a spreadsheet; save it as CSV in UTF-8 and import that"),
        ("b.ods", "b.ods is a spreadsheet; save it as CSV in UTF-8 and import that"),
        ("b.shp", f"b.shp is a map in another format; convert it: {OGR2OGR} rooms.geojson b.shp"),
    ],
)
def test_the_name_of_another_format_says_what_to_do(name: str, expected: str) -> None:
    """In a line, which can be copied where it is a command."""
    guessed = guess_format_by_name(name)
    assert isinstance(guessed, InvalidRequest)
    assert str(guessed.errors[0]) == f"format: {expected}"


@pytest.mark.parametrize("name", ["csv", "ndjson", "geojson"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(b"code,size\n", mtime=0), "is compressed by gzip; unpack it first"),
        (bz2.compress(b"code,size\n"), "is compressed by bzip2; unpack it first"),
        (lzma.compress(b"code,size\n"), "is compressed by xz; unpack it first"),
        (b"PK\3\4\x14\0", "is a spreadsheet (xlsx, ods) or another zip file; save it as CSV in"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a spreadsheet (xls); save it as CSV in UTF-8"),
        (codecs.BOM_UTF16_LE + "code".encode("utf-16-le"), "is UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + "code".encode("utf-16-be"), "is UTF-16; save it as UTF-8"),
    ],
)
def test_the_beginning_of_another_format_says_what_to_do(
    content: bytes, expected: str, name: str
) -> None:
    """Whatever the file is called."""
    request = build(content.decode("utf-8", "surrogateescape"), name)
    assert not request
    assert str(request.errors[0]).startswith(f"file: {expected}")
