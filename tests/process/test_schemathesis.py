"""The service does what its OpenAPI document says: Schemathesis takes it at its word."""

import os
import subprocess
import sys
from pathlib import Path

from tests.process.conftest import CHECKOUT, Commands

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HOOKS = "tests.process.schemathesis_hooks"
SEED = 1
EXAMPLES = 25  # for each operation and phase, besides those that cover each bound of each schema

# None of these can find anything: the service has no accounts, requires no header, and nothing in
# it can be written.
VOID = (
    "ignored_auth",
    "object_level_authorization",
    "missing_required_header",
    "use_after_free",
    "ensure_resource_availability",
)


def test_the_service_does_what_its_document_says(commands: Commands, tmp_path: Path) -> None:
    """Whatever is asked for by that document, rightly or wrongly, is answered as it says.

    Over HTTP, on made-up rooms: by its examples, by each bound of each parameter's schema, by
    random values, the same in each run. Every answer has a status that is documented, in a media
    type, with the body and the headers that are documented for it, and none is a failure of the
    service. A request that the schemas refuse is refused, and one that they allow is answered, but
    for what schemathesis_hooks names. A method that is not documented gets a 405, and `Allow` names
    those that are.
    """
    service = commands.serve("--demo")
    result = subprocess.run(
        [
            SCHEMATHESIS,
            "run",
            f"http://127.0.0.1:{service.port}/openapi.json",
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
