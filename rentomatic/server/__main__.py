"""`python -m rentomatic.server`: the `gunicorn` command, after a check of the variables it reads.

Some invalid values would end it in a traceback before it reads its configuration file.
"""

import os
import sys

from rentomatic.environment import prepare_environment
from rentomatic.variables import ConfigError


def main() -> None:
    """Run gunicorn with the arguments of this command."""
    try:
        prepare_environment(os.environ)
    except ConfigError as error:
        sys.exit(f"rentomatic: {error}")
    # gunicorn reads some of the variables when it is imported.
    from gunicorn.app.wsgiapp import run  # noqa: PLC0415

    run(prog="gunicorn")


if __name__ == "__main__":
    main()
