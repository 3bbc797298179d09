"""The report of the experiments."""

from dataclasses import dataclass


@dataclass
class Report:
    """Prints results.

    Attributes:
        is_good: whether all results were good.
    """

    is_good: bool = True

    def add(self, what: str, seen: str, *, is_good: bool) -> None:
        """Print a result."""
        print(f"{what:<38}{seen}{'' if is_good else '   NOT GOOD'}", flush=True)
        self.is_good = self.is_good and is_good
