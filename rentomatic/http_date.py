"""Dates in headers of HTTP."""

from datetime import datetime
from email.utils import parsedate_to_datetime


def read_http_date(text: str) -> datetime | None:
    """Read a date (RFC 9110, section 5.6.7); return None if it is malformed.

    It has no time zone if its own is -0000.
    """
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
