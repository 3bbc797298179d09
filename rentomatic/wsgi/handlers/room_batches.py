"""Batches of rooms, imported as by `rentomatic import`."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from rentomatic.formats.table import IMPORT_FORMATS, ImportFormat
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import ImportOptions, OnError
from rentomatic.serializers.room_import import dump_report
from rentomatic.use_cases.room_import import room_import_use_case
from rentomatic.wsgi.arguments import read_batch
from rentomatic.wsgi.body import receive
from rentomatic.wsgi.conditional import condition_errors
from rentomatic.wsgi.failure import HttpFailure, Outcome
from rentomatic.wsgi.repetition import answer_once
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

BATCH_FORMATS: Mapping[str, ImportFormat] = {
    each.media_type: each for each in IMPORT_FORMATS.values()
}
# An answer has the errors of at most this many bad lines.
NAMED_LINES = 1_000

TOO_MANY_BATCHES = HttpFailure(
    HTTPStatus.SERVICE_UNAVAILABLE, "Too many batches are in progress; try again in a moment"
)


def batch_format(request: Request) -> ImportFormat | None:
    """Return the format of a batch by its media type; None if it is not a batch."""
    return BATCH_FORMATS.get(request.content.media_type)


def import_batch(service: Service, request: Request, form: ImportFormat) -> Outcome:
    """Add or replace rooms: all or none, or those on good lines."""
    on_error = read_batch(request, condition_errors(request))
    if isinstance(on_error, InvalidRequest):
        return on_error
    with service.limits.batch_slots.open() as take:
        if not take():
            return TOO_MANY_BATCHES
        write = partial(_import, form=form, on_error=on_error)
        return answer_once(service, request, write, service.limits.batch_bytes)


def _import(service: Service, request: Request, form: ImportFormat, on_error: OnError) -> Outcome:
    with receive(request.content, service.limits.batch_bytes) as received:
        options = ImportOptions(advises=False, skip_bad=on_error is OnError.SKIP)
        rooms = form.read(form.cut(received.open_text()), options)
        response = room_import_use_case(
            service.stores.repository, rooms, named=NAMED_LINES, names_all=True
        )
    if not response:
        return response
    return Answer(HTTPStatus.OK, dump_report(response.value), cache="no-store")
