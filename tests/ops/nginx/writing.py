"""Writes through nginx, and their bodies."""

import json

from tests.ops.nginx.site import TOKEN, Answer, Site

ROOM = {"size": 20, "price": 60, "longitude": 13.4, "latitude": 52.5}
# Longer than allowed except for POST /rooms.
LONG_BATCH = b"code,size,price,longitude,latitude\n"
LONG_BATCH += b"3251a5bd-86be-428d-8ae9-6e51a8048c33,20,60,13.4,52.5\n"
LONG_BATCH += b"\n" * 2_000_000
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def write(site: Site, method: str, path: str, values: object = None, **headers: str) -> Answer:
    """Write through nginx."""
    media_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
    given = BEARER | {"Content-Type": media_type}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return site.ask(path, given, method, json.dumps(values).encode() if values else None)
