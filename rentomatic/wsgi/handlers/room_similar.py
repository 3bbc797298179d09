"""Rooms that are similar to a room."""

from functools import partial
from http import HTTPStatus
from uuid import UUID

from rentomatic.formats.table import FORMATS
from rentomatic.formats.view import View
from rentomatic.requests.base import InvalidRequest
from rentomatic.use_cases.room_similar import room_similar_use_case
from rentomatic.wsgi.arguments import read_similar
from rentomatic.wsgi.conditional import entity_tag
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.rooms import choose_format
from rentomatic.wsgi.handlers.searching import DESCRIBED_BY, cached
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service


def room_similar(service: Service, request: Request, code: UUID) -> Outcome:
    """Find the rooms that are most similar to a room."""
    return cached(service, request, partial(_similar, code=code))


def _similar(service: Service, request: Request, code: UUID) -> Outcome:
    wanted = read_similar(request, code, service.limits.rooms)
    if isinstance(wanted, InvalidRequest):
        return wanted
    chosen = choose_format(request)
    if not chosen:
        return unacceptable(tuple(each.media_type for each in FORMATS.values()))
    response = room_similar_use_case(service.stores.repository, wanted)
    if not response:
        return response
    found = response.value
    body = b"".join(chosen.stream_rooms(found.rooms, View(wanted.fields, found.near)))
    links = f'{DESCRIBED_BY}, </rooms/{code}>; rel="related"; title="the room"'
    # Rooms may be written between its statements, so the tag is that of the body.
    tag = entity_tag(service.release, body, chosen.media_type)
    headers = (("Link", links),)
    return Answer(HTTPStatus.OK, body, chosen.media_type, headers, tag=tag, version=found.version)
