"""Text in many scripts, and its terms, for tests of words."""

import re

from rentomatic.domain.words import IDEOGRAPHS, MAX_WORD, words_of

# Few characters, so that words collide: Latin, Greek, Cyrillic, Arabic, Han, kana, and separators.
SCRIPTS = "aAáb1ßΣάςЙйيَ京都がｶﾞー ・.-"


def terms(text: str) -> set[str]:
    """Return the terms of a text, as migration 0010 makes them."""
    found = set()
    for part in re.findall(rf"[{IDEOGRAPHS}]+|[^{IDEOGRAPHS} ]+", " ".join(words_of(text))):
        if re.match(f"[{IDEOGRAPHS}]", part):
            found |= {part[start : start + 2] for start in range(len(part))}
        else:
            found.add(part[:MAX_WORD])
    return found
