"""Each answer has an ID of its own."""

import subprocess
import sys
from uuid import UUID

IDS = """
import os
from rentomatic.wsgi.request import read_request
os.fork()
for _ in range(100):
    os.write(1, read_request({"REQUEST_METHOD": "GET"}).id.encode() + b"\\n")
"""


def test_no_two_workers_make_the_same_id() -> None:
    """IDs are random UUIDs, in processes that were forked after loading the service too."""
    ran = subprocess.run([sys.executable, "-c", IDS], stdout=subprocess.PIPE, text=True, check=True)
    ids = ran.stdout.split()
    assert len(ids) == len(set(ids)) == 200
    assert all(str(UUID(each)) == each and UUID(each).version == 4 for each in ids)
