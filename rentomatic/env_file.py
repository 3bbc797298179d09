"""Environment variables from a file."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from rentomatic.variables import ENV_FILE, ConfigError

_LINE = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*=(.*)|[#;].*)?", re.ASCII)
_QUOTED = re.compile(r"([\"'])(.*)\1")


def whole_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Add the variables of the file that the environment names; its own override them.

    The file has the format of systemd's EnvironmentFile=: one variable per line, quoted or not,
    and comments that begin with # or ;.

    Raises:
        ConfigError: for a file that cannot be read, with the number of the wrong line.
    """
    name = environ.get(ENV_FILE)
    if not name:
        return environ
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{ENV_FILE}: {name} cannot be read: {reason}") from None
    return dict(_read_lines(name, lines)) | {name: text for name, text in environ.items() if text}


def _read_lines(name: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if not match:
            # The message leaves the line out, which may hold a password.
            raise ConfigError(
                f"{ENV_FILE}: line {number} of {name} must be NAME=value or a comment"
            )
        if match[1]:
            value = match[2].strip()
            quoted = _QUOTED.fullmatch(value)
            yield match[1], quoted[2] if quoted else value
