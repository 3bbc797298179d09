"""The log: one line per request, as JSON for machines or as text for a terminal."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import strftime
from typing import Any

import orjson
from gunicorn import glogging

from rentomatic.server.lines import Lines, lines_to
from rentomatic.tokens import hide_tokens
from rentomatic.wsgi.request import client_of

# The longest targets that are accepted would hide the rest of the line.
_TARGET_LENGTH = 2_000

Line = dict[str, Any]


def _now() -> str:
    return datetime.now(UTC).isoformat("T", "milliseconds").replace("+00:00", "Z")


def read_served(response: Any, environ: Mapping[str, Any], took: timedelta) -> Line:  # noqa: ANN401 - gunicorn has no annotations
    """Collect what is logged of an answered request.

    Its keys are the time, the level and:
        request_id: the X-Request-Id of the answer; None where gunicorn refused the request.
        method: GET, HEAD, ...
        route: the template of its path; None for an unknown path.
        target: path and query as sent.
        status: of the answer.
        bytes: of the answer's body, as many as were sent.
        milliseconds: from the request's head to the last byte of the answer.
        client: its address; None if the proxy does not pass it on.
        token: the name of the token that was used to write; None for a read.
    """
    return {
        "time": _now(),
        "level": "info",
        "request_id": environ.get("rentomatic.request_id"),
        "method": environ.get("REQUEST_METHOD") or "",
        "route": environ.get("rentomatic.route"),
        "target": (environ.get("RAW_URI") or "")[:_TARGET_LENGTH],
        "status": int(response.status[:3]),
        "bytes": response.sent or 0,
        "milliseconds": round(took.total_seconds() * 1000, 3),
        "client": client_of(environ),
        "token": environ.get("rentomatic.token"),
    }


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        line = {
            "time": _now(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return self.format_served(line)

    def format_served(self, line: Line) -> str:
        """Format an answered request."""
        return hide_tokens(orjson.dumps(line, default=str).decode())


class TextFormatter(logging.Formatter):
    """Lines for people, with local time."""

    default_time_format = "%H:%M:%S"
    default_msec_format = ""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record and its traceback."""
        return hide_tokens(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Format a record."""
        return f"{self.formatTime(record)} {record.levelname.lower()}: {record.message}"

    def format_served(self, line: Line) -> str:
        """Format an answered request."""
        time, target = strftime(self.default_time_format), ascii(line["target"])[1:-1]
        text = f"{time} {line['method']} {target} {line['status']} {line['bytes']} B"
        return hide_tokens(f"{text} {line['milliseconds']:.1f} ms")


def _without_waiting(handlers: list[logging.Handler]) -> list[logging.Handler]:
    """Replace handlers of a stream by ones that do not wait for its reader."""
    found = (
        lines_to(each.stream.fileno()) if type(each) is logging.StreamHandler else each
        for each in handlers
    )
    return list(dict.fromkeys(found))


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no annotations
    """gunicorn's logger, in our own format.

    Attributes:
        style: json, text, or auto: text on a terminal, otherwise JSON.
        has_metrics: whether requests are counted too.
    """

    style = "auto"
    has_metrics = False

    def setup(self, cfg: Any) -> None:  # noqa: ANN401 - gunicorn has no annotations
        """Open the log; the application logs where gunicorn logs its errors."""
        super().setup(cfg)
        # A log without a reader must not keep requests from being answered.
        logging.raiseExceptions = False
        is_text = self.style == "text" or (self.style == "auto" and sys.stdout.isatty())
        self._formatter = TextFormatter() if is_text else JsonFormatter()
        for log in (self.error_log, self.access_log):
            log.handlers = _without_waiting(log.handlers)
            for handler in log.handlers:
                handler.setFormatter(self._formatter)
        for handler in self.access_log.handlers:
            if not isinstance(handler, Lines):
                handler.setFormatter(logging.Formatter())  # `access` makes the whole line
        root = logging.getLogger()
        root.handlers = list(self.error_log.handlers)
        root.setLevel(logging.WARNING)
        # It warns of errors that it ignores in favour of another one, which is reported.
        logging.getLogger("psycopg").setLevel(logging.ERROR)

    def count_drops(self) -> None:
        """Count the lines that are dropped from now on; call it in a worker."""
        from rentomatic.metrics import metrics  # noqa: PLC0415 - only workers may import it

        Lines.on_drop = metrics().count_dropped_lines

    def access(
        self,
        resp: Any,  # noqa: ANN401 - gunicorn has no annotations
        req: object,  # noqa: ARG002 - gunicorn's signature
        environ: Mapping[str, Any],
        request_time: timedelta,
    ) -> None:
        """Log a request, and count it."""
        served = read_served(resp, environ, request_time)
        line = self._formatter.format_served(served)
        for handler in self.access_log.handlers:
            if isinstance(handler, Lines):
                handler.write(line)
            else:
                handler.handle(logging.makeLogRecord({"msg": line, "levelname": "INFO"}))
        if self.has_metrics:
            from rentomatic.metrics import metrics  # noqa: PLC0415 - only workers may import it

            seconds = served["milliseconds"] / 1000
            metrics().count_request(served["route"], served["method"], served["status"], seconds)
