"""`rentomatic relax`: what finds more rooms, as JSON and as a table."""

import json
import shlex
from collections.abc import Callable

import pytest

from rentomatic.domain.room import Room
from rentomatic.repository.postgresrepo import PostgresRepo
from tests.cli.conftest import Run

MakeRoom = Callable[..., Room]
NOTHING = ["price__lt=40", "size__gte=300", "--near", "-0.1,51.7", "--radius-min", "5"]


def test_each_change_has_the_command_that_finds_its_rooms(run: Run) -> None:
    """With its other arguments as they were given."""
    code, out, err = run("relax", *NOTHING)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [(each["parameter"], each["from"], each["to"]) for each in found] == [
        ("size__gte", "300", "215"),
        ("price__lt", "40", "67"),
    ]
    for each in found:
        program, *command = shlex.split(each["command"])
        assert program == "rentomatic"
        assert command[-4:] == ["--near", "-0.1,51.7", "--radius-min", "5"]
        assert len(json.loads(run(*command)[1])) == each["count"]


def test_a_removed_condition_is_not_in_the_command(run: Run) -> None:
    """Words are an option, with quotes where the shell needs them."""
    (found,) = json.loads(run("relax", "price__ne=1", "--q", "bal cony")[1])
    assert (found["parameter"], found["from"], found["to"]) == ("q", "bal cony", None)
    assert found["command"] == "rentomatic list price__ne=1"
    (found,) = json.loads(run("relax", "city__eq=St. Gallen", "price__gte=66")[1])
    assert found["command"] == "rentomatic list price__gte=66"


def test_a_table_is_for_people(
    run: Run, postgres_embedded: PostgresRepo, make_room: MakeRoom
) -> None:
    """It says how exact the number is."""
    postgres_embedded.save(make_room(number, price=70) for number in range(1_100))
    _, out, _ = run(
        "relax", "price__gte=80", "city__eq=Ghent, Belgium, Europe, the Earth", "--format", "table"
    )
    assert out == "no relaxations\n"
    _, out, _ = run("relax", "price__gte=80", "--format", "table")
    assert out.splitlines() == [
        "parameter   from  to  rooms",
        "----------  ----  --  --------------",
        "price__gte    80  70  at least 1,001",
    ]
    _, out, _ = run("relax", "city__eq=Ghent, Belgium, Europe, the Earth", "--format", "table")
    assert out.splitlines()[2] == "city__eq   Ghent, Belgium, Europe,…  (none)  at least 1,001"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["price__lt=abc"], "filters: price__lt must be an integer"),
        (["--radius", "1"], "radius: needs near=longitude,latitude"),
        (["--filter", "price <"], "filter: "),
    ],
)
def test_the_search_is_read_strictly(run: Run, arguments: list[str], message: str) -> None:
    """Mistakes are those of a search."""
    code, out, err = run("relax", *arguments)
    assert (code, out) == (2, "")
    assert message in err
