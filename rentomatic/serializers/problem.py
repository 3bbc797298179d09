"""Errors become bytes: the book's value, or problem details (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from rentomatic.formats.json import dump_value
from rentomatic.requests.base import ParameterError

MEDIA_TYPE = "application/problem+json"


def dump_error(kind: str, message: str) -> bytes:
    """Write an error as the book does."""
    return dump_value({"type": kind, "message": message})


def dump_problem(
    kind: str,
    status: HTTPStatus,
    message: str,
    instance: str,
    errors: Sequence[ParameterError],
) -> bytes:
    """Write problem details; `kind` and `instance` are relative references.

    Clients can show each of the `errors` where it was entered.
    """
    problem: dict[str, Any] = {
        "type": kind,
        "title": status.phrase,
        "status": status,
        "detail": message,
        "instance": instance,
    }
    if errors:
        problem["errors"] = [_error(each) for each in errors]
    return dump_value(problem)


def _error(error: ParameterError) -> dict[str, str | None]:
    prefix = "filter_" if error.key is not None else ""
    return {
        "parameter": prefix + (error.key or error.parameter),
        "message": error.message,
        "suggestion": f"{prefix}{error.suggestion}" if error.suggestion else None,
    }
