"""Tell whether the service can serve."""

from rentomatic.repository.interface import (
    RepositoryUnavailableError,
    RepositoryUnfitError,
    RoomRepository,
    Schema,
)
from rentomatic.responses import (
    UNAVAILABLE,
    Response,
    ResponseFailure,
    ResponseSuccess,
    ResponseTypes,
)


def readiness_use_case(repository: RoomRepository) -> Response[Schema]:
    """Succeed when the store answers and has every migration that this release ships.

    A store that must not be used is told with the cause, as no time will mend that.
    """
    try:
        schema = repository.schema()
    except RepositoryUnfitError as error:
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, str(error))
    except RepositoryUnavailableError:
        return UNAVAILABLE
    if schema.missing:
        message = f"The database lacks {', '.join(schema.missing)}; run: rentomatic migrate"
        return ResponseFailure(ResponseTypes.UNAVAILABLE_ERROR, message)
    return ResponseSuccess(schema)
