"""Report whether the service can serve."""

from rentomatic.repository.interface import RepositoryUnfitError, RoomRepository, Schema
from rentomatic.responses import Response, ResponseFailure, ResponseSuccess, ResponseTypes
from rentomatic.use_cases.outcomes import use_case


@use_case
def readiness_use_case(repository: RoomRepository) -> Response[Schema]:
    """Succeed when the store answers and has every migration that this release ships.

    For a store that must not be used as it is, the failure names the cause: waiting does not help.
    """
    try:
        schema = repository.schema()
    except RepositoryUnfitError as error:
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, str(error))
    if schema.missing:
        message = f"The database lacks {', '.join(schema.missing)}; run: rentomatic migrate"
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, message)
    return ResponseSuccess(schema)
