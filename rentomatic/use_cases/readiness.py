"""Report whether the service can serve."""

from rentomatic.repository.errors import RepositoryStandbyError, RepositoryUnfitError
from rentomatic.repository.interface import RoomRepository
from rentomatic.repository.results import Schema
from rentomatic.responses import Response, ResponseFailure, ResponseSuccess, ResponseTypes
from rentomatic.use_cases.outcomes import use_case


@use_case
def readiness_use_case(repository: RoomRepository) -> Response[Schema]:
    """Succeed when the store answers and has every migration that this release ships.

    For a store that must not be used as it is, or accepts no writes, the failure names the cause.
    """
    try:
        schema = repository.schema()
    except (RepositoryUnfitError, RepositoryStandbyError) as error:
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, str(error))
    if schema.missing:
        message = f"The database lacks {', '.join(schema.missing)}; run: rentomatic migrate"
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, message)
    if schema.read_only:
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, schema.read_only)
    return ResponseSuccess(schema)
