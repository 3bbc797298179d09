"""The runbook quotes messages as they are, and its links lead somewhere."""

import re
from pathlib import Path

from rentomatic.resources import PACKAGE, shipped

RUNBOOK = (shipped("ops") / "README.md").read_text()
# What others say.
FOREIGN = {"No space left on device", "worker_connections are not enough"}


def quoted() -> set[str]:
    """Return the messages that the runbook quotes, each up to what varies."""
    text = " ".join(RUNBOOK.split())
    patterns = (
        r"503 (?:with|that begins with) `([^`]+)`",
        r"\blog says `([^`]+)`",
        r"`([^`]+)` in the log",
        r"503 from [a-z ]+, `([A-Z][^`]+)` \|",
    )
    found = {each for pattern in patterns for each in re.findall(pattern, text)}
    return {re.split(r": |\.\.\.", each)[0] for each in found}


def sources() -> str:
    """Return all text of the package, without the ends of literals that are one sentence."""
    files = [*PACKAGE.rglob("*.py"), *(shipped("ops") / "nginx").iterdir()]
    text = "\n".join(path.read_text() for path in files)
    return re.sub(r'"\s+f?"', "", text)


def test_messages_are_quoted_as_they_are() -> None:
    """Someone searches the log, or this file, for them at night."""
    phrases = quoted() - FOREIGN
    assert len(phrases) > 5
    text = sources()
    assert [each for each in phrases if each not in text] == []


def test_links_lead_to_sections() -> None:
    """Of this file, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", RUNBOOK, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_files_that_are_named_exist() -> None:
    """As links of this file."""
    folder = Path(shipped("ops"))
    for link in re.findall(r"\]\(((?!#|http)[^)#]+)", RUNBOOK):
        assert (folder / link).exists(), link
