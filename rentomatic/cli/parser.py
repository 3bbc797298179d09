"""A parser of arguments that drops none of them."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rentomatic.config import Settings


class Commands(Protocol):
    """Where commands are added; argparse has no public name for it."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:  # noqa: ANN401
        """Add a command."""


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace, Settings], int],
    short: str,
    description: str = "",
    **options: Any,  # noqa: ANN401 - argparse's
) -> argparse.ArgumentParser:
    """Describe a command; without a description, its short one is made a sentence."""
    description = description or f"{short[0].upper()}{short[1:]}."
    parser = commands.add_parser(name, help=short, description=description, **options)
    parser.set_defaults(run=run)
    return parser


class Parser(argparse.ArgumentParser):
    """Refuses an option that is given twice; argparse would use the last one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as argparse has
        super().__init__(*arguments, **options)
        for name in (None, "store"):
            self.register("action", name, _StoreOnce)

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401 - as argparse has
        """Write help; raise the errors of standard output, which argparse would ignore."""
        if file is sys.stdout:
            file.write(message)
        else:
            super()._print_message(message, file)


class _StoreOnce(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        given = vars(namespace).setdefault("given_options", set())
        if option_string and self.dest in given:
            raise argparse.ArgumentError(self, "is given more than once")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class StorePair(argparse.Action):
    """Collects pairs in a dictionary; refuses a second value for a key."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: Any,  # noqa: ANN401 - what `type` returns
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Add a pair."""
        key, value = values
        pairs = getattr(namespace, self.dest) or {}
        if key in pairs:
            raise argparse.ArgumentError(
                self, f"{key} is given more than once: {pairs[key]!r} and {value!r}"
            )
        setattr(namespace, self.dest, {**pairs, key: value})
