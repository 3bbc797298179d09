"""What experiments print."""

from dataclasses import dataclass


@dataclass
class Report:
    """What is printed.

    Attributes:
        is_good: whether all was as it must be.
    """

    is_good: bool = True

    def tell(self, what: str, seen: str, *, is_good: bool) -> None:
        """Print a line."""
        print(f"{what:<38}{seen}{'' if is_good else '   NOT GOOD'}", flush=True)
        self.is_good = self.is_good and is_good
