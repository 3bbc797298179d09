"""What the use cases return: successes and failures, each of one of a few kinds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar, final

from rentomatic.requests.base import InvalidRequest, ParameterError

T_co = TypeVar("T_co", covariant=True)


class ResponseTypes(StrEnum):
    """The kinds of response; each has one HTTP status and one exit code."""

    SUCCESS = "Success"
    PARAMETERS_ERROR = "ParametersError"
    RESOURCE_ERROR = "ResourceError"
    GONE_ERROR = "GoneError"
    CONFLICT_ERROR = "ConflictError"
    PRECONDITION_ERROR = "PreconditionError"
    SYSTEM_ERROR = "SystemError"
    UNAVAILABLE_ERROR = "UnavailableError"

    @property
    def general(self) -> "ResponseTypes":
        """The kind that a client reads: for a special kind, the one that it belongs to."""
        return _GENERAL.get(self, self)


_GENERAL = {
    ResponseTypes.GONE_ERROR: ResponseTypes.RESOURCE_ERROR,
    ResponseTypes.PRECONDITION_ERROR: ResponseTypes.CONFLICT_ERROR,
    ResponseTypes.UNAVAILABLE_ERROR: ResponseTypes.SYSTEM_ERROR,
}


@final
@dataclass(frozen=True, slots=True)
class ResponseSuccess(Generic[T_co]):
    """What was asked for; it is truthy."""

    value: T_co

    @property
    def type(self) -> ResponseTypes:
        """Its kind."""
        return ResponseTypes.SUCCESS


@dataclass(frozen=True, slots=True)
class ResponseFailure:
    """Why there is no result; it is falsy.

    Attributes:
        message: what went wrong, one line for each error.
        errors: the errors themselves, where parameters were wrong.
    """

    type: ResponseTypes
    message: str
    errors: tuple[ParameterError, ...] = ()

    @property
    def value(self) -> dict[str, str]:
        """The failure as clients read it, ready for JSON."""
        return {"type": self.type.general, "message": self.message}

    def __bool__(self) -> Literal[False]:
        return False


Response = ResponseSuccess[T_co] | ResponseFailure


def build_response_from_invalid_request(request: InvalidRequest) -> ResponseFailure:
    """Report every error of a request at once, one line each."""
    message = "\n".join(map(str, request.errors))
    return ResponseFailure(ResponseTypes.PARAMETERS_ERROR, message, request.errors)


# The reason is in the log; clients learn nothing about what is behind the service.
UNAVAILABLE = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR, "The database cannot answer now; try again in a moment"
)

UNFIT = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "The database is not set up correctly, so trying again does not help; "
    "its administrator finds the reason with `rentomatic check` and in the service's log",
)

TOOK_TOO_LONG = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "The search took too long; narrow it with a filter, a rarer word, "
    "a smaller bbox or radius, or leave out count=exact",
)

TOO_MANY_WRITES = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "Nothing was changed: too many writes are in progress, or wait for the database to confirm "
    "them; try again in a moment",
)

UNCERTAIN = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "The database has not confirmed this write, which may have been made or not; repeat the "
    "request with the Idempotency-Key that it had or, if it had none, look before you repeat it",
)

CHANGES_GONE = ResponseFailure(
    ResponseTypes.GONE_ERROR,
    "since: the changes since this cursor are no longer kept, or it belongs to another database; "
    "start again with since=now, then read all rooms",
)

CHANGES_NEED_POSTGRES = ResponseFailure(
    ResponseTypes.RESOURCE_ERROR, "There is no history of changes here; it needs PostgreSQL"
)

SEARCHES_NEED_POSTGRES = ResponseFailure(
    ResponseTypes.RESOURCE_ERROR, "Searches cannot be saved here; it needs PostgreSQL"
)

SEARCHES_NEED_KEY = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "Webhooks are not set up here, so trying again does not help: RENTOMATIC_SECRET_KEY_FILE is not"
    " set; its administrator makes a key with `rentomatic searches key`",
)

FEED_NEEDS_TIMES = ResponseFailure(
    ResponseTypes.RESOURCE_ERROR,
    "There is no feed here, because MongoDB does not record when rooms were added; "
    "it needs PostgreSQL",
)

ON_STANDBY = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "The database is a standby at the moment: it accepts no writes and serves no changes; "
    "try again once there is a primary",
)

TOO_MANY_STREAMS = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "Too many answers with limit=none are in progress; try again in a moment, or read page by page",
)

TOO_MANY_SEARCHES = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "Too many searches of many rooms are in progress; try again in a moment, "
    "or narrow this one with a filter, a rarer word, a smaller bbox or radius, "
    "or leave out count=exact",
)
