"""A client in Python, generated from the service's document; URL TOKEN.

It fails with what is wrong.
"""

import sys
from uuid import UUID

from pyclient import AuthenticatedClient, Client
from pyclient.api.rooms import (
    room_get,
    room_list,
    room_remove,
    room_replace,
    room_summary,
    room_update,
)
from pyclient.models import (
    Error,
    FoundRoom,
    NewRoom,
    PartOfRoom,
    Room,
    RoomChange,
    RoomListFieldsItem,
    Summary,
)

url, token = sys.argv[1:]
code = UUID("1f6d8d36-4c7e-4f0e-9d1a-6f3b1a0c5e42")

with Client(url) as client:
    # It sends a parameter for each value of a list: the answer says what is right.
    refused = room_list.sync_detailed(client=client, near=[-0.12, 51.5])
    assert refused.status_code == 400
    assert isinstance(refused.parsed, Error)
    assert "join them with a comma: near=longitude,latitude" in refused.parsed.message

    found = room_list.sync(client=client, filter_price_lt=60, limit=3)
    assert isinstance(found, list)
    assert len(found) == 3
    for each in found:
        assert isinstance(each, FoundRoom)
        assert each.size > 0 < each.price < 60
        assert -90 <= each.latitude <= 90
    part = room_list.sync(client=client, fields=[RoomListFieldsItem.PRICE], limit=1)
    assert isinstance(part, list)
    assert isinstance(part[0], PartOfRoom)
    assert part[0].to_dict().keys() == {"price"}

    summary = room_summary.sync(client=client)
    assert isinstance(summary, Summary)
    assert summary.count > 1000

with AuthenticatedClient(url, token) as client:
    room = NewRoom(size=30, price=75, longitude=13.45, latitude=52.51, code=code)
    put = room_replace.sync_detailed(code, client=client, body=room, if_none_match="*")
    assert put.status_code == 201
    assert isinstance(put.parsed, Room)
    tag = room_get.sync_detailed(code, client=client).headers["ETag"]
    for expected in (200, 412):
        body = RoomChange(price=70)
        patched = room_update.sync_detailed(code, client=client, body=body, if_match=tag)
        assert patched.status_code == expected
    removed = room_remove.sync_detailed(code, client=client, if_match="*")
    assert removed.status_code == 204
