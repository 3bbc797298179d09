"""The alerts are valid, fire when they should, and use metrics that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rentomatic.metrics import Metrics
from rentomatic.repository.results import TOO_OLD, ReplicaState, Schema
from rentomatic.resources import shipped

RULES = shipped("ops") / "prometheus" / "rules.yml"
RUNBOOK = shipped("ops") / "README.md"
CLUSTER = shipped("ops") / "cluster"

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)"
)


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", RULES),
        ("check", "rules", CLUSTER / "alerts.yml"),
        ("test", "rules", Path(__file__).parent / "rules.test.yml"),
        ("test", "rules", Path(__file__).parent / "cluster_alerts.test.yml"),
    ],
    ids=["rules", "cluster-rules", "alerts", "cluster-alerts"],
)
def test_prometheus_accepts_the_rules(command: tuple[str | Path, ...]) -> None:
    """They are valid, and fire for known series as expected."""
    result = subprocess.run(["promtool", *command], check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_rules_use_metrics_that_exist() -> None:
    """A renamed metric would silence its alert."""
    metrics = Metrics()
    metrics.count_request("/rooms", "GET", 200, 0.01)
    text = metrics.render("release", Schema(), replicas=[ReplicaState(1, TOO_OLD, 70.0)]).decode()
    names = set(re.findall(r"^(\w+)", text, re.MULTILINE))
    assert set(re.findall(r"\brentomatic_\w+", RULES.read_text())) <= names


@pytest.mark.parametrize(
    ("rules", "manual"),
    [(RULES, RUNBOOK), (CLUSTER / "alerts.yml", CLUSTER / "README.md")],
    ids=["service", "cluster"],
)
def test_the_runbook_has_every_alert(rules: Path, manual: Path) -> None:
    """A section with the alert's name says what to do."""
    alerts = re.findall(r"- alert: (\w+)", rules.read_text())
    assert alerts
    headings = re.findall(r"^### (\w+)$", manual.read_text(), re.MULTILINE)
    assert [heading for heading in headings if heading in alerts] == alerts
