"""The answer to each kind of failure, in both forms of errors."""

from dataclasses import dataclass
from uuid import UUID

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_selection import SelectionReader
from rentomatic.responses import CHANGES_GONE, UNAVAILABLE
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.use_cases.room_get import no_such_room
from rentomatic.use_cases.room_write import CHANGED, exists
from rentomatic.wsgi.authorization import MISSING, NOT_CONFIGURED
from rentomatic.wsgi.body import MAX_BODY_BYTES, NOT_ARRIVED, too_long, unsupported
from rentomatic.wsgi.failure import FAILED, Failure, render_failure, unacceptable
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS
from rentomatic.wsgi.openapi.examples import (
    AUTHORIZED,
    FIRST,
    FOREIGN,
    ROOMS,
    SENDS_JSON,
    Example,
    Examples,
    sent_room,
)
from rentomatic.wsgi.request import Content, read_request
from rentomatic.wsgi.response import HTML, Headers

_REQUEST_ID = "r-1"
_UNKNOWN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class DescribedFailure:
    """The failures with a status.

    Attributes:
        help: when it happens, and what to do.
        request: method and target of an example; empty if there is none.
        sends: its headers.
        accept: the media type that it accepts; empty for any.
        headers: names of the answer's headers, except those of every answer.
    """

    help: str
    request: str
    failure: Failure
    sends: Headers = ()
    accept: str = ""
    sent: bytes = b""
    headers: tuple[str, ...] = ()

    @property
    def examples(self) -> Examples:
        """The example, in both forms."""
        if not self.request:
            return {}
        problem = f"{PROBLEM}, {self.accept}" if self.accept else PROBLEM
        return {
            JSON: (self._example("The usual form", self.accept),),
            PROBLEM: (self._example("Problem details", problem),),
        }

    def _example(self, summary: str, accept: str) -> Example:
        method, target = self.request.split()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": target.partition("?")[0],
            "HTTP_X_REQUEST_ID": _REQUEST_ID,
            "HTTP_ACCEPT": accept,
        }
        body = render_failure(self.failure, read_request(environ)).body
        whole = body if isinstance(body, bytes) else b"".join(body)
        asked = (("Accept", accept),) if accept else ()
        headers = (("X-Request-Id", _REQUEST_ID), *self.sends, *asked)
        return Example(summary, target, whole, headers, method, self.sent)


def _wrong_parameters() -> InvalidRequest:
    reader = SelectionReader()
    reader.filters({"prise__lt": "60", "size__gte": "big"})
    return InvalidRequest(tuple(reader.errors))


FAILURES = {
    400: DescribedFailure(
        "Something is wrong with the request; the message has a line for each error",
        "GET /rooms?filter_prise__lt=60&filter_size__gte=big",
        _wrong_parameters(),
    ),
    404: DescribedFailure(
        "The room or saved search does not exist", f"GET /rooms/{_UNKNOWN}", no_such_room(_UNKNOWN)
    ),
    410: DescribedFailure(
        "The changes since that cursor are no longer kept, or it belongs to another database: "
        "start again",
        f"GET /rooms/changes?since={FOREIGN}",
        CHANGES_GONE,
    ),
    406: DescribedFailure(
        "`Accept` allows none of the available media types",
        "GET /rooms",
        unacceptable((*ROOMS, HTML)),
        accept="image/png",
    ),
    401: DescribedFailure(
        "The token is missing or not valid", "POST /rooms", MISSING, headers=("WWW-Authenticate",)
    ),
    403: DescribedFailure(
        "No token is configured, so rooms cannot be changed and searches cannot be saved",
        "POST /rooms",
        NOT_CONFIGURED,
        AUTHORIZED,
    ),
    409: DescribedFailure(
        "A room with this code already exists, or the `Idempotency-Key` was used for another "
        "request; or the saved search is disabled, or one too many",
        "POST /rooms",
        exists(FIRST.code),
        SENDS_JSON,
        sent=sent_room(FIRST),
    ),
    412: DescribedFailure(
        "A precondition failed: the room or answer is not the expected one; read it again",
        f"DELETE /rooms/{FIRST.code}",
        CHANGED,
        (*AUTHORIZED, ("If-Match", '"0"')),
    ),
    408: DescribedFailure("The body did not arrive in time", "", NOT_ARRIVED),
    413: DescribedFailure(
        "The body is too long",
        "POST /rooms",
        too_long(MAX_BODY_BYTES),
        (*SENDS_JSON, ("Content-Length", str(MAX_BODY_BYTES + 1))),
    ),
    415: DescribedFailure(
        "The body has the wrong media type, or is encoded",
        "POST /rooms",
        unsupported(Content("text/plain"), (JSON, *BATCH_FORMATS)),
        (*AUTHORIZED, ("Content-Type", "text/plain")),
        sent=b"a room",
        headers=("Accept", "Accept-Encoding", "Accept-Patch"),
    ),
    500: DescribedFailure("The service failed; report the request's id", "GET /rooms", FAILED),
    503: DescribedFailure(
        "The database cannot answer now, or too many such requests are in progress; try again. "
        "If it has not confirmed a write, the message says that this may have been made",
        "GET /rooms",
        UNAVAILABLE,
        headers=("Retry-After",),
    ),
}
