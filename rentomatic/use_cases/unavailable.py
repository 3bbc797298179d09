"""What a client is told of a store that cannot answer."""

from rentomatic.repository.interface import RepositoryUnavailableError, RepositoryUnfitError
from rentomatic.responses import UNAVAILABLE, UNFIT, ResponseFailure


def unavailable(error: RepositoryUnavailableError) -> ResponseFailure:
    """Say whether waiting helps; the reason is for the log."""
    return UNFIT if isinstance(error, RepositoryUnfitError) else UNAVAILABLE
