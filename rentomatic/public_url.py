"""The address under which browsers reach the site."""

import re
from ipaddress import AddressValueError, IPv6Address, ip_address
from urllib.parse import urlsplit

_ADDRESS = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?",
    re.ASCII | re.IGNORECASE,
)
_USUAL_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65_535


def parse_public_url(text: str) -> str:
    """Return the address in the form in which browsers send it as `Origin` (RFC 6454, section 6).

    Raises:
        ValueError: with what it must be.
    """
    found = _ADDRESS.fullmatch(text)
    host = _host(found[2].lower()) if found else None
    if not (found and host):
        raise ValueError(
            "the address of the site without a path, such as https://rooms.example.com"
        )
    scheme = found[1].lower()
    port = int(found[3] or _USUAL_PORTS[scheme])
    if not 0 < port <= _MAX_PORT:
        raise ValueError(f"an address whose port is from 1 to {_MAX_PORT}")
    return f"{scheme}://{host}" + ("" if port == _USUAL_PORTS[scheme] else f":{port}")


def _host(text: str) -> str | None:
    if not text.startswith("["):
        return text
    try:
        return f"[{IPv6Address(text[1:-1])}]"
    except AddressValueError:
        return None


def is_secure(public_url: str | None) -> bool:
    """Return whether what is sent to the site is encrypted."""
    return public_url is not None and public_url.startswith("https:")


def is_loopback(public_url: str | None) -> bool:
    """Return whether only browsers on the same machine reach the site under this address."""
    host = urlsplit(public_url or "").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def can_sign_in(public_url: str | None) -> bool:
    """Return whether a token may be sent to the site: encrypted, or within the machine."""
    return is_secure(public_url) or is_loopback(public_url)
