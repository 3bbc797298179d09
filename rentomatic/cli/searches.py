"""`rentomatic searches`: saved searches with webhooks, for the operator, who sees all of them."""

import argparse
import sys
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from rentomatic.bootstrap import open_searches
from rentomatic.cli.outcome import SUCCESS, account_name, report_failure
from rentomatic.cli.parser import Commands, add_command
from rentomatic.cli.streams import after
from rentomatic.config import Settings
from rentomatic.formats.json import dump_value
from rentomatic.repository.postgressearches import PostgresSearches
from rentomatic.repository.saved_searches import SavedSearch
from rentomatic.requests.parsers import parse_uuid
from rentomatic.requests.saved_search import build_saved_search_request
from rentomatic.responses import Response, build_response_from_invalid_request
from rentomatic.sealing import Sealer, UnsealError, new_key
from rentomatic.serializers.saved_search import search_to_wire
from rentomatic.use_cases.saved_search import (
    NewSearch,
    search_add_use_case,
    search_enable_use_case,
    search_list_use_case,
    search_remove_use_case,
    search_test_use_case,
)
from rentomatic.variables import NO_KEY, ConfigError
from rentomatic.wsgi.arguments import read_selection

T = TypeVar("T")


def add_commands(commands: Commands) -> None:
    """Describe the commands."""
    searches = commands.add_parser(
        "searches",
        help="list, add, remove, test and enable saved searches with webhooks",
        description="Saved searches, whose webhooks `rentomatic notify` serves.",
    )
    parts = searches.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = add_command(parts, "list", run_list, "list saved searches, as JSON, one per line")
    listed.add_argument("--owner", help="only those of this owner")
    add = add_command(
        parts,
        "add",
        run_add,
        "save a search",
        "Save a search. Standard output gets it as JSON with its secret, which is not shown again.",
        epilog="example: rentomatic searches add --name Berlin --webhook"
        " https://receiver.example/rooms 'filter_city__eq=Berlin&filter_price__lt=60'",
    )
    add.add_argument("query", metavar="QUERY", help="the query string of a search over HTTP")
    add.add_argument("--name", required=True, help="what it is called")
    add.add_argument("--webhook", required=True, metavar="URL", help="where messages are sent")
    add.add_argument("--owner", help="whose it is: the name of a token (default: your account)")
    for name, run, short in (
        ("remove", run_remove, "remove a saved search and what waits for it"),
        ("test", run_test, "queue a test message for a saved search"),
        ("enable", run_enable, "enable a disabled search; its receiver is asked to start again"),
    ):
        add_command(parts, name, run, short).add_argument("id", metavar="ID", type=_id)
    add_command(
        parts,
        "key",
        run_key,
        "make a key that encrypts secrets",
        "Make a key that encrypts the signing secrets in the database; it goes into the file of"
        " RENTOMATIC_SECRET_KEY_FILE.",
        epilog="example: (umask 077; rentomatic searches key >secret.key)",
    )
    add_command(
        parts,
        "reseal",
        run_reseal,
        "encrypt all secrets with the first key",
        "Encrypt all secrets with the first configured key. Then the others can be removed.",
    )


def _id(text: str) -> UUID:
    try:
        return parse_uuid(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _run(
    settings: Settings,
    use_case: Callable[[PostgresSearches], Response[T]],
    write: Callable[[T], object],
) -> int:
    """Run a use case on the saved searches, and write its value."""
    with open_searches(settings) as searches:
        response = use_case(searches)
    if not response:
        return report_failure(response)
    write(response.value)
    return SUCCESS


def run_list(arguments: argparse.Namespace, settings: Settings) -> int:
    """List saved searches, one per line."""

    def write(found: tuple[SavedSearch, ...]) -> None:
        for each in found:
            _write({"owner": each.owner, **search_to_wire(each)})

    return _run(settings, lambda each: search_list_use_case(each, arguments.owner), write)


def run_add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Save a search, and show its secret once."""
    sealer = _sealer(settings)
    values = {name: getattr(arguments, name) for name in ("name", "query", "webhook")}
    request = build_saved_search_request(
        values, read_selection(arguments.query), settings.reachable
    )
    if not request:
        return report_failure(build_response_from_invalid_request(request))
    owner = arguments.owner or account_name()

    def write(saved: NewSearch) -> None:
        with after("the search was saved"):
            _write(search_to_wire(saved.search, saved.secret))

    return _run(settings, lambda each: search_add_use_case(each, request, owner, sealer), write)


def run_remove(arguments: argparse.Namespace, settings: Settings) -> int:
    """Remove a saved search."""

    def write(search: UUID) -> None:
        with after("the search was removed"):
            sys.stdout.write(f"removed {search}\n")

    return _run(settings, lambda each: search_remove_use_case(each, arguments.id, None), write)


def run_test(arguments: argparse.Namespace, settings: Settings) -> int:
    """Queue a test message."""

    def write(message: str) -> None:
        with after("the message waits"):
            sys.stdout.write(f"queued {message}\n")

    return _run(settings, lambda each: search_test_use_case(each, arguments.id, None), write)


def run_enable(arguments: argparse.Namespace, settings: Settings) -> int:
    """Enable a saved search."""

    def write(_message: str) -> None:
        with after("the search was enabled"):
            sys.stdout.write(f"enabled {arguments.id}\n")

    return _run(settings, lambda each: search_enable_use_case(each, arguments.id, None), write)


def run_key(_arguments: argparse.Namespace, _settings: Settings) -> int:
    """Make a key."""
    sys.stdout.write(f"{new_key()}\n")
    return SUCCESS


def run_reseal(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Encrypt all secrets with the first key."""
    sealer = _sealer(settings)
    try:
        with open_searches(settings) as searches:
            count = searches.reseal(lambda sealed: sealer.seal(sealer.unseal(sealed)))
    except UnsealError as reason:
        raise ConfigError(f"{reason}; nothing was changed") from None
    with after("all secrets are encrypted with the first key"):
        sys.stdout.write(f"{count} secrets are encrypted with the first key\n")
    return SUCCESS


def _sealer(settings: Settings) -> Sealer:
    if settings.sealer is None:
        raise ConfigError(NO_KEY)
    return settings.sealer


def _write(values: object) -> None:
    sys.stdout.write(f"{dump_value(values).decode()}\n")
