"""The service does what its OpenAPI document says: Schemathesis checks it."""

import os
import subprocess
import sys
from pathlib import Path

from rentomatic.sealing import new_key
from rentomatic.tokens import new_token, token_line
from tests.commands import CHECKOUT, Commands

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HOOKS = "tests.process.schemathesis_hooks"
SEED = 1
EXAMPLES = 25  # for each operation and phase, besides those that cover each bound of each schema

# Neither can find anything: every token may write everything, and no header is required.
VOID = ("object_level_authorization", "missing_required_header")
TOKEN = new_token()


def test_the_service_does_what_its_document_says(commands: Commands, tmp_path: Path) -> None:
    """Whatever is asked for by that document, rightly or wrongly, is answered as it says.

    Over HTTP, with a token, on made-up rooms: by its examples, by each bound of each schema, by
    random values, the same in each run. Every answer has a status that is documented, in a media
    type, with the body and the headers that are documented for it, and none is a failure of the
    service. A request that the schemas refuse is refused, and one that they allow is answered, but
    for what schemathesis_hooks names. A method that is not documented gets a 405, and `Allow` names
    those that are. What needs the token is refused without.
    """
    settings = {
        "RENTOMATIC_TOKENS": token_line("schemathesis", TOKEN),
        "RENTOMATIC_SECRET_KEY": new_key(),
    }
    service = commands.serve("--demo", **settings)
    result = subprocess.run(
        [
            SCHEMATHESIS,
            "run",
            f"http://127.0.0.1:{service.port}/openapi.json",
            f"--header=Authorization: Bearer {TOKEN}",
            f"--seed={SEED}",
            f"--max-examples={EXAMPLES}",
            f"--exclude-checks={','.join(VOID)}",
            "--continue-on-failure",
        ],
        cwd=tmp_path,  # where it keeps its notes
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in service.complained
