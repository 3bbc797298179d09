"""The log: one line per request, as JSON for machines or as text for a terminal."""

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

import orjson
from gunicorn import glogging

from rentomatic.server.lines import Lines, lines_to
from rentomatic.tokens import hide_tokens

_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}")
# The longest targets that are accepted would hide the rest of the line.
_TARGET_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Served:
    """A request that was answered.

    Attributes:
        request_id: the X-Request-Id of the answer; None where gunicorn failed.
        method: GET, HEAD, ...
        route: the template of its path; None for an unknown path.
        target: path and query as sent.
        status: of the answer.
        bytes: of the answer's body, as many as were sent.
        milliseconds: from the request's head to the last byte of the answer.
        client: its address; None if the proxy does not pass it on.
        token: the name of the token that was used to write; None for a read.
    """

    request_id: str | None
    method: str
    route: str | None
    target: str
    status: int
    bytes: int
    milliseconds: float
    client: str | None
    token: str | None

    @classmethod
    def of(cls, response: Any, environ: Mapping[str, Any], took: timedelta) -> "Served":  # noqa: ANN401 - gunicorn has no annotations
        """Collect what gunicorn knows of a request."""
        return cls(
            request_id=environ.get("rentomatic.request_id"),
            method=environ.get("REQUEST_METHOD") or "",
            route=environ.get("rentomatic.route"),
            target=(environ.get("RAW_URI") or "")[:_TARGET_LENGTH],
            status=int(str(response.status).split(None, 1)[0]),
            bytes=response.sent or 0,
            milliseconds=round(took.total_seconds() * 1000, 3),
            client=_client(environ),
            token=environ.get("rentomatic.token"),
        )


def _client(environ: Mapping[str, Any]) -> str | None:
    """Return the address of the peer, or on a unix socket the one that our proxy passes on."""
    address = environ.get("REMOTE_ADDR") or environ.get("HTTP_X_REAL_IP") or ""
    return address if _ADDRESS.fullmatch(address) else None


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        time = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z",
            "level": record.levelname.lower(),
        }
        if isinstance(served := record.msg, Served):
            line |= {name: getattr(served, name) for name in Served.__slots__}
        else:
            line |= {
                "logger": record.name,
                "process": record.process,
                "message": record.getMessage(),
            }
            if record.exc_info:
                line["exception"] = self.formatException(record.exc_info)
        return hide_tokens(orjson.dumps(line, default=str).decode())


class TextFormatter(logging.Formatter):
    """Lines for people."""

    default_time_format = "%H:%M:%S"
    default_msec_format = ""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record and its traceback."""
        return hide_tokens(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Format a record, with local time."""
        time = self.formatTime(record)
        if isinstance(served := record.msg, Served):
            target = ascii(served.target)[1:-1]
            line = f"{time} {served.method} {target} {served.status} {served.bytes} B"
            return f"{line} {served.milliseconds:.1f} ms"
        return f"{time} {record.levelname.lower()}: {record.message}"


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
        formatter = TextFormatter() if is_text else JsonFormatter()
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(formatter)
        root = logging.getLogger()
        root.handlers = list(self.error_log.handlers)
        root.setLevel(logging.WARNING)
        # It warns of errors that it ignores in favour of another one, which is reported.
        logging.getLogger("psycopg").setLevel(logging.ERROR)

    def count_drops(self) -> None:
        """Count the lines that are dropped from now on; call it in a worker."""
        from rentomatic.metrics import metrics  # noqa: PLC0415 - only workers may import it

        Lines.on_drop = metrics().count_dropped_lines

    def _set_handler(
        self,
        log: logging.Logger,
        output: str,
        fmt: logging.Formatter,
        stream: TextIO | None = None,
    ) -> None:
        """Write to a stream without waiting for it, or to a file as gunicorn does."""
        if output == "-":
            log.addHandler(lines_to((stream or sys.stderr).fileno()))
        else:
            super()._set_handler(log, output, fmt, stream)

    def access(
        self,
        resp: Any,  # noqa: ANN401 - gunicorn has no annotations
        req: object,  # noqa: ARG002 - gunicorn's signature
        environ: Mapping[str, Any],
        request_time: timedelta,
    ) -> None:
        """Log a request, and count it."""
        served = Served.of(resp, environ, request_time)
        self.access_log.info(served)
        if self.has_metrics:
            from rentomatic.metrics import metrics  # noqa: PLC0415 - only workers may import it

            seconds = served.milliseconds / 1000
            metrics().count_request(served.route, served.method, served.status, seconds)
