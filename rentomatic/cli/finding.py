"""What `rentomatic check` finds, one line each."""

from dataclasses import dataclass

from rentomatic.variables import SETTINGS

# Connections that a worker opens to find out whether a server is back.
PROBES = 1
# The width of the column of names.
WIDTH = max(len(each.name) for each in SETTINGS) + 2


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    Attributes:
        name: what was checked.
        state: its state, or what is wrong and what would be right.
        is_good: whether the service works with it.
    """

    name: str
    state: str
    is_good: bool = True

    def __str__(self) -> str:
        return f"{self.name:<{WIDTH}}{'' if self.is_good else 'FAILED: '}{self.state}"
