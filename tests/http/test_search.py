"""Searching `/rooms`: order, pages, places, counts and fields, as curl sees them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from webtest import TestApp

CODE = "f853578c-fc0f-4e65-81b8-566c5dffa35a"
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')


def links(client: TestApp, path: str) -> dict[str, str]:
    """Return the links of an answer by their relation."""
    header = client.get(path).headers["Link"]
    return {relation: reference for reference, relation in LINK.findall(header)}


def prices(client: TestApp, query: str) -> list[int]:
    """Search, and return the prices of what is found."""
    return [room["price"] for room in client.get(f"/rooms?{query}").json]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price", [39, 48, 60, 66]),
        ("-price", [66, 60, 48, 39]),
        ("size", [60, 48, 39, 66]),
        ("-size", [66, 39, 48, 60]),
        ("longitude", [39, 66, 60, 48]),
        ("-latitude,price", [39, 66, 60, 48]),
        ("code", [60, 48, 39, 66]),
        ("-code,price", [66, 39, 48, 60]),
        ("distance&near=0.3,51.4", [48, 60, 66, 39]),
        ("-distance&near=0.3,51.4", [39, 66, 60, 48]),
    ],
)
def test_rooms_are_in_the_requested_order(client: TestApp, sort: str, expected: list[int]) -> None:
    """By one field or several, up or down."""
    assert prices(client, f"sort={sort}") == expected


def test_pages_are_linked_to_the_last(client: TestApp) -> None:
    """Each links to the next until the last; each room appears once."""
    path = "/rooms?limit=1&sort=-price&filter_price__gt=40"
    found = []
    while path:
        found += [room["price"] for room in client.get(path).json]
        path = links(client, path).get("next", "")
    assert found == [66, 60, 48]


def test_links_name_no_host_and_keep_the_search(client: TestApp) -> None:
    """References are relative, whatever host a client claims; advertising is left out."""
    path = "/rooms?filter_size__in=56,93,405&limit=2&utm_source=x"
    answer = client.get(path, headers={"Host": "evil.example"})
    found = {relation: reference for reference, relation in LINK.findall(answer.headers["Link"])}
    assert found.keys() == {"first", "next", "describedby"}
    assert found["first"] == "/rooms?filter_size__in=56,93,405&limit=2"
    assert found["next"].startswith(f"{found['first']}&after=")
    assert found["describedby"] == "/openapi.json"
    assert links(client, found["next"])["first"] == found["first"]


def test_near_alone_links_to_the_nearest_first(client: TestApp) -> None:
    """Alone it does not sort; the link keeps the search, and is absent once there is a sort."""
    path = "/rooms?near=0.33894476,51.39916678&radius=50000&limit=2"
    nearest = links(client, path)["related"]
    assert nearest == f"{path}&sort=distance"
    assert client.get(nearest).json[0]["distance"] == 0
    assert "related" not in links(client, nearest)
    assert "related" not in links(client, f"{path}&sort=price")
    assert "related" not in links(client, "/rooms?limit=2")
    page = links(client, links(client, path)["next"])
    assert page["related"] == nearest


@pytest.mark.parametrize("limit", [4, 5, "none"])
def test_a_last_page_has_no_next(client: TestApp, limit: object) -> None:
    """Also one that is exactly full."""
    assert "next" not in links(client, f"/rooms?limit={limit}")


def test_a_cursor_takes_other_limits_fields_and_formats(client: TestApp) -> None:
    """They change how a page looks, not which rooms follow."""
    following = links(client, "/rooms?sort=price&limit=1")["next"]
    (after,) = parse_qs(urlsplit(following).query)["after"]
    path = f"/rooms?sort=price&after={after}"
    assert [room["price"] for room in client.get(path).json] == [48, 60, 66]
    lines = client.get(f"{path}&limit=2&fields=price&format=csv").text
    assert lines == "price\r\n48\r\n60\r\n"
    assert client.get(f"{path}&limit=none&count=exact").headers["X-Total-Count"] == "4"


@pytest.mark.parametrize(
    "other",
    [
        "sort=-price",
        "sort=price,size",
        "",
        "sort=price&filter_price__gt=1",
        "sort=price&bbox=0,0,1,1",
    ],
)
def test_a_cursor_of_another_search_is_refused(client: TestApp, other: str) -> None:
    """It would skip rooms that it should not."""
    following = links(client, "/rooms?sort=price&limit=1")["next"]
    (after,) = parse_qs(urlsplit(following).query)["after"]
    answer = client.get(f"/rooms?{other}&after={after}", status=400)
    assert answer.json["message"].startswith("after: must be a cursor of this search, from")


def test_every_change_of_a_cursor_is_noticed(client: TestApp) -> None:
    """A character more, less, or another one."""
    following = links(client, "/rooms?sort=price&limit=1")["next"]
    (after,) = parse_qs(urlsplit(following).query)["after"]
    changed = [after[:place] + "A" + after[place + 1 :] for place in range(len(after))]
    for cursor in {*changed, after[:-1], after + "A", after + "=", "A", "%25", "é"} - {after}:
        client.get("/rooms", {"sort": "price", "after": cursor}, status=400)


def test_a_box_holds_its_edges(client: TestApp) -> None:
    """West, south, east, north."""
    assert prices(client, "bbox=0.18228006,51.39916678,0.33894476,51.74640997") == [66, 60, 48]
    assert prices(client, "bbox=0.2,51.3,0.3,51.5") == [60]


def test_a_box_may_cross_the_antimeridian(client: TestApp) -> None:
    """From Europe eastwards around the world to Europe: all but what lies between."""
    assert prices(client, "bbox=0.3,-90,0,90") == [39, 48]


def test_distances_are_reported_and_limited(client: TestApp) -> None:
    """In metres to a decimal; edges count as compared unrounded."""
    (room,) = client.get("/rooms?near=0.33894476,51.39916678&radius=0").json
    assert list(room) == ["code", "size", "price", "latitude", "longitude", "distance"]
    assert room["distance"] == 0.0
    found = client.get("/rooms?near=0.3,51.4&radius_min=5000&radius=50000&sort=distance").json
    assert [room["distance"] for room in found] == [6823.5, 39368.8, 48131.2]


def test_totals_are_reported_and_labelled(client: TestApp) -> None:
    """Of all pages; exactly, or as the planner guesses."""
    answer = client.get("/rooms?limit=1&filter_price__gt=40&count=exact")
    assert answer.headers["X-Total-Count"] == "3"
    assert answer.headers["X-Total-Count-Kind"] == "exact"
    guess = client.get("/rooms?limit=1&count=estimate")
    assert int(guess.headers["X-Total-Count"]) > 0
    assert guess.headers["X-Total-Count-Kind"] == "estimate"
    assert "X-Total-Count" not in client.get("/rooms?limit=1").headers
    assert client.get("/rooms?limit=none&count=exact").headers["X-Total-Count"] == "4"
    assert client.get("/rooms?bbox=1,1,2,2&count=exact").headers["X-Total-Count"] == "0"


def test_fewer_fields_are_in_the_usual_order(client: TestApp) -> None:
    """However they are listed; a distance only where it is asked for."""
    room = client.get("/rooms?fields=price,code&limit=1").json[0]
    assert list(room) == ["code", "price"]
    room = client.get("/rooms?fields=distance,price&near=0,50&limit=1").json[0]
    assert list(room) == ["price", "distance"]
    assert "distance" not in client.get("/rooms?fields=price&near=0,50&limit=1").json[0]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort=prise", "sort: prise is not a sort key; did you mean price?"),
        (
            "sort=colour",
            (
                "sort: colour is not a sort key; use code, size, price, latitude, longitude, "
                "title, city, bedrooms, available_from, distance"
            ),
        ),
        ("sort=price,-price", "sort: price is given more than once"),
        ("sort=price,", "sort: '' is not a sort key; use"),
        ("sort=--price", "sort: -price is not a sort key; did you mean price?"),
        ("sort=price:desc", "sort: price:desc is not a sort key; did you mean -price?"),
        ("sort=price%20desc", "sort: price desc is not a sort key; did you mean -price?"),
        ("sort=price.desc", "sort: price.desc is not a sort key; did you mean -price?"),
        ("sort=distance", "sort: distance needs near=longitude,latitude"),
        ("bbox=1,2,3", "bbox: must be west,south,east,north: 4 decimal numbers, not '1,2,3'"),
        ("bbox=1,3,2,1", "bbox: must be west,south,east,north, and south must not lie above north"),
        ("bbox=1,a,2,3", "bbox: south must be a decimal number such as 52.23, not 'a'"),
        (
            "bbox=0,50,1,120",
            "bbox: north must be from -90 to 90, not '120'; were longitude and latitude swapped?",
        ),
        ("near=1", "near: must be longitude,latitude: 2 decimal numbers, not '1'"),
        ("near=nan,1", "near: longitude must be a decimal number such as 52.23, not 'nan'"),
        (
            "near=52.2,121.0",
            "near: latitude must be from -90 to 90, not '121.0'; were longitude and latitude",
        ),
        ("near=1,1&radius=-5", "radius: must be a distance in metres such as 2000, not '-5'"),
        ("near=1,1&radius=1e3", "radius: must be a distance in metres such as 2000, not '1e3'"),
        ("near=1,1&radius=inf", "radius: must be a distance in metres such as 2000, not 'inf'"),
        ("radius=5", "radius: needs near=longitude,latitude"),
        ("radius_min=5", "radius_min: needs near=longitude,latitude"),
        ("near=1,1&radius=5&radius_min=6", "radius_min: must not be above radius"),
        ("count=all", "count: must be exact or estimate, not 'all'"),
        ("fields=prize", "fields: prize is not a field of a room; did you mean price?"),
        (
            "fields=colour",
            "fields: colour is not a field of a room; use code, size, price, latitude",
        ),
        ("fields=price,price", "fields: price is given more than once"),
        ("fields=distance", "fields: distance needs near=longitude,latitude"),
        ("after=x", "after: must be a cursor of this search, from the Link of the previous page"),
        ("format=xml", "format: must be one of json, geojson, csv, ndjson, html, not 'xml'"),
        (
            "format=jsn",
            "format: must be one of json, geojson, csv, ndjson, html, not 'jsn'; did you mean",
        ),
    ],
)
def test_what_cannot_be_read_is_reported(client: TestApp, query: str, message: str) -> None:
    """By the parameter's name, with what would be right."""
    reported = client.get(f"/rooms?{query}", status=400).json["message"]
    assert reported.startswith(message)
    assert "\n" not in reported


def test_every_error_of_a_search_is_reported_at_once(client: TestApp) -> None:
    """A line each, whatever parameters they are in."""
    query = "filter_prise__lt=1&bbox=1&near=1&radius=x&sort=x&limit=0&count=x&fields=x&format=x&y=1"
    reported = client.get(f"/rooms?{query}", status=400).json["message"].splitlines()
    assert sorted(line.partition(":")[0] for line in reported) == sorted(
        ["filters", "bbox", "near", "radius", "sort", "limit", "count", "fields", "format", "y"]
    )


@pytest.mark.parametrize(
    ("accept", "name", "media_type"),
    [
        ("", None, "application/json"),
        ("*/*", None, "application/json"),
        ("application/*", None, "application/json"),
        ("text/*", None, "text/csv"),
        ("application/geo+json", None, "application/geo+json"),
        ("Text/CSV; Q=0.5, application/x-ndjson", None, "application/x-ndjson"),
        ("text/csv;q=0.5, */*;q=0.1", None, "text/csv"),
        ("application/json;q=0, */*", None, "application/geo+json"),
        ("application/problem+json", None, "application/json"),
        ("application/problem+json, text/csv", None, "text/csv"),
        ("text/csv", "ndjson", "application/x-ndjson"),
        ("image/png", "geojson", "application/geo+json"),
        (",;q=x,/", None, "application/json"),
    ],
)
def test_a_format_is_negotiated(
    client: TestApp, accept: str, name: str | None, media_type: str
) -> None:
    """By the weights of what the client accepts; a parameter overrides them."""
    parameters = {"format": name} if name else {}
    for path in ("/rooms", "/rooms?limit=none", f"/rooms/{CODE}"):
        query = "&".join([*path.split("?")[1:], *(f"{k}={v}" for k, v in parameters.items())])
        answer = client.get(f"{path.split('?')[0]}?{query}", headers={"Accept": accept})
        assert answer.content_type == media_type


@pytest.mark.parametrize("path", ["/rooms", f"/rooms/{CODE}", "/rooms/summary"])
def test_what_is_not_there_cannot_be_negotiated(client: TestApp, path: str) -> None:
    """The answer lists what there is; an error is JSON, or a problem, all the same."""
    answer = client.get(path, headers={"Accept": "image/png, text/turtle"}, status=406)
    assert answer.json["type"] == "MediaTypeError"
    assert "application/json" in answer.json["message"]
    assert client.get("/rooms?limit=0", headers={"Accept": "image/png"}, status=400).json


def test_a_summary_describes_the_selected_rooms(client: TestApp) -> None:
    """Count, box, extremes, mean, quartiles, and bars of round width."""
    assert client.get("/rooms/summary").json == {
        "count": 4,
        "estimated": False,
        "bbox": [-0.09998975, 51.39916678, 0.33894476, 51.75436293],
        "size": {
            "min": 56,
            "max": 405,
            "mean": 192.25,
            "quartiles": [83.75, 154.0, 262.5],
            "histogram": [
                {"from": 40, "to": 60, "count": 1},
                *(
                    {"from": n, "to": n + 20, "count": int(n in {80, 200, 400})}
                    for n in range(60, 401, 20)
                ),
            ],
        },
        "price": {
            "min": 39,
            "max": 66,
            "mean": 53.25,
            "quartiles": [45.75, 54.0, 61.5],
            "histogram": [
                {"from": n, "to": n + 2, "count": int(n in {38, 48, 60, 66})}
                for n in range(38, 67, 2)
            ],
        },
    }


def test_a_histogram_looks_beyond_its_own_filters(client: TestApp) -> None:
    """Prices are those of all rooms; sizes are those of rooms with a matching price."""
    summary = client.get("/rooms/summary?filter_price__lt=50").json
    assert summary["count"] == 2
    assert (summary["price"]["min"], summary["price"]["max"]) == (39, 48)
    assert sum(bar["count"] for bar in summary["price"]["histogram"]) == 4
    assert sum(bar["count"] for bar in summary["size"]["histogram"]) == 2


def test_a_summary_of_nothing(client: TestApp) -> None:
    """Nulls where no room matches; bars outside the filter are still shown."""
    summary = client.get("/rooms/summary?filter_price__lt=1&filter_size__gt=1").json
    assert (summary["count"], summary["bbox"]) == (0, None)
    assert summary["price"] | {"histogram": []} == {
        "min": None,
        "max": None,
        "mean": None,
        "quartiles": None,
        "histogram": [],
    }
    assert sum(bar["count"] for bar in summary["price"]["histogram"]) == 4
    assert summary["size"]["histogram"] == []


def test_a_summary_takes_what_selects_and_nothing_else(client: TestApp) -> None:
    """The parameters of a page are errors there."""
    assert client.get("/rooms/summary?near=0.3,51.4&radius=10000").json["count"] == 2
    assert client.get("/rooms/summary?bbox=0.2,51.3,0.3,51.5").json["count"] == 1
    for name in ("limit=5", "sort=price", "format=csv", "fields=code"):
        reported = client.get(f"/rooms/summary?{name}", status=400).json["message"]
        assert "cannot be used" in reported


def test_a_stream_holds_what_a_page_holds_in_every_format(client: TestApp) -> None:
    """Byte for byte."""
    for name in ("json", "geojson", "csv", "ndjson"):
        page = client.get(f"/rooms?format={name}&near=0,50&sort=-distance")
        stream = client.get(f"/rooms?format={name}&near=0,50&sort=-distance&limit=none")
        assert page.body == stream.body
