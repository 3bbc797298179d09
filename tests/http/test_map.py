"""`/rooms/map` over HTTP."""

import pytest
from webtest import TestApp

LONDON = "/rooms/map?bbox=-0.2,51.3,0.4,51.8&zoom=7"
CELLS = [
    {
        "count": 1,
        "price": 39,
        "code": "f853578c-fc0f-4e65-81b8-566c5dffa35a",
        "latitude": 51.754363,
        "longitude": -0.09999,
        "bbox": [-0.703125, 51.328125, 0.0, 52.03125],
    },
    {
        "count": 3,
        "price": 48,
        "latitude": 51.535173,
        "longitude": 0.266714,
        "bbox": [0.0, 51.328125, 0.703125, 52.03125],
    },
]


def test_a_map_counts_rooms_in_cells(client: TestApp) -> None:
    """With the lowest price, the mean place and, if there is only one, the room's code."""
    assert client.get(LONDON).json == {
        "count": 4,
        "estimated": False,
        "zoom": 7,
        "cells": CELLS,
    }


def test_a_map_in_geojson(client: TestApp) -> None:
    """A FeatureCollection of the mean places, by `format` or by `Accept`."""
    named = client.get(f"{LONDON}&format=geojson")
    assert named.content_type == "application/geo+json"
    assert named.json["type"] == "FeatureCollection"
    assert (named.json["count"], named.json["estimated"], named.json["zoom"]) == (4, False, 7)
    assert named.json["features"] == [
        {
            "type": "Feature",
            "bbox": cell["bbox"],
            "geometry": {"type": "Point", "coordinates": [cell["longitude"], cell["latitude"]]},
            "properties": {name: cell[name] for name in ("count", "price", "code") if name in cell},
        }
        for cell in CELLS
    ]
    accepted = client.get(LONDON, headers={"Accept": "application/geo+json"})
    assert accepted.body == named.body
    assert accepted.headers["ETag"] == named.headers["ETag"] != client.get(LONDON).headers["ETag"]


def test_a_map_of_a_search_selects_as_the_search_does(client: TestApp) -> None:
    """Its filters, words, box and circle; nothing found is an empty map."""
    assert client.get("/rooms/map?filter_price__lt=50").json["count"] == 2
    assert client.get("/rooms/map?near=0.3,51.4&radius=10000").json["count"] == 2
    assert client.get("/rooms/map?q=terrace").json["cells"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=1", "Parameter limit cannot be used"),
        ("zoom=21", "zoom: must be an integer from 0 to 20, not '21'"),
        ("zoom=9", "zoom: must be at most 4 for a map of this box"),
        ("zoom=", "zoom: has no value"),
        ("format=csv", "format: must be one of json, geojson, not 'csv'"),
        ("format=", "format: has no value"),
        ("zom=3", "did you mean zoom?"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestApp, query: str, message: str) -> None:
    """As everywhere: nothing is ignored, and one mistake is one error."""
    reported = client.get(f"/rooms/map?{query}", status=400).json["message"]
    assert message in reported
    assert "\n" not in reported


def test_a_map_has_two_formats(client: TestApp) -> None:
    """Others are not acceptable, and the failure lists both."""
    failed = client.get("/rooms/map", headers={"Accept": "text/csv"}, status=406)
    assert "application/json, application/geo+json" in failed.json["message"]
