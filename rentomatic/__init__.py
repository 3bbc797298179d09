"""Rent-o-Matic: the room search service of a company that rents out rooms."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rentomatic")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0+unknown"
