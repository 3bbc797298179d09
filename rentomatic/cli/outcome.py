"""How a command ends."""

import os
import pwd
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rentomatic.cli.streams import report
from rentomatic.repository.interface import RoomRepository
from rentomatic.requests.base import InvalidRequest
from rentomatic.responses import (
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.use_cases.readiness import readiness_use_case

if TYPE_CHECKING:
    import argparse

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no public name

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
