"""The history of changes."""

from http import HTTPStatus

from rentomatic.formats.json import MEDIA_TYPE as JSON
from rentomatic.requests.room_changes_cursor import write_changes_cursor
from rentomatic.serializers.room_changes import dump_changes
from rentomatic.use_cases.room_changes import room_changes_use_case
from rentomatic.wsgi.arguments import read_changes
from rentomatic.wsgi.failure import Outcome, unacceptable
from rentomatic.wsgi.handlers.searching import DESCRIBED_BY
from rentomatic.wsgi.negotiation import preferred
from rentomatic.wsgi.request import Request
from rentomatic.wsgi.response import Answer
from rentomatic.wsgi.service import Service


def room_changes(service: Service, request: Request) -> Outcome:
    """Return what has changed since a cursor, with the next cursor."""
    wanted = read_changes(request)
    if not wanted:
        return wanted
    if not preferred(request.accept, (JSON,)):
        return unacceptable((JSON,))
    response = room_changes_use_case(service.stores.changes, wanted)
    if not response:
        return response
    page = response.value
    cursor = write_changes_cursor(page.next)
    shows_actor = request.actor is not None
    body = dump_changes(page.changes, cursor, is_last=page.is_last, shows_actor=shows_actor)
    following = f'</rooms/changes?since={cursor}&limit={wanted.limit}>; rel="next"'
    links = (("Link", f"{DESCRIBED_BY}, {following}"),)
    return Answer(HTTPStatus.OK, body, headers=links, cache="no-store")
