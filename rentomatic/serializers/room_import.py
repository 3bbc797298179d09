"""The JSON of an import's report."""

from rentomatic.formats.json import dump_value
from rentomatic.use_cases.room_import import ImportReport


def dump_report(report: ImportReport) -> bytes:
    """Write a report as a JSON object; `others` are ranges of numbers of further bad lines."""
    saved, rejected = report.saved, report.rejected
    return dump_value(
        {
            "added": saved.added,
            "updated": saved.updated,
            "unchanged": saved.unchanged,
            "repeated": report.repeated,
            "rejected": rejected.count,
            "errors": [{"place": each.place, "message": each.reason} for each in rejected.first],
            "others": [*rejected.ranges()],
            "columns": report.used.names,
            "ignored": report.ignored.names,
        }
    )
