"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13)."""

import re
from dataclasses import replace
from hashlib import blake2b
from http import HTTPStatus

from rentomatic.http_date import read_http_date
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer

TAG = "ETag"
IF_MATCH = "If-Match"
IF_NONE_MATCH = "If-None-Match"
ANY = "*"

NOT_EXPECTED = HttpFailure(
    HTTPStatus.PRECONDITION_FAILED,
    "If-Match: the answer is not the expected one; read it again",
)

_DIGEST_BYTES = 16
_TAG = re.compile(r'([Ww]/)?("[!#-~\x80-\xff]*")')
_TAGS = re.compile(rf"[ \t,]*{_TAG.pattern}([ \t,]*{_TAG.pattern})*[ \t,]*")


def entity_tag(*parts: object) -> str:
    """Return a strong entity tag: a digest of an answer, or of what it depends on."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        # With its length, so that different sequences of parts have different digests.
        digest.update(b"%d:%b" % (len(data), data))
    return f'"{digest.hexdigest()}"'


def is_known(tag: str, if_none_match: str) -> bool:
    """Return whether a client has the answer with this tag, by weak comparison."""
    return if_none_match.strip() == "*" or tag in _tags(if_none_match)


def is_matched(tag: str, if_match: str) -> bool:
    """Return whether a tag is among those that a client has, by strong comparison."""
    return if_match.strip() == "*" or tag in _tags(if_match, are_strong=True)


def _tags(listed: str, *, are_strong: bool = False) -> list[str]:
    """Return all entity tags of a list, or only the strong ones."""
    return [tag for weak, tag in _TAG.findall(listed) if not (weak and are_strong)]


def under_conditions(request: Request, answer: Answer) -> Outcome:
    """Apply the conditions of a read to its answer (RFC 9110, section 13.2.2).

    An answer without a tag matches no tag.
    """
    if answer.status != HTTPStatus.OK:
        return answer
    if request.if_match is not None:
        if errors := condition_errors(replace(request, if_none_match=None), IF_MATCH):
            return InvalidRequest(tuple(errors))
        if not is_matched(answer.tag or "", request.if_match):
            return NOT_EXPECTED
    if _is_current(request, answer):
        # Its Cache-Control replaces the one that caches have stored (RFC 9110, section 15.4.5).
        return Answer(
            HTTPStatus.NOT_MODIFIED,
            media_type=None,
            cache=answer.cache,
            tag=answer.tag,
            vary=answer.vary,
            modified=answer.modified,
        )
    return answer


def _is_current(request: Request, answer: Answer) -> bool:
    """Return whether a client has the answer; a tag overrides a time."""
    if request.if_none_match:
        return bool(answer.tag) and is_known(answer.tag or "", request.if_none_match)
    if answer.modified is None or request.if_modified_since is None:
        return False
    # What is malformed is ignored (RFC 9110, section 13.1.3).
    known = read_http_date(request.if_modified_since)
    if known is None or known.tzinfo is None:
        return False
    return answer.modified.replace(microsecond=0) <= known


def condition_errors(request: Request, *allowed: str) -> list[ParameterError]:
    """Return what is wrong with the conditions of a request; none is ignored."""
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
        errors.append(ParameterError(IF_NONE_MATCH, f"must be {ANY} in a write"))
    if IF_MATCH in allowed and not _is_well_formed(given.get(IF_MATCH, ANY)):
        wanted = f"must be {ANY} or quoted entity tags, as in ETag"
        errors.append(ParameterError(IF_MATCH, f"{wanted}, not {shown(given[IF_MATCH])}"))
    return errors


def _is_well_formed(tags: str) -> bool:
    return tags == ANY or _TAGS.fullmatch(tags) is not None
