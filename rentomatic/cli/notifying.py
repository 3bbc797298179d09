"""`rentomatic notify`: reports changes of rooms to the webhooks of saved searches."""

import argparse
import logging
import os
import signal

from rentomatic.bootstrap import open_notifier
from rentomatic.cli.outcome import SUCCESS
from rentomatic.cli.parser import Commands, add_command
from rentomatic.config import Settings

# How long a name may take to be resolved, unless the environment says it; resolv.conf(5).
_RESOLVER = "timeout:2 attempts:2"


def add_commands(commands: Commands) -> None:
    """Describe the command."""
    add_command(
        commands,
        "notify",
        run_notify,
        "report changes of rooms to the webhooks of saved searches",
        "Report changes of rooms to the webhooks of saved searches until Ctrl-C or SIGTERM. Of"
        " several that run, one at a time does it; the others wait and take over.",
    )


def run_notify(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Notify until a signal ends it; messages that are being sent are waited for."""
    logging.getLogger("rentomatic").setLevel(logging.INFO)
    os.environ.setdefault("RES_OPTIONS", _RESOLVER)
    with open_notifier(settings) as notifier:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: notifier.stop())
        notifier.run()
    return SUCCESS
