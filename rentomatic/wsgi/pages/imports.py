"""The pages that import a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rentomatic.domain.rent import Rent
from rentomatic.formats.table import IMPORT_FORMATS
from rentomatic.requests.room_import import BadLine
from rentomatic.wsgi.pages.choice import language_of
from rentomatic.wsgi.pages.form import Control
from rentomatic.wsgi.pages.languages import texts_of
from rentomatic.wsgi.pages.rendering import query_of, render
from rentomatic.wsgi.pages.spelling import speller_for
from rentomatic.wsgi.request import Request


@dataclass(frozen=True, slots=True)
class Choices:
    """How a file is to be imported; empty texts for what was not chosen.

    Attributes:
        file_format: the name of its format.
        source: where it comes from.
        on_error: what a bad line does to the good ones.
    """

    file_format: str = ""
    source: str = ""
    on_error: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing a file would do.

    Attributes:
        digest: of the file.
        key: the name of the write that the page's form will make.
        bad: the first bad lines.
        rejected: how many there are.
        columns: the names in the file that are used, by field.
        ignored: the names that are not used.
    """

    digest: str
    key: str
    choices: Choices
    added: int
    updated: int
    unchanged: int
    repeated: int
    rejected: int
    bad: Sequence[BadLine]
    columns: Mapping[str, Sequence[str]]
    ignored: Sequence[str]


def import_page(
    request: Request,
    choices: Choices,
    problem: str = "",
    details: Sequence[str] = (),
) -> bytes:
    """Ask for a file.

    Args:
        request: the request for the page.
        choices: what is chosen already.
        problem: what is wrong, the name of a text; empty for nothing.
        details: more about it, for technicians.
    """
    t = texts_of(language_of(request))
    file = Control(
        "file",
        t("import.file"),
        t("import.file"),
        "text",
        {"type": "file"},
        hint=t("import.file_hint"),
        error=t(f"import.{problem}") if problem else "",
    )
    source = Control(
        "source",
        t("staff.optional", label=t("import.source")),
        t("import.source"),
        "text",
        {"type": "text"},
        value=choices.source,
        hint=t("import.source_hint"),
    )
    return render(
        "import.html",
        request,
        choices=choices,
        formats=list(IMPORT_FORMATS),
        file=file,
        source=source,
        problem=problem,
        details=details,
    )


def preview_page(request: Request, rent: Rent, preview: Preview) -> bytes:
    """Show what importing a file would do."""
    others = {"file_format": preview.choices.file_format, "source": preview.choices.source}
    skip = "&".join([query_of(others), "on_error=skip"])
    return render(
        "import_preview.html",
        request,
        preview=preview,
        spell=speller_for(request, rent),
        skip_query=skip,
    )


def result_page(request: Request, rent: Rent, counts: Mapping[str, int]) -> bytes:
    """Show what an import did."""
    return render("import_result.html", request, counts=counts, spell=speller_for(request, rent))
