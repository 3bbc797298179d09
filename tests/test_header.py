"""What a machine lacks: the header of the report names it, tests/README.md says what to do."""

import re
from pathlib import Path

from tests.conftest import pytest_report_header


def test_the_readme_explains_each_line_of_the_header() -> None:
    """Each has a row in the table of what needs what, and each row has its line."""
    text = Path(__file__).with_name("README.md").read_text()
    table = text.split("| Line of the header |")[1].split("\n\n")[0]
    cells = re.findall(r"^\| (\w[^|]*) \|", table, re.MULTILINE)
    explained = [name for cell in cells for name in cell.split(", ")]
    assert explained == [line.partition(":")[0] for line in pytest_report_header()]
