"""Rent-o-Matic: the room search service of a company that rents out rooms."""

from configparser import ConfigParser
from importlib.metadata import version
from pathlib import Path


def _version() -> str:
    # A checkout need not be installed, and its version may have changed since it was.
    checkout = ConfigParser(interpolation=None)
    checkout.read(Path(__file__).resolve().parents[1] / "setup.cfg", encoding="utf-8")
    return checkout.get("metadata", "version", fallback="") or version("rentomatic")


__version__ = _version()
