"""Slows down guessing: one count for all processes of a machine."""

import fcntl
import mmap
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from threading import Lock

# This many wrong attempts are free; then an address has one in each interval.
FREE_ATTEMPTS = 5
INTERVAL_SECONDS = 10.0

_PLACES = 1 << 16
_BYTES = 8
_IPV6_NETWORK_BITS = 64


class Throttle:
    """Counts wrong attempts by address, for all processes that are forked after this is made.

    Each address has a moment up to which its wrong attempts are charged; a wrong attempt moves it
    by an interval (the generic cell rate algorithm). The moments are in memory that the processes
    share, so that they neither need a database nor grow. Addresses are found by a keyed digest;
    those with the same place, one of 65,536, share their attempts.

    Args:
        now: returns seconds on a clock that all processes share.
    """

    def __init__(
        self,
        free: int = FREE_ATTEMPTS,
        interval: float = INTERVAL_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grace = free * interval
        self._interval = interval
        self._now = now
        self._file = os.memfd_create("throttle")
        os.ftruncate(self._file, _PLACES * _BYTES)
        self._moments = memoryview(mmap.mmap(self._file, _PLACES * _BYTES)).cast("d")
        self._key = secrets.token_bytes(16)
        self._lock = Lock()

    def wait(self, address: str) -> float:
        """Return how many seconds an address must wait before another attempt; 0 for none."""
        ahead = self._moments[self._place(address)] - self._now()
        return max(0.0, ahead - self._grace + self._interval)

    def charge(self, address: str) -> float:
        """Charge an attempt unless the address must wait; return how many seconds it must wait.

        Charged before the attempt is judged, so that attempts at the same time count too.
        """
        place = self._place(address)
        with self._locked():
            if (seconds := self.wait(address)) == 0:
                self._moments[place] = max(self._moments[place], self._now()) + self._interval
        return seconds

    def forgive(self, address: str) -> None:
        """Take the last charge back: the attempt was right."""
        with self._locked():
            self._moments[self._place(address)] -= self._interval

    def _place(self, address: str) -> int:
        digest = blake2b(_network_of(address).encode(), key=self._key, digest_size=2).digest()
        return int.from_bytes(digest, "big")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep out other threads, and other processes, which share the file but not the lock."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _network_of(address: str) -> str:
    """Return the part of an address that one client has: of IPv6 the first 64 bits."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(int(found) >> _IPV6_NETWORK_BITS)


@cache
def sign_in_attempts() -> Throttle:
    """Return the throttle of signing in; processes that are forked after its first use share it."""
    return Throttle()
