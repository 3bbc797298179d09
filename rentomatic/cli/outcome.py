"""How a command ends."""

import os
import pwd
from collections.abc import Callable, Mapping
from typing import TypeVar

from rentomatic.bootstrap import open_repository
from rentomatic.cli.streams import report
from rentomatic.config import Settings
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.base import InvalidRequest, ValidRequest
from rentomatic.responses import (
    Response,
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.readiness import readiness_use_case

Request = TypeVar("Request", bound=ValidRequest)
T = TypeVar("T")

# Not a response: Ctrl-C, SIGTERM, or a removal that is not confirmed.
INTERRUPTED = "Interrupted"

# All exit codes except psql's; argparse also ends with 2 when arguments are wrong.
EXIT_CODES: Mapping[str, int] = {
    ResponseTypes.SUCCESS: 0,
    ResponseTypes.SYSTEM_ERROR: 1,
    ResponseTypes.PARAMETERS_ERROR: 2,
    ResponseTypes.RESOURCE_ERROR: 3,
    ResponseTypes.UNAVAILABLE_ERROR: 4,
    ResponseTypes.GONE_ERROR: 5,
    ResponseTypes.CONFLICT_ERROR: 6,
    ResponseTypes.PRECONDITION_ERROR: 7,
    INTERRUPTED: 130,
}
SUCCESS = EXIT_CODES[ResponseTypes.SUCCESS]


def account_name() -> str:
    """Return the name of the account that this process runs as."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def report_failure(
    failure: ResponseFailure | InvalidRequest, repository: RoomRepository | None = None
) -> int:
    """Write a failure to standard error; return the exit code of its kind."""
    if isinstance(failure, InvalidRequest):
        failure = build_response_from_invalid_request(failure)
    message = failure.message
    if repository and failure.type is ResponseTypes.UNAVAILABLE_ERROR:
        # The usual reason is one that the user can fix.
        readiness = readiness_use_case(repository)
        message = message if readiness else readiness.message
    report(message)
    return EXIT_CODES[failure.type]


def run_use_case(
    use_case: Callable[[RoomRepository, Request], Response[T]],
    request: Request | InvalidRequest,
    settings: Settings,
    write: Callable[[T], object],
) -> int:
    """Run a use case on the service's repository and write its value; return the exit code."""
    if isinstance(request, InvalidRequest):
        return report_failure(request)
    with open_repository(settings) as repository:
        response = use_case(repository, request)
        if not response:
            return report_failure(response, repository)
        write(response.value)
    return SUCCESS
