"""The unit that sends webhooks: a sandbox with a network, and the key that the installer made."""

import json

from testbed.machine import Machine
from testbed.waiting import until

ALLOWED = "RENTOMATIC_WEBHOOK_NETWORKS=127.0.0.0/8"
RECEIVER = """
import http.server
class Keep(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open("/root/received", "ab").write(body + b"\\n")
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 9000), Keep).serve_forever()
"""


def received(machine: Machine) -> str:
    """Return what the receiver got."""
    return machine.try_to("cat", "/root/received").stdout


def test_a_saved_search_is_notified(machine: Machine) -> None:
    """From the command line to the receiver; the journal says what runs."""
    machine.run("systemd-run", "--unit=receiver", "python3", "-c", RECEIVER)
    try:
        with machine.setting(ALLOWED):
            machine.run("systemctl", "restart", "rentomatic-notify")
            until(lambda: "notifying" in journal(machine))
            query, webhook = "filter_price__lt=60", "http://127.0.0.1:9000/"
            added = json.loads(
                machine.run(
                    *("rentomatic", "searches", "add", "--name", "cheap"),
                    *("--webhook", webhook, query),
                )
            )
            room = ("size=20", "price=59", "longitude=13", "latitude=52")
            code = json.loads(machine.run("rentomatic", "add", *room))["code"]
            until(lambda: '"kind":"added","at"' in received(machine))
            machine.run("rentomatic", "remove", "--yes", code)
            until(lambda: '"kind":"removed"' in received(machine))
            machine.run("rentomatic", "searches", "remove", added["id"])
            assert added["secret"] not in journal(machine)
    finally:
        machine.run("systemctl", "stop", "receiver")
        machine.run("systemctl", "restart", "rentomatic-notify")


def journal(machine: Machine) -> str:
    """Return the log of the unit."""
    return machine.run("journalctl", "--unit=rentomatic-notify", "--output=cat", "--boot")
