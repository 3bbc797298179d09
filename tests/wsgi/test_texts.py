"""The texts of the pages: complete in every language, and used."""

import re
from string import Formatter

import pytest

from rentomatic.domain.rent import PERIODS
from rentomatic.domain.room import FIELDS
from rentomatic.formats.table import IMPORT_FORMATS
from rentomatic.requests.room_fields import BEDROOMS, DISTANCE, OPERATORS
from rentomatic.requests.room_import import OnError
from rentomatic.resources import PACKAGE
from rentomatic.wsgi.failure import ERROR_TYPES
from rentomatic.wsgi.pages.form import PLACE
from rentomatic.wsgi.pages.languages import LANGUAGES, texts_of

# The keys that the code puts together, by their first part.
MADE = {
    "count": {"added", "updated", "unchanged", "repeated", "rejected"},
    "hint": set(FIELDS) - {"code", "city", "available_from"},
    "import": {
        *("no_file", "unreadable"),
        *(f"format_{name}" for name in IMPORT_FORMATS),
        *(f"on_error_{each}" for each in OnError),
    },
    "preview": {"line", "feature", "write.one", "write.other"},
    "sign_in": {"missing", "wrong", "wait.one", "wait.other", "no_tokens", "no_address"},
    "bedrooms": {"none", "one", "other"},
    "error": {
        *(type(each.kind).__name__.lower() for each in FIELDS.values()),
        *("flag", "list", "words", "place", "filter", "sort", *PLACE),
    },
    "failure": {f"{status:d}.{part}" for status in ERROR_TYPES for part in ("title", "advice")},
    "field": set(FIELDS),
    "flag": {"any", "true", "false"},
    "form": {*PLACE, *(f"{kind}.{end}" for kind in ("number", "date") for end in ("gte", "lte"))},
    "map": {
        *("cluster", "cluster_near", "estimate", "estimate_near"),
        *("zoom_in", "zoom_out", "west", "north", "south", "east"),
    },
    "month": set(map(str, range(1, 13))),
    "name": {*FIELDS, DISTANCE},
    "operator": set(OPERATORS),
    "order": {
        f"{kind}.{direction}"
        for kind in ("price", "size", "bedrooms", DISTANCE, "number", "date", "text")
        for direction in ("ascending", "descending")
    },
    "period": set(PERIODS),
    "places": {"title", "unknown", "choose", "similar"},
    "price": set(PERIODS),
    "relax": {
        *("title", "none", "radius", "radius_min", "bbox", "with", "without", "condition"),
        *(f"rooms.{kind}" for kind in ("one", "other", "more", "about")),
        f"{BEDROOMS}.any",
        *(f"{what}.{end}" for what in ("amount", "date", BEDROOMS) for end in ("lte", "gte")),
    },
    "search": {f"count.{kind}" for kind in ("none", "one", "other", "more", "about")},
}
_NAMED = re.compile(r"""\b_?t\(\s*"([a-z_.]+)"[,)]""")


def entries(language: str) -> dict[str, str]:
    """Return the texts of a language by key."""
    texts = texts_of(language)
    return {key: texts(key) for key in texts}


def named() -> set[str]:
    """Return the keys that code and templates name."""
    folder = PACKAGE / "wsgi"
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    return {key for file in files for key in _NAMED.findall(file.read_text(encoding="utf-8"))}


def test_every_text_is_used_and_none_is_missing() -> None:
    """The keys are those that code and templates name, and those that the code puts together."""
    made = {f"{section}.{key}" for section, keys in MADE.items() for key in keys}
    assert set(entries("en")) == named() | made


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_texts_with_the_same_parameters(language: str) -> None:
    """A translation may have them in another order."""

    def parameters(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    expected = {key: parameters(text) for key, text in entries("en").items()}
    given = {key: parameters(text) for key, text in entries(language).items()}
    assert given == expected
    joining = {"order.then", "error.prefix"}
    texts = {key: text for key, text in entries(language).items() if key not in joining}
    assert all(text and text == text.strip() for text in texts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parameter_of_a_text_is_only_text(language: str) -> None:
    """Braces and percent signs in what is filled in mean nothing."""
    nasty = "{0} {n} %s {__class__}"
    assert nasty in texts_of(language)("room.of_size_in", size="20 m²", city=nasty)
