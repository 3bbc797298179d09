"""The file of lines that `rentomatic import --skip-bad` rejects."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rentomatic.requests.room_import import BadLine, RoomImportRequest

_REASON = "rejected_because"
_EARLIER_REASON = re.compile(rf',?\s*"{_REASON}"\s*:\s*"(?:[^"\\]|\\.)*"\s*\}}\Z')

# What is written before, between and after the lines.
_FRAMES = {
    "csv": ("", "", ""),
    "ndjson": ("", "\n", "\n"),
    "geojson": ('{"type":"FeatureCollection","features":[\n', ",\n", "\n]}\n"),
}


class Rejects:
    """The file of bad lines as they were read, with the reasons; created for the first one.

    Args:
        path: its path; `-` is standard output, and None writes no lines.
        request: the import.
    """

    def __init__(self, path: str | None, request: RoomImportRequest) -> None:
        self.path = path
        self._request = request
        self._start, self._between, self._end = _FRAMES[request.format]
        self._file: IO[str] | None = None

    def add(self, line: BadLine) -> None:
        """Write a bad line, unless there is no path."""
        if self.path is None:
            return
        with self._named():
            before = self._between
            if self._file is None:
                self._file = self._open(self.path)
                before = self._start
                if self._request.format == "csv":
                    before = self._row([*self._request.header, _REASON])
            self._file.write(before + self._show(line))

    @property
    def is_standard_output(self) -> bool:
        """Whether the bad lines are written to standard output."""
        return self.path == "-"

    def _open(self, path: str) -> IO[str]:
        target = sys.stdout.fileno() if self.is_standard_output else path
        closes = not self.is_standard_output
        return open(target, "w", -1, "utf-8", "surrogateescape", "", closes)

    def close(self) -> None:
        """Write the end of the file, and close it."""
        file, self._file = self._file, None
        if file is not None:
            with self._named(), file:
                file.write(self._end)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the file in errors, as Python does when it cannot open one."""
        try:
            yield
        except OSError as error:
            name = None if self.is_standard_output else self.path
            raise OSError(error.errno, error.strerror, name) from None

    def _show(self, line: BadLine) -> str:
        if self._request.format == "csv":
            padding = [""] * (len(self._request.header) - len(line.record))
            return self._row([*line.record, *padding, line.reason])
        return _with_reason(line.record[0], line.reason)

    def _row(self, values: list[str]) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._request.delimiter).writerow(values)
        return text.getvalue()


def _with_reason(text: str, reason: str) -> str:
    """Add the reason to an object, whose text is otherwise kept; wrap other text in an object."""
    why = f"{json.dumps(_REASON)}:{json.dumps(reason, ensure_ascii=False)}}}"
    if not _is_object(text):
        return f'{{"rejected_line":{json.dumps(text, ensure_ascii=False)},{why}'
    members = _EARLIER_REASON.sub("", text) if _EARLIER_REASON.search(text) else text[:-1]
    return members + (why if members.strip() == "{" else f",{why}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text, parse_int=str), dict)
    except (ValueError, RecursionError):
        return False
