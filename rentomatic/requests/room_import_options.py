"""How a file is imported, as its sender says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is read.

    Attributes:
        columns: the file's column or key, by field, where its name does not tell.
        ignored: names of columns or keys that are not to be used.
        defaults: the value, by field, where the file has no such column, an object no such key, or
            they have no value.
        null_texts: what stands for no value, besides empty text and null.
        source: the name under which identities that are no UUID become one (RFC 9562, version 5).
        delimiter: what divides the values of a CSV file, where its header does not tell.
        decimal: the decimal sign of text, a point or a comma; the other one is the separator of
            thousands. Without it both are read as with a point, unless that could be wrong.
        round_integers: read 34.5 as 35 where an integer is wanted; else it is a bad line.
        advises: whether what is wrong comes with the option of `rentomatic import` that would help.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    null_texts: Sequence[str] = ()
    source: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    round_integers: bool = False
    advises: bool = True
