"""Repeated writes: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.repository.errors import KeyReusedError, RepositoryUnavailableError
from rentomatic.repository.interface import IdempotencyKey, RoomRepository, StoredAnswer
from rentomatic.use_cases.outcomes import unavailable
from rentomatic.wsgi.body import MAX_BODY_BYTES, Received, receive
from rentomatic.wsgi.conditional import TAG, entity_tag
from rentomatic.wsgi.failure import HttpFailure, Outcome, RefusedError
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

MAX_KEY_LENGTH = 255
_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_LENGTH}}}")

MALFORMED = HttpFailure(
    HTTPStatus.BAD_REQUEST,
    f"Idempotency-Key: must be 1 to {MAX_KEY_LENGTH} printable ASCII characters",
)
NEEDS_POSTGRES = HttpFailure(
    HTTPStatus.BAD_REQUEST, "Idempotency-Key: cannot be used here; it needs PostgreSQL"
)
REUSED = HttpFailure(
    HTTPStatus.CONFLICT, "Idempotency-Key: was used for another request; use a new one"
)

Handler = Callable[..., Outcome]


def answer_once(
    service: Service, request: Request, handler: Handler, most: int = MAX_BODY_BYTES
) -> Outcome:
    """Answer a write; one whose key was used before gets the stored answer.

    `most` is the maximum length in bytes of a body that is sent with a key.
    """
    if request.idempotency_key is None:
        return handler(service, request)
    if not _KEY.fullmatch(request.idempotency_key):
        return MALFORMED
    if service.stores.idempotency is None:
        return NEEDS_POSTGRES
    with receive(request.content, most) as received:
        arrived = replace(request, content=replace(request.content, stream=received))

        def write(rooms: RoomRepository) -> StoredAnswer:
            outcome = handler(service.over(rooms), arrived)
            if not isinstance(outcome, Answer) or not isinstance(outcome.body, bytes):
                raise RefusedError(outcome)
            return _encode(outcome, outcome.body)

        key = _named(request, request.idempotency_key, received)
        try:
            return _decode(service.stores.idempotency.once(key, request.actor or "", write))
        except KeyReusedError:
            return REUSED
        except RepositoryUnavailableError as error:
            return unavailable(error)


def _encode(answer: Answer, body: bytes) -> StoredAnswer:
    tag = ((TAG, answer.tag),) if answer.tag else ()
    return {"status": answer.status, "headers": (*tag, *answer.headers), "body": body.decode()}


def _decode(stored: StoredAnswer) -> Answer:
    status = HTTPStatus(stored["status"])
    # Neither a removal nor a redirect has a body.
    media_type = JSON if stored["body"] else None
    headers = tuple((name, value) for name, value in stored["headers"])
    return Answer(status, stored["body"].encode(), media_type, headers, cache="no-store")


def _named(request: Request, key: str, body: Received) -> IdempotencyKey:
    return IdempotencyKey(
        scope=f"{request.actor} {request.method} {request.path}",
        key=key,
        fingerprint=entity_tag(
            request.content.type, sorted(request.query.values.items()), body.digest
        ),
    )
