"""`python -m rentomatic`: the same as the command `rentomatic`."""

import sys

from rentomatic.cli import main

sys.exit(main())
