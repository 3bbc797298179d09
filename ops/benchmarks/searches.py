"""The searches to measure: those that should take at most 5 ms at a million rooms, and others."""

from urllib.parse import quote

from rooms import FREQUENT, PAIR, RARE, towns

_LONGITUDE, _LATITUDE = towns()[0]
NEAR = f"near={_LONGITUDE:.4f},{_LATITUDE:.4f}"
_RANGE = "filter_price__gte=500&filter_price__lt=800"
_RARE = "filter_price__lt=120"


def _box(degrees: float) -> str:
    half = degrees / 2
    edges = (_LONGITUDE - half, _LATITUDE - half, _LONGITUDE + half, _LATITUDE + half)
    return f"bbox={','.join(f'{edge:.4f}' for edge in edges)}"


def _filter(expression: str) -> str:
    return f"filter={quote(expression)}"


_SORTS = ("price", "-price", "size", "-size", "latitude", "-longitude", "code", "price,-size")

# Query strings by name, each for 20 rooms.
QUICK: dict[str, str] = {
    "no filter": "",
    **{f"sort {sort}": f"sort={sort}" for sort in _SORTS},
    "price range, sort price": f"{_RANGE}&sort=price",
    **{f"rare price, sort {sort}": f"{_RARE}&sort={sort}" for sort in _SORTS},
    "rare price": _RARE,
    "common price, sort size": "filter_price__lt=1000&sort=size",
    "a hundred prices": f"filter_price__in={','.join(map(str, range(100, 200)))}&sort=price",
    "box 2 km": _box(0.02),
    "box 10 km": _box(0.1),
    "box 30 km": _box(0.3),
    "box 500 km": _box(5),
    "box 10 km, sort price": f"{_box(0.1)}&sort=price",
    "box 10 km, price range, sort price": f"{_box(0.1)}&{_RANGE}&sort=price",
    "box over the antimeridian": "bbox=170,-30,-170,30&sort=price",
    "nearest": f"{NEAR}&sort=distance",
    "nearest, common price": f"{NEAR}&filter_price__lt=500&sort=distance",
    "nearest within 5 km": f"{NEAR}&radius=5000&sort=distance",
    "nearest in an empty place": "near=-150,-40&sort=distance",
    "nearest to a pole": "near=0,-90&sort=distance",
    "farthest": f"{NEAR}&sort=-distance",
    "two price ranges": _filter("price < 120 OR price BETWEEN 500 AND 510"),
    "two price ranges, sort price": f"{_filter('price < 120 OR price > 1500')}&sort=price",
    "two ranges, sort size": f"{_filter('(price < 120 AND size > 50) OR size < 12')}&sort=size",
    "not two ranges": _filter("NOT (price < 500 OR size BETWEEN 20 AND 30)"),
    "box 10 km, price or size": f"{_box(0.1)}&{_filter('price < 200 OR size > 100')}",
    "within 2 km, sort price": f"{NEAR}&radius=2000&sort=price",
    "ring of 500 to 1,000 m, nearest": f"{NEAR}&radius_min=500&radius=1000&sort=distance",
}

_WORDS = {
    "frequent word": FREQUENT[0],
    "rare word": RARE,
    "both": f"{FREQUENT[0]}+{RARE}",
    "two frequent words": "+".join(FREQUENT[:2]),
}
_WORD_SORTS = {
    "as added": "",
    "sort price": "&sort=price",
    "nearest within 20 km": f"&{NEAR}&radius=20000&sort=distance",
}

# Rooms with texts are needed for these.
WORDS: dict[str, str] = {
    f"{name}, {order}": f"q={quote(words, safe='+')}{sort}"
    for name, words in _WORDS.items()
    for order, sort in _WORD_SORTS.items()
}
EXCLUSIVE: dict[str, str] = {
    f"words that exclude each other, {order}": f"q={'+'.join(PAIR)}{sort}"
    for order, sort in _WORD_SORTS.items()
}

# These read many rooms, whatever the indexes.
THOROUGH: dict[str, str] = {
    "all of a town, sort price": f"{NEAR}&radius=20000&sort=price",
    "ring around a town's centre": f"{NEAR}&radius_min=2000&radius=5000&sort=distance",
    "nearest, rare price": f"{NEAR}&{_RARE}&sort=distance",
    "not this price": "filter_price__ne=100&sort=size",
    "nothing can match": "filter_price__gt=2000&filter_price__lt=1000",
    "two rare ranges, sort latitude": f"{_filter('price < 101 OR size = 299')}&sort=latitude",
    "no room has both": _filter("(price = 100 AND size = 1) OR (price = 101 AND size = 2)"),
    "title like a pattern": _filter("title LIKE '%nowhere%'"),
    "count=exact of two ranges": f"{_filter('price < 300 OR size > 100')}&count=exact",
    "count=exact of all": "count=exact",
    "count=exact of a box": f"{_box(0.3)}&count=exact",
    "count=estimate": "filter_price__lt=1000&count=estimate",
}

# Summaries and maps are made of these: some take longer the more rooms there are.
SELECTIONS: dict[str, str] = {
    "everything": "",
    "rare price": _RARE,
    "common price": "filter_price__lt=1000",
    "all but one price": "filter_price__ne=100",
    "two price ranges": _filter("price < 300 OR size > 100"),
    "title like a pattern": _filter("title LIKE '%nowhere%'"),
    "all of a town": f"{NEAR}&radius=20000",
    "circle of 5,000 km": f"{NEAR}&radius=5000000",
    "box 500 km": _box(5),
    "half of the world": "bbox=-180,-90,0,90",
}

# Requests of GIS clients, of the first page: GDAL asks for 20 rooms, and then for 1,000 at a time.
LAYER: dict[str, str] = {
    "20 of all, with their number": "limit=20",
    "1,000 of all, with their number": "limit=1000",
    "box 10 km": f"limit=1000&{_box(0.1)}",
    "rare price": f"limit=1000&{_filter('price < 120')}",
    "common price, not counted": f"limit=1000&{_filter('price < 1000')}",
    "two price ranges": f"limit=1000&{_filter('(price < 120) OR (price > 1500)')}",
    "box 10 km, price or size": f"limit=1000&{_box(0.1)}&{_filter('price < 200 OR size > 100')}",
}
