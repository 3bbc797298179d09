"""Forms are read strictly, and files go to disk as they arrive."""

import tracemalloc
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from io import BytesIO
from typing import Any

import pytest

from rentomatic.wsgi.failure import HttpFailure, RefusedError
from rentomatic.wsgi.form_body import MAX_FIELDS, parse_form, receive_form_with_file
from rentomatic.wsgi.request import Content

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
MOST = 1 << 20


def part(name: str, value: bytes, filename: str | None = None, media_type: str = "") -> bytes:
    """Write a field as browsers do."""
    chosen = "" if filename is None else f'; filename="{filename}"'
    head = f'Content-Disposition: form-data; name="{name}"{chosen}\r\n'
    head += f"Content-Type: {media_type}\r\n" if media_type else ""
    return f"--{BOUNDARY}\r\n{head}\r\n".encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FILE = part("file", b"code,size\r\n\xff\0", "rooms.csv", "text/csv")


class Slow(BytesIO):
    """A body that arrives in pieces of a size."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return one piece at most."""
        return super().read(min(size or -1, self._size) if size and size > 0 else self._size)


def message_of(caught: "pytest.ExceptionInfo[RefusedError]") -> str:
    """Return what a client is answered."""
    outcome = caught.value.outcome
    assert isinstance(outcome, HttpFailure)
    return f"{outcome.status.value} {outcome.message}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"a=1&b=&c", {"a": "1", "b": "", "c": ""}),
        (b"a=x+y%20z%2B&%C3%BC=%0D%0A", {"a": "x y z+", "ü": "\r\n"}),
        (b"a=b=c&", {"a": "b=c"}),
    ],
)
def test_a_form_is_read(body: bytes, expected: Mapping[str, str]) -> None:
    """A field that is left empty is empty, as browsers send it."""
    assert parse_form(body) == expected


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a=1&a=1", "has a more than once"),
        (b"=1", "has a field without a name"),
        (b"a=%", "a has a % that is not followed by two hexadecimal digits"),
        (b"a=%zz", "a has a % that is not followed by two hexadecimal digits"),
        (b"a=%FF", "a is not UTF-8"),
        (b"a=\xff", "a is not UTF-8"),
        (b"a=%00", "a contains a NUL"),
        ("&".join(f"a{n}=" for n in range(MAX_FIELDS + 1)).encode(), "has more than 64 fields"),
    ],
)
def test_a_malformed_form_is_refused(body: bytes, problem: str) -> None:
    """Guessing might write something else than what was meant."""
    with pytest.raises(RefusedError) as caught:
        parse_form(body)
    assert message_of(caught) == f"400 body: {problem}"


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 16])
def test_a_file_is_received_whatever_pieces_it_comes_in(size: int) -> None:
    """Byte for byte, with its name, its type and the other fields."""
    body = part("source", "büro".encode()) + FILE + part("empty", b"") + END
    form = receive_form_with_file(Content(TYPE, stream=Slow(body, size)), "file", MOST)
    with form.file:
        content = form.file.read()
        assert content == b"code,size\r\n\xff\0"
        assert form.file.digest == blake2b(content, digest_size=16).hexdigest()
    assert (form.name, form.type) == ("rooms.csv", "text/csv")
    assert form.fields == {"source": "büro", "empty": ""}


def test_no_file_may_be_chosen() -> None:
    """Browsers then send an empty one without a name."""
    body = part("file", b"", "", "application/octet-stream") + END
    form = receive_form_with_file(Content(TYPE, stream=BytesIO(body)), "file", MOST)
    with form.file:
        assert (form.name, form.file.read()) == ("", b"")


@pytest.mark.parametrize(
    ("media_type", "body", "problem"),
    [
        (TYPE, FILE, "400 body: is not a form with a file: Unexpected end"),
        (TYPE, FILE[:-10], "400 body: is not a form with a file: Unexpected end"),
        (TYPE, b"", "400 body: is not a form with a file: Unexpected end"),
        ("multipart/form-data", FILE + END, "400 body: is not a form with a file: Empty boundary"),
        (
            TYPE,
            part("a", b"1").replace(b'"a"', b'"\xff"') + END,
            "400 body: is not a form with a file: Segment header failed to decode",
        ),
        (TYPE, FILE + FILE + END, "400 body: has file more than once"),
        (TYPE, part("a", b"1") + part("a", b"1") + END, "400 body: has a more than once"),
        (TYPE, part("", b"1") + END, "400 body: has a field without a name"),
        (TYPE, part("a", b"\xff") + END, "400 body: a is not UTF-8"),
        (TYPE, part("a", b"\0") + END, "400 body: a contains a NUL"),
        (TYPE, part("a", bytes(8_193)) + END, "400 body: a is longer than 8192 B"),
        (TYPE, part("file", bytes(MOST + 1), "a.csv") + END, "413 The body is too long; at most"),
        (TYPE, b"x" * (MOST + (1 << 16) + 1), "413 The body is too long"),
        (
            TYPE,
            b"".join(part(f"a{n}", b"") for n in range(MAX_FIELDS + 1)) + END,
            "400 body: is not a form with a file: Maximum segment count exceeded",
        ),
    ],
)
def test_a_malformed_form_with_a_file_is_refused(
    media_type: str, body: bytes, problem: str
) -> None:
    """And so is one that is too long: nothing is kept."""
    for stream in (BytesIO(body), Slow(body, 1_000)):
        with pytest.raises(RefusedError) as caught:
            receive_form_with_file(Content(media_type, stream=stream), "file", MOST)
        assert message_of(caught).startswith(problem)
        assert "Error" not in message_of(caught)


def test_a_long_file_takes_no_memory() -> None:
    """It goes to disk piece by piece."""

    class Endless:
        """A long file, made as it is read."""

        def __init__(self) -> None:
            self._pieces = self._made()

        @staticmethod
        def _made() -> Iterator[bytes]:
            head, end = FILE.split(b"code")[0], b"\r\n" + END
            yield head
            for _ in range(512):
                yield bytes(1 << 16)
            yield end

        def read(self, _size: int) -> bytes:
            """Return the next piece."""
            return next(self._pieces, b"")

    stream: Any = Endless()
    tracemalloc.start()
    try:
        form = receive_form_with_file(Content(TYPE, stream=stream), "file", 1 << 30)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    form.file.close()
    assert most < 4 << 20
