"""Files that are uploaded on the page, through nginx."""

import re
from http.client import HTTPConnection

import pytest

from tests.ops.nginx.site import HERE, TOKEN, Site

BOUNDARY = "----boundary"
END = f"\r\n--{BOUNDARY}--\r\n".encode()
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
    "Content-Type: text/csv\r\n\r\n"
).encode()
HEADER = b"code,size,price,longitude,latitude\n"


def upload(site: Site, length: int) -> tuple[int, str]:
    """Send a file of this length as someone who is signed in; return the status and Location."""
    connection = HTTPConnection(HERE, site.proxy.port, timeout=60)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Cookie": f"rentomatic={TOKEN}",
        "Sec-Fetch-Site": "same-origin",
        "Accept": "text/html",
    }
    connection.request("POST", "/import", HEAD + HEADER.ljust(length, b"\n") + END, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Location"] or ""


@pytest.mark.parametrize(
    ("length", "status"),
    [
        pytest.param(3 << 20, 303, id="longer than other bodies"),
        pytest.param(64 << 20, 303, id="as long as a batch"),
        pytest.param((64 << 20) + 1, 413, id="longer, for the service"),
        pytest.param(66 << 20, 413, id="longer, for nginx"),
    ],
)
def test_a_file_may_be_as_long_as_a_batch(site: Site, length: int, status: int) -> None:
    """Although other bodies may not; nginx lets the rest of the form through, too."""
    found, location = upload(site, length)
    assert found == status
    if status == 303:
        assert re.fullmatch(r"/import/[0-9a-f]{32}\?file_format=csv", location)
