"""What the installation's shell functions do with files."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SITE = (ROOT / "ops/nginx/tls.conf").read_text()
SETTINGS = "PORT=8000\nRENTOMATIC_LOG=json"
SET = "RENTOMATIC_PUBLIC_URL=https://other.example"


@pytest.mark.parametrize(
    ("site", "before", "added"),
    [
        (
            SITE.replace("rooms.example.com", "rooms.test"),
            SETTINGS,
            "\nRENTOMATIC_PUBLIC_URL=https://rooms.test\n",
        ),
        (
            "  server_name\ta-1.test b.test;\n",
            f"{SETTINGS}\n",
            "RENTOMATIC_PUBLIC_URL=https://a-1.test\n",
        ),
        (SITE, SETTINGS, ""),
        (None, SETTINGS, ""),
        (SITE.replace("rooms.example.com", "rooms.test"), f"{SETTINGS}\n{SET}\n", ""),
    ],
    ids=["named", "several-names", "not-named", "not-enabled", "already-set"],
)
def test_the_public_url_is_taken_from_the_site_with_tls(
    tmp_path: Path, site: str | None, before: str, added: str
) -> None:
    """Once that is enabled and has its name; one that an administrator has set is kept."""
    settings, enabled = tmp_path / "rentomatic.env", tmp_path / "rentomatic-tls"
    settings.write_text(before)
    if site is not None:
        enabled.write_text(site)
    script = (
        '. "$root_/environment.sh"; . "$root_/installation.sh"\n'
        "settings=$1 tls_site=$2; set_public_url"
    )
    subprocess.run(
        ["sh", "-euc", script, str(ROOT / "ops/install"), str(settings), str(enabled)],
        env={"root_": str(ROOT / "ops"), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    assert settings.read_text() == before + added
