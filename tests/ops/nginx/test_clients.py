"""A client's address is what nginx sees, never what the client claims."""

import json
from uuid import uuid4

import pytest
from testbed.waiting import until

from tests.ops.nginx.site import Site

SAYS = {
    "X-Real-IP": "192.0.2.1",
    "X-Forwarded-For": "192.0.2.1",
    "Forwarded": "for=192.0.2.1",
    "X_Real_IP": "192.0.2.1",
}


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.4"])
def test_the_service_logs_the_address_that_nginx_sees(site: Site, source: str) -> None:
    """Whatever other addresses its headers name; with the same request id as nginx's log."""
    name = str(uuid4())
    path = f"/rooms?utm_source={name}"
    answer = site.ask(path, SAYS | {"X-Request-Id": name}, source=source)
    assert site.logged(answer)["client"] == source
    log = site.proxy.folder.parent / "rentomatic.log"
    (line,) = until(lambda: [line for line in log.read_text().splitlines() if name in line])
    served = json.loads(line)
    assert (served["client"], served["target"]) == (source, path)
    assert served["request_id"] == name


def test_metrics_are_for_this_machine(site: Site) -> None:
    """On a port of their own, which serves nothing else."""
    port = site.proxy.metrics_port
    answer = site.ask("/metrics", port=port)
    assert answer.status == 200
    assert b"# TYPE" in answer.body
    assert site.ask("/rooms", port=port).status == 404
    assert site.ask("/metrics").status == 404
