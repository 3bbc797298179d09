"""The languages of the pages, and their texts."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from rentomatic.resources import PACKAGE

# Each by its own name. The first one is the default.
LANGUAGES = {"en": "English", "ja": "日本語"}

_TEXTS = PACKAGE / "wsgi" / "texts"


class Texts:
    """The texts of a language: `texts("search.title")`.

    Args:
        entries: the texts by their keys, `section.name`; `{name}` in a text is a parameter.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._entries = entries

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text, with its parameters filled in.

        Raises:
            KeyError: if there is no such text, or a parameter is missing.
        """
        text = self._entries[key]
        return text.format_map(values) if values else text

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._entries)


@cache
def texts_of(language: str) -> Texts:
    """Return the texts of one of LANGUAGES."""
    source = (_TEXTS / f"{language}.toml").read_text(encoding="utf-8")
    return Texts(dict(_flattened(tomllib.loads(source))))


def _flattened(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flattened(value, f"{prefix}{name}.")
