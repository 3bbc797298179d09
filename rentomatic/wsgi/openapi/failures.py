"""What each kind of failure answers, in both forms of errors."""

from dataclasses import dataclass

from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_selection import SelectionReader
from rentomatic.responses import (
    CHANGES_GONE,
    UNAVAILABLE,
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.serializers.json import MEDIA_TYPE as JSON
from rentomatic.serializers.problem import MEDIA_TYPE as PROBLEM
from rentomatic.wsgi.failure import answer_failure, unacceptable
from rentomatic.wsgi.openapi.examples import FOREIGN, ROOMS, Example, Examples
from rentomatic.wsgi.request import read_request

_REQUEST_ID = "r-1"
_NOBODYS = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Failure:
    """A kind of failure.

    Attributes:
        help: when it happens, and what to do.
        target: what an example requests.
        failure: what is wrong with that.
        accept: the media type that it wants; empty for any.
        headers: names of those that not every answer has.
    """

    help: str
    target: str
    failure: ResponseFailure
    accept: str = ""
    headers: tuple[str, ...] = ()

    @property
    def examples(self) -> Examples:
        """The example, in both forms."""
        problem = f"{PROBLEM}, {self.accept}" if self.accept else PROBLEM
        return {
            JSON: (self._example("The usual form", self.accept),),
            PROBLEM: (self._example("Problem details", problem),),
        }

    def _example(self, summary: str, accept: str) -> Example:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": self.target.partition("?")[0],
            "HTTP_X_REQUEST_ID": _REQUEST_ID,
            "HTTP_ACCEPT": accept,
        }
        body = answer_failure(self.failure, read_request(environ)).body
        whole = body if isinstance(body, bytes) else b"".join(body)
        headers = (("X-Request-Id", _REQUEST_ID), *((("Accept", accept),) if accept else ()))
        return Example(summary, self.target, whole, headers)


def _wrong_parameters() -> ResponseFailure:
    reader = SelectionReader()
    reader.filters({"prise__lt": "60", "size__gte": "big"})
    return build_response_from_invalid_request(InvalidRequest(tuple(reader.errors)))


FAILURES = {
    each.failure.type: each
    for each in (
        Failure(
            "Something is wrong with the request; a line for each thing says what",
            "/rooms?filter_prise__lt=60&filter_size__gte=big",
            _wrong_parameters(),
        ),
        Failure(
            "There is no such room",
            f"/rooms/{_NOBODYS}",
            ResponseFailure(
                ResponseTypes.RESOURCE_ERROR, f"There is no room with the code {_NOBODYS}"
            ),
        ),
        Failure(
            "The changes since that cursor are no longer kept, or it is one of another database: "
            "begin anew",
            f"/rooms/changes?since={FOREIGN}",
            CHANGES_GONE,
        ),
        Failure(
            "`Accept` takes none of the media types that there are",
            "/rooms",
            unacceptable(tuple(ROOMS)),
            accept="image/png",
        ),
        Failure(
            "The service failed; quote the request's id",
            "/rooms",
            ResponseFailure(ResponseTypes.SYSTEM_ERROR, "The service failed"),
        ),
        Failure(
            "The database cannot answer now; try again",
            "/rooms",
            UNAVAILABLE,
            headers=("Retry-After",),
        ),
    )
}
