"""The names in an imported file: those of a table's columns or an object's keys."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from rentomatic.domain.room import Field
from rentomatic.requests.base import ParameterError
from rentomatic.requests.parsers import shown, shown_name

# How many names an error lists.
_SHOWN_NAMES = 20

# What pandas calls a column without a name, such as the index that it writes.
_UNNAMED = re.compile(r"Unnamed: \d+")


class Header:
    """The names of a record's values, without those to ignore.

    Args:
        names: the names in their order; a value whose name is empty is never found.
        noun: what a name is, `column` or `key`.
        ignored: names to ignore.
    """

    def __init__(
        self, names: Sequence[str], noun: str = "column", ignored: Iterable[str] = ()
    ) -> None:
        self.names = names
        self.noun = noun
        self._places: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            if name:
                self._places.setdefault(name.casefold(), []).append(index)
        self._missing = [name for name in ignored if not self._drop(name)]

    @property
    def is_of_one_record(self) -> bool:
        """Whether other records of the file may have other names."""
        return self.noun != "column"

    def _drop(self, name: str) -> bool:
        found = self.find_given(name)
        for index in found:
            self._places[self.names[index].casefold()].remove(index)
        return bool(found)

    def find_given(self, name: str) -> list[int]:
        """Find a name, in this case or else in any; an empty name is pandas' own."""
        if not name:
            return [index for index in self._indexes() if _UNNAMED.fullmatch(self.names[index])]
        found = self._places.get(name.casefold(), [])
        return [index for index in found if self.names[index] == name] or [*found]

    def find_usual(self, field: Field, taken: Collection[int]) -> list[int]:
        """Find a field's name or its other names, except among the values that are taken.

        An identity's own name overrides the others, as a table often has an `id` of its own; of the
        names of an optional field the first one that is there is used.
        """
        places = (self._places.get(name.casefold(), []) for name in field.names)
        own, *others = ([index for index in each if index not in taken] for each in places)
        if field.is_optional:
            return next(filter(None, (own, *others)), [])
        return own if own and field.is_identity else [*own, *chain.from_iterable(others)]

    def _indexes(self) -> Iterator[int]:
        for found in self._places.values():
            yield from found

    def unknown_errors(self) -> Iterator[ParameterError]:
        """Yield an error for each name to ignore that is not there."""
        for name in self._missing:
            problem = f"there is no {self.noun} {shown(name)}; {self}"
            yield ParameterError("ignore", problem)

    def ambiguity(self, field: Field, places: Sequence[int], *, advises: bool) -> ParameterError:
        """Return the error that several values could be a field's."""
        names = [self.names[index] for index in places]
        if len({name.casefold() for name in names}) == 1:
            return ParameterError(names[0], f"is the name of {len(names)} {self.noun}s")
        advice = f"give --column {field.name}=NAME, or --ignore NAME" if advises else "keep one"
        listed = " and ".join(map(shown_name, names))
        return ParameterError(field.name, f"could be any of the {self.noun}s {listed}; {advice}")

    def others(self, taken: Collection[int]) -> list[str]:
        """Return the names of the values that are not taken."""
        return [self.names[index] for index in sorted(set(self._indexes()).difference(taken))]

    def __str__(self) -> str:
        names = ", ".join(shown_name(name) for name in self.names[:_SHOWN_NAMES] if name)
        return f"{self.noun}s are {names}" if names else f"there are no {self.noun}s"
