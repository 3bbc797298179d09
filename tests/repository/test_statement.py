"""SQL files are read strictly: a mismatch with the code is reported with file and line."""

import re
import subprocess
from pathlib import Path

import pytest

from rentomatic.config import PostgresDatabase
from rentomatic.embedded.cluster import Cluster
from rentomatic.repository.statement import Statement, StatementError
from rentomatic.resources import shipped

TEXT = """\
-- Find 100% of :nothing in comments.
select a, b::text, 'it''s :quoted -- 5%' as "odd :name"
from t
where true
  and a < :a_lt::bigint  -- if a_lt
  and b = any(:b_in::text[])  -- if b_in
  and c % :modulus::bigint = 0
order by
  a desc,  -- if by_a
  b
"""
PSQL_VALUES = {
    "order": "price, code",
    "is_after": "(price, code) > (1, null)",
    "is_present": "price is not null",
    "is_met": "(price < 1 or price > 2)",
    "hemisphere": "1",
}
# Parameters that must not be null.
PSQL_VALUES_OF = {
    "idempotency_claim": dict.fromkeys(("scope", "key", "fingerprint"), "'text'"),
    "upload_claim": dict.fromkeys(("owner", "digest"), "'text'"),
    "notification_advance": {
        "epoch": "gen_random_uuid()",
        "xid": "'1'",
        "id": "1",
        "made_at": "now()",
    },
    "notification_count": {"outcome": "'text'", "count": "1"},
}
NAMES = {"a_lt", "b_in", "modulus", "by_a"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A SQL file."""
    path = tmp_path / "thing_list.sql"
    path.write_text(TEXT)
    return path


def lines(statement: Statement, *given: str) -> list[str]:
    """Render a statement."""
    return statement.text(frozenset(given)).decode().splitlines()


def test_only_the_lines_of_given_parameters_are_sent(file: Path) -> None:
    """An absent filter costs nothing."""
    statement = Statement(file, NAMES)
    assert lines(statement) == [
        "select a, b::text, 'it''s :quoted -- 5%%' as \"odd :name\"",
        "from t",
        "where true",
        "  and c %% %(modulus)s::bigint = 0",
        "order by",
        "  b",
    ]
    assert lines(statement, "b_in", "by_a")[3:] == [
        "  and b = any(%(b_in)s::text[])",
        "  and c %% %(modulus)s::bigint = 0",
        "order by",
        "  a desc,",
        "  b",
    ]


@pytest.mark.parametrize(("missing", "number"), [("a_lt", 5), ("modulus", 7), ("by_a", 9)])
def test_a_parameter_that_the_code_does_not_pass_is_reported(
    file: Path, missing: str, number: int
) -> None:
    """The error names file and line, as a compiler would."""
    message = f"thing_list.sql:{number}: the code does not pass the parameter {missing}$"
    with pytest.raises(StatementError, match=message):
        Statement(file, NAMES - {missing})


def test_a_parameter_that_the_file_lacks_is_reported(file: Path) -> None:
    """A filter that is silently ignored would widen the search."""
    message = r"thing_list.sql:1: this file and .*/parts lack the parameter a_gt$"
    with pytest.raises(StatementError, match=message):
        Statement(file, NAMES | {"a_gt"})


@pytest.mark.parametrize("path", sorted(shipped("sql").glob("*.sql")), ids=lambda path: path.stem)
def test_every_file_runs_whole_in_psql(
    path: Path, database: PostgresDatabase, embedded: Cluster
) -> None:
    """A DBA can set its parameters and run it, and it begins with a comment."""
    text = path.read_text()
    assert text.startswith("-- ")
    command = [embedded.binaries / "psql", database.url, "-X", "-v", "ON_ERROR_STOP=1", "-f", path]
    files = {file.stem: file.read_text() for file in shipped("sql").rglob("*.sql")}
    names = set(re.findall(r"(?<!:):([a-z]\w*)", "".join(files.values())))
    values = files | PSQL_VALUES | PSQL_VALUES_OF.get(path.stem, {})
    for name in names:
        command += ["-v", f"{name}={values.get(name, 'null')}"]
    # The end of the file ends the statement in psql, so the files need no semicolon.
    subprocess.run(command, check=True, capture_output=True)


def test_a_line_may_include_a_file(tmp_path: Path) -> None:
    """Its lines need their own marks and that of the including line; the code adds its parts."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "filters.sql").write_text("-- A part.\nand a = :a  -- if a\n  :deeper\n")
    (tmp_path / "parts" / "deeper.sql").write_text("and b = '%'\n")
    (tmp_path / "list.sql").write_text("select 1\n  :filters  -- if filtered\norder by :order\n")
    statement = Statement(tmp_path / "list.sql", {"a", "filtered"}, {"order"})
    assert statement.text(frozenset({"a"}), order="x desc") == b"select 1\norder by x desc"
    assert statement.text(frozenset({"a", "filtered"}), order="y") == (
        b"select 1\nand a = %(a)s\nand b = '%%'\norder by y"
    )
    with pytest.raises(StatementError, match=r"parts/filters.sql:2: the code does not pass .* a$"):
        Statement(tmp_path / "list.sql", {"filtered"}, {"order"})
