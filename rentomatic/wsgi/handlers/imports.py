"""Importing a file on the page: upload, look at what would happen, then write."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from rentomatic.formats.foreign import problem_of_name
from rentomatic.formats.table import (
    GUESSED_CHARACTERS,
    IMPORT_FORMATS,
    ImportFormat,
    guess_format_by_name,
    guess_format_by_text,
)
from rentomatic.repository.errors import RepositoryUnavailableError, UploadGoneError
from rentomatic.repository.interface import RoomRepository, Uploads
from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import shown
from rentomatic.requests.room_import import ImportOptions, OnError
from rentomatic.responses import Response, build_response_from_invalid_request
from rentomatic.use_cases.outcomes import unavailable
from rentomatic.use_cases.room_import import ImportReport, room_import_use_case
from rentomatic.wsgi.body import Received, storing
from rentomatic.wsgi.failure import HttpFailure, Outcome, RefusedError
from rentomatic.wsgi.form_body import (
    Fields,
    FormWithFile,
    check_fields,
    receive_form_with_file,
)
from rentomatic.wsgi.handlers.forms import (
    for_staff,
    form_page,
    new_key,
    read_sent,
    redirect,
    write_once,
)
from rentomatic.wsgi.handlers.room_batches import BATCH_FORMATS, TOO_MANY_BATCHES
from rentomatic.wsgi.pages.imports import (
    Choices,
    Preview,
    import_page,
    preview_page,
    result_page,
)
from rentomatic.wsgi.pages.rendering import query_of
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.service import Service

# Bad lines that a page shows.
NAMED_LINES = 100

FILE, FILE_FORMAT, SOURCE, ON_ERROR = "file", "file_format", "source", "on_error"
_CHOICES = (FILE_FORMAT, SOURCE, ON_ERROR)
_COUNTS = ("added", "updated", "unchanged", "rejected")

_PIECE_BYTES = 1 << 20
_DIGEST = re.compile("[0-9a-f]{32}")
_COUNT = re.compile("[0-9]{1,12}", re.ASCII)

NEEDS_POSTGRES = HttpFailure(
    HTTPStatus.NOT_FOUND, "Files cannot be imported on the page here; it needs PostgreSQL"
)
GONE = HttpFailure(
    HTTPStatus.GONE,
    "The uploaded file is no longer here: it is kept for an hour, and until it is imported; "
    "upload it again",
)


def parse_digest(text: str) -> str:
    """Return the digest of an uploaded file; raise ValueError if it is not one."""
    if not _DIGEST.fullmatch(text):
        raise ValueError
    return text


@for_staff()
def new_import(service: Service, request: Request) -> Outcome:
    """Ask for a file."""
    _uploads(service)
    return form_page(import_page(request, Choices()))


@for_staff()
def take_file(service: Service, request: Request) -> Outcome:
    """Keep a file, and show what importing it would do."""
    uploads = _uploads(service)
    with _slot(service), _received(service, request) as form:
        choices = Choices(*(form.fields.get(name, "") for name in _CHOICES))
        if not form.name:
            return _ask_again(request, choices, "no_file")
        chosen = _format_of(form)
        if isinstance(chosen, InvalidRequest):
            return _ask_again(request, choices, "unreadable", chosen.errors)
        form.file.end()
        pieces = iter(partial(form.file.read, _PIECE_BYTES), b"")
        try:
            uploads.keep(request.signed_in or "", form.file.digest, pieces)
        except RepositoryUnavailableError as error:
            return unavailable(error)
        query = _query(replace(choices, file_format=chosen.name))
        return redirect(request, f"/import/{form.file.digest}", query)


@for_staff(*_CHOICES)
def preview(service: Service, request: Request, digest: str) -> Outcome:
    """Show what importing an uploaded file would do."""
    choices = _read_choices(request.query.values)
    options = _options(choices, skip_bad=True, dry_run=True)
    with _slot(service), _file(service, request, digest) as file:
        response = _import(service.stores.repository, file, choices, options)
    if not response:
        if not response.errors:
            return response
        return _ask_again(request, choices, "unreadable", response.errors)
    found = _preview(digest, choices, response.value)
    return form_page(preview_page(request, service.rent, found))


def _preview(digest: str, choices: Choices, report: ImportReport) -> Preview:
    saved, rejected = report.saved, report.rejected
    return Preview(
        digest,
        new_key(),
        choices,
        saved.added,
        saved.updated,
        saved.unchanged,
        report.repeated,
        rejected.count,
        rejected.first,
        report.used.names,
        report.ignored.names,
    )


@for_staff()
def take_import(service: Service, request: Request, digest: str) -> Outcome:
    """Import an uploaded file, and show what was done."""
    sent = read_sent(service, request, _CHOICES)
    choices = _read_choices(sent.fields)
    options = _options(choices, skip_bad=choices.on_error == OnError.SKIP)

    def write(inner: Service) -> Outcome:
        with _file(service, request, digest) as file:
            response = _import(inner.stores.repository, file, choices, options)
        if not response:
            return response
        if not _uploads(service).remove(request.signed_in or "", digest):
            # It was imported from another tab at the same time; this import is undone.
            return GONE
        saved, rejected = response.value.saved, response.value.rejected.count
        counts = map(str, (saved.added, saved.updated, saved.unchanged, rejected))
        return redirect(request, "/import/done", query_of(dict(zip(_COUNTS, counts, strict=True))))

    with _slot(service):
        return write_once(sent, service, write)


@for_staff(*_COUNTS)
def show_result(service: Service, request: Request) -> Outcome:
    """Show what an import did."""
    counts = {name: request.query.values.get(name, "") for name in _COUNTS}
    wrong = [
        ParameterError(name, f"must be a number of rooms, not {shown(text)}")
        for name, text in counts.items()
        if not _COUNT.fullmatch(text)
    ]
    if wrong:
        return InvalidRequest(tuple(wrong))
    numbers = {name: int(text) for name, text in counts.items()}
    return form_page(result_page(request, service.rent, numbers))


def _uploads(service: Service) -> Uploads:
    if service.stores.uploads is None:
        raise RefusedError(NEEDS_POSTGRES)
    return service.stores.uploads


@contextmanager
def _slot(service: Service) -> Iterator[None]:
    with service.limits.batch_slots.open() as take:
        if not take():
            raise RefusedError(TOO_MANY_BATCHES)
        yield


@contextmanager
def _received(service: Service, request: Request) -> Iterator[FormWithFile]:
    form = receive_form_with_file(request.content, FILE, service.limits.batch_bytes)
    with form.file:
        check_fields(form.fields, _CHOICES)
        yield form


@contextmanager
def _file(service: Service, request: Request, digest: str) -> Iterator[Received]:
    """Read an uploaded file, all of it, before a room is written."""
    received = Received()
    with storing(received):
        try:
            for piece in _uploads(service).read(request.signed_in or "", digest):
                received.write(piece)
        except UploadGoneError:
            raise RefusedError(GONE) from None
        except RepositoryUnavailableError as error:
            raise RefusedError(unavailable(error)) from None
        received.end()
    with received:
        yield received


def _format_of(form: FormWithFile) -> ImportFormat | InvalidRequest:
    """Return the format of a file: as chosen, else by its name, its media type or its text."""
    if named := form.fields.get(FILE_FORMAT):
        return _named_format(named)
    by_name = guess_format_by_name(form.name)
    if isinstance(by_name, ImportFormat):
        return by_name
    if isinstance(by_name, InvalidRequest) and problem_of_name(form.name):
        return by_name
    if by_name is not None and form.type in BATCH_FORMATS:
        return BATCH_FORMATS[form.type]
    start = form.file.read(GUESSED_CHARACTERS)
    return guess_format_by_text(start.decode("utf-8", "surrogateescape"))


def _named_format(name: str) -> ImportFormat | InvalidRequest:
    if name in IMPORT_FORMATS:
        return IMPORT_FORMATS[name]
    message = f"must be one of {', '.join(IMPORT_FORMATS)}, not {shown(name)}"
    return InvalidRequest((ParameterError(FILE_FORMAT, message),))


def _read_choices(given: Fields) -> Choices:
    """Read how to import a file; raises RefusedError."""
    choices = Choices(*(given.get(name, "") for name in _CHOICES))
    chosen = _named_format(choices.file_format)
    if isinstance(chosen, InvalidRequest):
        raise RefusedError(chosen)
    if choices.on_error not in {"", *OnError}:
        message = f"must be {' or '.join(OnError)}, not {shown(choices.on_error)}"
        raise RefusedError(InvalidRequest((ParameterError(ON_ERROR, message),)))
    return choices


def _options(choices: Choices, *, skip_bad: bool, dry_run: bool = False) -> ImportOptions:
    return ImportOptions(
        source=choices.source.strip() or None, advises=False, skip_bad=skip_bad, dry_run=dry_run
    )


def _import(
    repository: RoomRepository, file: Received, choices: Choices, options: ImportOptions
) -> Response[ImportReport]:
    form = IMPORT_FORMATS[choices.file_format]
    rooms = form.read(form.cut(file.open_text()), options)
    if isinstance(rooms, InvalidRequest):
        return build_response_from_invalid_request(rooms)
    return room_import_use_case(repository, rooms, named=NAMED_LINES)


def _query(choices: Choices) -> str:
    values = (choices.file_format, choices.source.strip(), choices.on_error)
    return query_of(dict(zip(_CHOICES, values, strict=True)))


def _ask_again(
    request: Request,
    choices: Choices,
    problem: str,
    errors: tuple[ParameterError, ...] = (),
) -> Outcome:
    page = import_page(request, choices, problem, [str(each) for each in errors])
    return form_page(page, HTTPStatus.BAD_REQUEST)
