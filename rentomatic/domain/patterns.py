r"""Patterns of LIKE: `%` is any text, `_` any character, and `\%`, `\_`, `\\` are themselves."""

import re
from collections.abc import Callable
from functools import lru_cache

_PATTERN = re.compile(r"(?:[^\\]|\\.)*", re.DOTALL)
_TOKEN = re.compile(r"(?P<any>%)|(?P<one>_)|\\(?P<literal>.)|(?P<plain>[^%_\\]+)", re.DOTALL)
_SPECIAL = re.compile(r"[%_\\]")


def is_pattern(text: str) -> bool:
    r"""Return whether no `\` is at the end."""
    return _PATTERN.fullmatch(text) is not None


def map_literals(change: Callable[[str], str], pattern: str) -> str:
    """Change the parts of a pattern that stand for themselves."""

    def replace(token: re.Match[str]) -> str:
        literal = token["literal"] or token["plain"]
        return _SPECIAL.sub(r"\\\g<0>", change(literal)) if literal else token[0]

    return _TOKEN.sub(replace, pattern)


def is_like(text: str, pattern: str) -> bool:
    """Return whether a pattern matches a whole text."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [""]
    for token in _TOKEN.finditer(pattern):
        if token["any"]:
            parts.append("")
        else:
            parts[-1] += "." if token["one"] else re.escape(token["literal"] or token["plain"])
    first, *others = parts
    # The first place for each part is right, except for the last one. No other place is tried
    # (an atomic group), so that no pattern is slow.
    middle = [f"(?>.*?{part})" for part in others[:-1]]
    return re.compile("".join([first, *middle, *(f".*{part}" for part in others[-1:])]), re.DOTALL)
