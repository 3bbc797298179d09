"""Sorted files, in which lines are found without reading the files."""

from collections.abc import Iterator
from functools import cached_property
from mmap import ACCESS_READ, mmap
from pathlib import Path


class SortedLines:
    """A file of lines in UTF-8, sorted by their bytes: a key, a tab and a value.

    The file is mapped into memory at its first use. That takes no time, and all processes share it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _bytes(self) -> mmap:
        with self._path.open("rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ)

    def values(self, key: str) -> list[str]:
        """Return the values of a key, in the order of the file."""
        return [value for _, value in self.beginning_with(f"{key}\t")]

    def beginning_with(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the keys and values of the lines that begin with a text."""
        data, wanted = self._bytes, text.encode()
        start = self._first(wanted)
        while data[start : start + len(wanted)] == wanted:
            end = data.find(b"\n", start)
            key, _, value = data[start:end].decode().partition("\t")
            yield key, value
            start = end + 1

    def at(self, offset: int) -> str:
        """Return the line that begins at an offset."""
        return self._bytes[offset : self._bytes.find(b"\n", offset)].decode()

    def _first(self, wanted: bytes) -> int:
        """Return the offset of the first line that is not before a text."""
        data = self._bytes
        low, high = 0, len(data)
        while low < high:
            middle = (low + high) // 2
            start = data.rfind(b"\n", 0, middle) + 1
            if data[start : start + len(wanted)] < wanted:
                low = data.find(b"\n", middle) + 1
            else:
                high = start
        return low
