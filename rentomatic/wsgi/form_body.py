"""The bodies of forms, read strictly (the URL standard, section 5; RFC 7578)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from rentomatic.requests.base import InvalidRequest, ParameterError
from rentomatic.requests.parsers import shown_name
from rentomatic.wsgi.body import Received, malformed, pieces_of, storing, too_long
from rentomatic.wsgi.failure import HttpFailure, RefusedError
from rentomatic.wsgi.query import unquote
from rentomatic.wsgi.request import Content

URL_ENCODED = "application/x-www-form-urlencoded"
WITH_FILE = "multipart/form-data"

# The longest description, each of its characters escaped as four bytes, and the other fields.
MAX_FORM_BYTES = 1 << 17
MAX_FIELDS = 64
# Of a form with a file: its other fields, and the lines between them.
_MAX_OTHER_BYTES = 1 << 16
_MAX_VALUE_BYTES = 1 << 13

Fields = Mapping[str, str]


def parse_form(body: bytes) -> Fields:
    """Return the fields of a form by name; one that is left empty is empty text.

    Raises:
        RefusedError: for a repeated or unnamed field, a broken escape, invalid UTF-8 or a NUL.
    """
    pairs = list(filter(None, body.decode("latin-1").split("&")))
    if len(pairs) > MAX_FIELDS:
        raise RefusedError(malformed(f"has more than {MAX_FIELDS} fields"))
    fields: dict[str, str] = {}
    for pair in pairs:
        sent_name, _, sent_value = pair.partition("=")
        (name, name_problem), (value, problem) = unquote(sent_name), unquote(sent_value)
        if name_problem or problem:
            raise RefusedError(malformed(f"{shown_name(name)} {name_problem or problem}"))
        _add(fields, name, value)
    return fields


def check_fields(fields: Fields, names: Collection[str]) -> None:
    """Raise RefusedError for fields that have none of these names."""
    unknown = [name for name in fields if name not in names]
    if unknown:
        problems = (ParameterError(shown_name(each), "is not in this form") for each in unknown)
        raise RefusedError(InvalidRequest(tuple(problems)))


@dataclass(slots=True)
class FormWithFile:
    """A form with a file; it must be closed.

    Attributes:
        file: what is in the file.
        name: the file's name; empty if none was chosen.
        type: its media type, as the browser guesses it.
        fields: the other fields.
    """

    file: Received = field(default_factory=Received)
    name: str = ""
    type: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def receive_form_with_file(content: Content, name: str, most: int) -> FormWithFile:
    """Receive a form whose field `name` is a file of at most `most` bytes, which goes to disk.

    Raises:
        RefusedError: it is too long, incomplete or malformed, or cannot be stored.
    """
    whole = most + _MAX_OTHER_BYTES
    if content.length is not None and content.length > whole:
        raise RefusedError(too_long(most))
    form = FormWithFile()
    with storing(form.file):
        try:
            _take(form, _events(content, whole), name, most)
        except MultipartError as error:
            # What follows is for developers.
            raise RefusedError(malformed(f"is not a form with a file: {error.args[0]}")) from None
        form.file.end()
    return form


# For each field the parser has a segment, then bytes, then None.
_Event = MultipartSegment | bytes | None


def _events(content: Content, most: int) -> Iterator[_Event]:
    _, options = parse_options_header(content.type)  # type: ignore[no-untyped-call]
    boundary = options.get("boundary", "")
    with PushMultipartParser(boundary, max_segment_count=MAX_FIELDS) as parser:
        for piece in pieces_of(content, most):
            yield from parser.parse(piece)


def _take(form: FormWithFile, events: Iterator[_Event], name: str, most: int) -> None:
    for segment in events:
        if not isinstance(segment, MultipartSegment) or not segment.name:
            raise RefusedError(malformed("has a field without a name"))
        pieces: Iterator[bytes] = iter(partial(next, events), None)
        if segment.name == name:
            # Among the fields for now, so that it is there once.
            _add(form.fields, name, "")
            form.name, form.type = segment.filename or "", segment.content_type or ""
            _copy(pieces, form.file.write, most, too_long(most))
        else:
            value = bytearray()
            problem = malformed(f"{shown_name(segment.name)} is longer than {_MAX_VALUE_BYTES} B")
            _copy(pieces, value.extend, _MAX_VALUE_BYTES, problem)
            _add(form.fields, segment.name, _text(segment.name, bytes(value)))
    form.fields.pop(name, None)


def _copy(
    pieces: Iterator[bytes],
    write: Callable[[bytes], object],
    most: int,
    refusal: HttpFailure,
) -> None:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > most:
            raise RefusedError(refusal)
        write(piece)


def _text(name: str, value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise RefusedError(malformed(f"{shown_name(name)} is not UTF-8")) from None
    if "\0" in text:
        raise RefusedError(malformed(f"{shown_name(name)} contains a NUL"))
    return text


def _add(fields: dict[str, str], name: str, value: str) -> None:
    if not name:
        raise RefusedError(malformed("has a field without a name"))
    if name in fields:
        raise RefusedError(malformed(f"has {shown_name(name)} more than once"))
    fields[name] = value
