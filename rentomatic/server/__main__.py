"""`python -m rentomatic.server`: the command `gunicorn`, after a look at what it reads by itself.

gunicorn ends in a traceback for some variables, before it reads its configuration file.
"""

import os
import sys

from rentomatic.config import ConfigError
from rentomatic.environment import prepare_environment


def main() -> None:
    """Run gunicorn with the arguments of this command."""
    try:
        prepare_environment(os.environ)
    except ConfigError as error:
        sys.exit(f"rentomatic: {error}")
    # Only now: it reads some of them as it is imported.
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415

    run(prog="gunicorn")


if __name__ == "__main__":
    main()
