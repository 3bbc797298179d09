"""Rooms on a machine."""

import json

from testbed.machine import Machine

ROOM = (
    "code,size,price,longitude,latitude\n3251a5bd-86be-428d-8ae9-6e51a8048c33,200,10,-0.1,51.75\n"
)


def rooms(machine: Machine) -> list[str]:
    """Return the codes of the rooms, bypassing caches."""
    return [room["code"] for room in json.loads(machine.run("rentomatic", "list"))]


def add_room(machine: Machine) -> None:
    """Add a room to an empty database."""
    machine.shell(f"printf '{ROOM}' >/root/room.csv; rentomatic import - </root/room.csv")
