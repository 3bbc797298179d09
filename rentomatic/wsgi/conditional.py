"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13)."""

import re
from dataclasses import replace
from hashlib import blake2b
from http import HTTPStatus

from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

IF_MATCH = "If-Match"
IF_NONE_MATCH = "If-None-Match"
ANY = "*"

_DIGEST_BYTES = 16
_TAG = re.compile(r'([Ww]/)?("[!#-~\x80-\xff]*")')
_TAGS = re.compile(rf"[ \t,]*{_TAG.pattern}([ \t,]*{_TAG.pattern})*[ \t,]*")


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
    return if_none_match.strip() == "*" or tag in _tags(if_none_match)


def is_matched(tag: str, if_match: str) -> bool:
    """Tell whether a tag is among those that a client has, by the strong comparison."""
    return if_match.strip() == "*" or tag in _tags(if_match, are_strong=True)


def _tags(listed: str, *, are_strong: bool = False) -> list[str]:
    """Read a list of entity tags: all of them, or those that are strong."""
    return [tag for weak, tag in _TAG.findall(listed) if not (weak and are_strong)]


def answer_tagged(request: Request, tag: str, answer: Answer) -> Answer:
    """Name an answer by its tag, or tell a client that it has that answer already."""
    if request.if_none_match and is_known(tag, request.if_none_match):
        return not_modified(tag)
    return replace(answer, headers=(("ETag", tag), *answer.headers))


def not_modified(tag: str) -> Answer:
    """Tell a client that the answer that it has is the present one."""
    return Answer(HTTPStatus.NOT_MODIFIED, media_type=None, headers=(("ETag", tag),))


def condition_errors(request: Request, *allowed: str) -> list[ParameterError]:
    """Tell what is wrong with the conditions of a write: none is passed over."""
    sent = {IF_MATCH: request.if_match, IF_NONE_MATCH: request.if_none_match}
    given = {name: value.strip() for name, value in sent.items() if value is not None}
    errors = [
        ParameterError(name, f"cannot be used with {request.method}")
        for name in given
        if name not in allowed
    ]
    if len(given) == len(allowed) > 1:
        errors.append(ParameterError(IF_NONE_MATCH, f"cannot be used together with {IF_MATCH}"))
    elif IF_NONE_MATCH in allowed and given.get(IF_NONE_MATCH, ANY) != ANY:
        errors.append(ParameterError(IF_NONE_MATCH, f"must be {ANY} where something is written"))
    if IF_MATCH in allowed and not _is_well_formed(given.get(IF_MATCH, ANY)):
        wanted = f"must be {ANY} or entity tags in quotes, as ETag gives them"
        errors.append(ParameterError(IF_MATCH, f"{wanted}, not {shown(given[IF_MATCH])}"))
    return errors


def _is_well_formed(tags: str) -> bool:
    return tags == ANY or _TAGS.fullmatch(tags) is not None
