"""Variables that libraries read themselves: removed or checked before they do."""

import ipaddress
import shlex
from collections.abc import MutableMapping

from rentomatic.variables import Setting, integer_between, one_of

# libpq applies these to every session, where they override the service's own settings.
_SESSION = ("PGTZ", "PGDATESTYLE", "PGGEQO", "PGCLIENTENCODING")


def _addresses(text: str) -> str:
    try:
        for each in text.split(","):
            if each.strip() != "*":
                ipaddress.ip_network(each.strip())
    except ValueError:
        raise ValueError(
            "* or addresses and networks separated by commas, such as 127.0.0.1,10.0.0.0/8"
        ) from None
    return text


def _arguments(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ValueError("arguments for gunicorn, quoted as in a shell") from None


_OPTIONS = {
    "PGSSLMODE": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "PGTARGETSESSIONATTRS": (
        *("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    ),
    "PGCHANNELBINDING": ("disable", "prefer", "require"),
    "PGGSSENCMODE": ("disable", "prefer", "require"),
    "PGSSLNEGOTIATION": ("postgres", "direct"),
    "PGLOADBALANCEHOSTS": ("disable", "random"),
    "PGSSLCERTMODE": ("disable", "allow", "require"),
}

# What gunicorn and libpq read; libpq itself refuses other wrong values when it connects.
FOREIGN: tuple[Setting, ...] = (
    Setting("WEB_CONCURRENCY", "gunicorn's workers", parse=integer_between(1, 256)),
    Setting("FORWARDED_ALLOW_IPS", "proxies that gunicorn trusts", parse=_addresses),
    Setting("GUNICORN_CMD_ARGS", "more arguments for gunicorn", parse=_arguments),
    *(
        Setting(name, "how gunicorn was started", parse=integer_between(0, 1 << 31))
        for name in ("LISTEN_FDS", "LISTEN_PID", "GUNICORN_PID")
    ),
    Setting("PGPORT", "libpq's port", parse=integer_between(1, 65535)),
    Setting("PGCONNECT_TIMEOUT", "libpq's time-out, in seconds", parse=integer_between(0, 86_400)),
    *(Setting(name, "a libpq option", parse=one_of(*values)) for name, values in _OPTIONS.items()),
)
_NAMES = {setting.name for setting in FOREIGN}


def prepare_environment(environ: MutableMapping[str, str]) -> None:
    """Remove variables of other libraries that are empty or would change our sessions.

    An empty variable means the default here, but is an error to gunicorn and libpq.

    Raises:
        ConfigError: for a value that its library could not read; one line that names the variable.
    """
    for name in list(environ):
        is_empty = not environ[name] and (name.startswith("PG") or name in _NAMES)
        if is_empty or name in _SESSION:
            del environ[name]
    for setting in FOREIGN:
        setting.read(environ)


def forget_libpq(environ: MutableMapping[str, str]) -> None:
    """Remove all libpq variables: they concern another server than the embedded one."""
    for name in list(environ):
        if name.startswith("PG") and not name.startswith("PGSERVER_"):
            del environ[name]
