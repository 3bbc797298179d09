"""The alerts are well formed, fire when they should, and look at what the service tells."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rentomatic.metrics import Metrics
from rentomatic.repository.interface import Schema
from rentomatic.resources import shipped

RULES = shipped("ops") / "prometheus" / "rules.yml"
RUNBOOK = shipped("ops") / "README.md"

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)"
)


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [("check", "rules", RULES), ("test", "rules", Path(__file__).parent / "rules.test.yml")],
)
def test_prometheus_takes_the_rules(command: tuple[str | Path, ...]) -> None:
    """Checked, and tried on series of which it is known what they should bring about."""
    result = subprocess.run(["promtool", *command], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_rules_look_at_what_there_is() -> None:
    """A count that is renamed would silence its alert."""
    metrics = Metrics()
    metrics.count_request("/rooms", "GET", 200, 0.01)
    text = metrics.render("release", Schema()).decode()
    told = set(re.findall(r"^(\w+)", text, re.MULTILINE))
    assert set(re.findall(r"\brentomatic_\w+", RULES.read_text())) <= told


def test_the_runbook_has_every_alert() -> None:
    """Who is called finds what to do under the alert's name."""
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
    assert alerts
    headings = re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert [heading for heading in headings if heading in alerts] == alerts
