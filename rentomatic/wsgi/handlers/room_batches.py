"""Batches of rooms, written as `rentomatic import` writes them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from rentomatic.formats.table import IMPORT_FORMATS, ImportFormat
from rentomatic.requests.base import InvalidRequest
from rentomatic.requests.room_import import ImportOptions, OnError
from rentomatic.responses import (
    ResponseFailure,
    ResponseTypes,
    build_response_from_invalid_request,
)
from rentomatic.serializers.room_import import dump_report
from rentomatic.use_cases.room_import import room_import_use_case
from rentomatic.wsgi.body import given_type, is_readable, receive, unsupported
from rentomatic.wsgi.conditional import condition_errors
from rentomatic.wsgi.failure import answer_failure
from rentomatic.wsgi.parameters import read_batch
from rentomatic.wsgi.repetition import answer_once
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service

BATCH_FORMATS: Mapping[str, ImportFormat] = {
    each.media_type: each for each in IMPORT_FORMATS.values()
}
# Of so many bad lines an answer tells what is wrong with them.
TOLD_LINES = 1_000

TOO_MANY_BATCHES = ResponseFailure(
    ResponseTypes.UNAVAILABLE_ERROR,
    "As many batches are under way as there may be; try again in a moment",
)


def batch_format(request: Request) -> ImportFormat | None:
    """Tell the format of a batch by its media type; None for what is none."""
    return BATCH_FORMATS.get(given_type(request))


def import_batch(service: Service, request: Request, form: ImportFormat) -> Answer:
    """Add or replace rooms, all or none of them, or all good ones."""
    on_error = read_batch(request, condition_errors(request))
    if isinstance(on_error, InvalidRequest):
        return answer_failure(build_response_from_invalid_request(on_error), request)
    if not is_readable(request):
        told = unsupported(request.content_type, request.content_encoding, tuple(BATCH_FORMATS))
        return answer_failure(told, request)
    with service.batches.open() as take:
        if not take():
            return answer_failure(TOO_MANY_BATCHES, request)
        write = partial(_import, form=form, on_error=on_error)
        return answer_once(service, request, write, service.max_batch_bytes)


def _import(service: Service, request: Request, form: ImportFormat, on_error: OnError) -> Answer:
    received = receive(request, service.max_batch_bytes)
    if isinstance(received, ResponseFailure):
        return answer_failure(received, request)
    with received:
        options = ImportOptions(advises=False, skip_bad=on_error is OnError.SKIP)
        rooms = form.read(form.cut(received.open_text()), options)
        if not rooms:
            return answer_failure(build_response_from_invalid_request(rooms), request)
        response = room_import_use_case(service.repository, rooms, told=TOLD_LINES)
    if not response:
        return answer_failure(_told_whole(response), request)
    return Answer(HTTPStatus.OK, dump_report(response.value), cache="no-store")


def _told_whole(failure: ResponseFailure) -> ResponseFailure:
    """Name every bad line in the message too, for who does not ask for problem details."""
    title, _, _ = failure.message.partition("\n")
    return replace(failure, message="\n".join([title, *map(str, failure.errors)]))
