"""Files as companies have them: their columns become optional fields."""

import json
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from webtest import TestApp

from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Stores
from tests.cli.conftest import Run
from tests.cli.imports import everything

# Inside Airbnb's listings.csv, with some of its columns.
AIRBNB = """\
id,listing_url,source,name,description,neighborhood_overview,picture_url,host_id,host_name,\
neighbourhood,neighbourhood_cleansed,latitude,longitude,room_type,accommodates,bedrooms,beds,price,\
has_availability
2539,https://www.airbnb.example/rooms/2539,city scrape,Clean & quiet apt home by the park,\
"Renovated <br />apt home\nin an elevator building.",Close to Prospect Park,\
https://a0.example/pictures/3949d073.jpg,2787,John,\
"Brooklyn, New York, United States",Kensington,40.64749,-73.97237,Private room,2,1,2,"$1,149.00",t
2595,https://www.airbnb.example/rooms/2595,city scrape,Skylit Midtown Castle,,,,2845,Jennifer,,\
Midtown,40.75362,-73.98377,Entire home/apt,1,,1,$225.00,t
"""
# Idealista's API, an object for each property.
IDEALISTA = [
    {
        "propertyCode": "94726991",
        "thumbnail": "https://img3.idealista.example/blur/WEB_LISTING/0/image.jpg",
        "price": 1250.0,
        "size": 68.0,
        "rooms": 2,
        "bathrooms": 1,
        "address": "calle de Fuencarral",
        "municipality": "Madrid",
        "latitude": 40.4273,
        "longitude": -3.7012,
        "url": "https://www.idealista.example/inmueble/94726991/",
        "description": "Piso luminoso.\nDisponible ya.",
        "suggestedTexts": {"title": "Piso en calle de Fuencarral"},
    },
    {"propertyCode": "1", "price": 900.0, "size": 40, "latitude": 40.4, "longitude": -3.7},
]
# What pandas writes with its index, and floats where there are gaps.
PANDAS = f"""\
,id,name,town,area,price,lat,lon,bedrooms,available_from
0,{UUID(int=1)},Loft at Łódź Fabryczna,Łódź,51.0,2500.0,51.76,19.47,2.0,2026-09-01 00:00:00
1,{UUID(int=2)},,,34.0,1700.0,51.77,19.46,,
"""


@pytest.fixture
def client(postgres_embedded: PostgresRepo) -> TestApp:
    """The service on the same rooms."""
    application = Application(Stores(postgres_embedded))
    return TestApp(application, extra_environ={"SERVER_PROTOCOL": "HTTP/1.1"})


def test_airbnb(run: Run, tmp_path: Path, client: TestApp) -> None:
    """Names, texts, addresses and districts; the id is kept, so that tables can be joined."""
    path = tmp_path / "listings.csv"
    path.write_text(AIRBNB)
    code, out, err = run("import", path, "--source", "airbnb", "--default", "size=20")
    assert (code, out) == (0, "added 2, updated 0, unchanged 0, rejected 0\n")
    assert err.splitlines() == [
        (
            "fields: code from id, price, latitude, longitude, title from name, description, "
            "url from listing_url, image from picture_url, city from neighbourhood_cleansed, "
            "bedrooms, reference from id"
        ),
        (
            "ignored columns: source, neighborhood_overview, host_id, host_name, neighbourhood, "
            "room_type, accommodates, beds, has_availability"
        ),
    ]
    (room,) = client.get("/rooms?filter_reference__eq=2539").json
    # As the manual says.
    namespace = uuid5(UUID("6c1b4c3e-5a0e-5d58-9f0b-2f6f0a1d9c11"), "airbnb")
    assert room["code"] == str(uuid5(namespace, "2539"))
    assert room["title"] == "Clean & quiet apt home by the park"
    assert room["description"] == "Renovated <br />apt home\nin an elevator building."
    assert room["url"] == "https://www.airbnb.example/rooms/2539"
    assert room["image"] == "https://a0.example/pictures/3949d073.jpg"
    assert (room["city"], room["bedrooms"], room["price"]) == ("Kensington", 1, 1149)
    (other,) = client.get("/rooms?filter_city__in=midtown,nowhere").json
    assert set(other) - {"code", "size", "price", "latitude", "longitude"} == {
        *("title", "url", "city", "reference")
    }
    assert "unchanged 2" in run("import", path, "--source", "airbnb", "--default", "size=20")[1]


def test_idealista(run: Run, tmp_path: Path, client: TestApp) -> None:
    """Neither `rooms` nor a nested title is guessed to be a field."""
    path = tmp_path / "idealista.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in IDEALISTA))
    code, out, err = run("import", path, "--source", "idealista", "--column", "code=propertyCode")
    assert (code, out) == (0, "added 2, updated 0, unchanged 0, rejected 0\n")
    assert err == (
        "fields: code from propertyCode, size, price, latitude, longitude, description, url, "
        "image from thumbnail, city from municipality, reference from propertyCode\n"
        "ignored keys: rooms, bathrooms, address, suggestedTexts\n"
    )
    (room,) = client.get("/rooms?filter_city__eq=MADRID").json
    assert (room["reference"], room["size"], room["price"]) == ("94726991", 68, 1250)
    assert room["description"] == "Piso luminoso.\nDisponible ya."
    assert "bedrooms" not in room


def test_pandas(run: Run, tmp_path: Path, postgres_embedded: PostgresRepo) -> None:
    """Whole numbers with .0, days with a time, gaps; the ids are UUIDs and need no reference."""
    path = tmp_path / "rooms.csv"
    path.write_text(PANDAS)
    code, out, err = run("import", path)
    assert (code, out) == (0, "added 2, updated 0, unchanged 0, rejected 0\n")
    assert err.endswith("city from town, bedrooms, available_from\nignored columns: Unnamed: 0\n")
    rooms = {room.code.int: room for room in everything(postgres_embedded)}
    assert (rooms[1].title, rooms[1].city) == ("Loft at Łódź Fabryczna", "Łódź")
    assert (rooms[1].bedrooms, rooms[1].available_from) == (2, date(2026, 9, 1))
    assert (rooms[2].title, rooms[2].bedrooms, rooms[2].reference) == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("2.0,2026-09", "2.5,2026-09", "bedrooms must be an integer, not '2.5'; give --round"),
        ("2026-09-01 00:00:00", "2026-02-31", "available_from is not a day of the calendar"),
        ("2026-09-01 00:00:00", "2026-09-01 13:00:00", "available_from must be a date such as"),
        ("Loft at", "Loft\0at", "name must be text without control characters"),
        ("Loft at", "x" * 200, "name must be text of at most 200 characters"),
        (",Łódź,", ',"a\nb",', "town must be text without control characters"),
    ],
)
def test_bad_values_are_bad_lines(
    run: Run, tmp_path: Path, old: str, new: str, problem: str
) -> None:
    """Named by the file's own column; the field can be left out."""
    path = tmp_path / "rooms.csv"
    path.write_text(PANDAS.replace(old, new, 1))
    code, _, err = run("import", path)
    assert code == 2
    assert f"line 2: {problem}" in err
    ignored = [f"--ignore={name}" for name in ("title", "city", "bedrooms", "available_from")]
    assert run("import", path, *ignored)[0] == 0


def test_a_long_identity_is_no_reference(run: Run, tmp_path: Path) -> None:
    """It is a bad line, unless the field is left out."""
    path = tmp_path / "rooms.csv"
    path.write_text(f"id,size,price,lon,lat\n{'x' * 101},1,1,1,1\n")
    code, _, err = run("import", path, "--source", "x")
    assert code == 2
    assert "id must be text of at most 100 characters, not" in err
    assert "to be kept as the reference; give --ignore reference" in err
    assert run("import", path, "--source", "x", "--ignore", "reference")[0] == 0


def test_a_field_that_is_left_out_has_no_column(run: Run, tmp_path: Path) -> None:
    """Both at once are an error."""
    path = tmp_path / "rooms.csv"
    path.write_text(PANDAS)
    code, _, err = run("import", path, "--ignore", "city", "--column", "city=town")
    assert (code, err) == (
        2,
        "rentomatic: ignore: city is ignored, so it cannot have --column or --default\n",
    )
    code, _, err = run("import", path, "--ignore", "city", "--dry-run")
    assert code == 0
    assert "ignored columns: Unnamed: 0, town" in err


def test_a_reference_in_the_file_is_kept(
    run: Run, tmp_path: Path, postgres_embedded: PostgresRepo
) -> None:
    """It overrides the identity; a UUID is not a reference, so the stored one stays."""
    path = tmp_path / "rooms.csv"
    path.write_text(f"id,reference,size,price,lon,lat\n{UUID(int=1)},A-1,1,1,1,1\n7,,1,1,1,1\n")
    assert run("import", path, "--source", "x")[0] == 0
    path.write_text(f"id,size,price,lon,lat\n{UUID(int=1)},2,1,1,1\n8,1,1,1,1\n")
    assert run("import", path, "--source", "x")[0] == 0
    stored = sorted(room.reference or "" for room in everything(postgres_embedded))
    assert stored[-3:] == ["", "8", "A-1"]
