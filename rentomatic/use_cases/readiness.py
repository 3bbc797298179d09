"""Tell whether the service can serve."""

from rentomatic.repository.interface import RepositoryUnavailableError, RoomRepository, Schema
from rentomatic.responses import (
    UNAVAILABLE,
    Response,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
)


def readiness_use_case(repository: RoomRepository) -> Response[Schema]:
    """Succeed when the store answers and has every migration that this release ships."""
    try:
        schema = repository.schema()
    except RepositoryUnavailableError:
        return UNAVAILABLE
    if schema.missing:
        message = f"The database lacks {', '.join(schema.missing)}; run: rentomatic migrate"
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, message)
    return ResponseSuccess(schema)
