"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13)."""

import re
from hashlib import blake2b

_DIGEST_BYTES = 16
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def entity_tag(*parts: object) -> str:
    """Digest what an answer depends on, or the answer itself, to a strong entity tag."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        # With its length, so that no two sequences of parts are one.
        digest.update(b"%d:%b" % (len(data), data))
    return f'"{digest.hexdigest()}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Tell whether a client has the answer with a tag, by the weak comparison."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)
