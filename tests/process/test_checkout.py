"""What a fresh checkout and a wheel promise: they work with nothing prepared."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from testbed.processes import free_port

from rentomatic import __version__
from rentomatic.config import PostgresDatabase
from rentomatic.demo import BOOK
from rentomatic.embedded.cluster import find_cluster
from tests.commands import CHECKOUT, LONG, Account, Command, Commands
from tests.conftest import SERVICE_VARIABLES

# What ops/ needs besides Python.
TOOLS = ("sh", "dirname", "cat", "sed", "grep", "tail", "tr", "rm", "flock")
# An address at which nothing listens.
NO_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_RETRIES": "1",
    "PIP_NO_CACHE_DIR": "1",
    "no_proxy": "127.0.0.1",
}
MADE = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
OLD_PYTHON = """#!/bin/sh
if [ "$1" = --version ]; then echo 'Python 3.9.2'; else exit 1; fi
"""
PYTHON_WITHOUT_VENV = """#!/bin/sh
case "$*" in *venv*) echo 'No module named ensurepip' >&2; exit 1 ;; esac
"""


def start_in(folder: Path, *command: str | Path, **variables: str) -> Command:
    """Start a command without the settings of the person who runs the tests."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POSTGRES_", "RENTOMATIC_", "PG", "PYTHON"))
        and name not in SERVICE_VARIABLES
    }
    streams = [Path(tempfile.mkstemp(dir=folder, prefix=".test-")[1]) for _ in range(2)]
    with streams[0].open("w") as output, streams[1].open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | variables,
            stdout=output,
            stderr=errors,
            text=True,
        )
    return Command(process, *streams)


def serve_from(checkout: Path, **variables: str) -> Command:
    """Start `ops/serve` from another folder, as a person or a service manager does."""
    port = free_port()
    command = (checkout / "ops/serve", "--demo", "--port", str(port))
    service = start_in(checkout.parent, *command, **variables)
    service.port = port
    try:
        return service.ready()
    except BaseException:
        service.process.terminate()
        service.end_at_last()
        raise


@pytest.fixture(scope="module")
def first_start() -> Iterator[tuple[Path, list[str], str]]:
    """A fresh clone after its first start: the folder, the codes it served, and its messages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # the account of the embedded server may enter
        checkout = folder / "a fresh clone"
        clone = ["git", "clone", "--quiet", CHECKOUT, checkout]
        # Somebody else's repository, which git refuses, and an unpacked archive are copied.
        if not shutil.which("git") or subprocess.run(clone, check=False).returncode:
            shutil.copytree(CHECKOUT, checkout, ignore=MADE)
        service = serve_from(checkout)
        try:
            codes = [room["code"] for room in service.get("/rooms?limit=4")]
        finally:
            service.process.terminate()
            service.end_at_last()
        yield checkout, codes, service.complained


def test_a_fresh_clone_serves(first_start: tuple[Path, list[str], str]) -> None:
    """One command in a bare checkout makes .venv, installs, and serves the book's rooms."""
    checkout, codes, messages = first_start
    assert codes == [code for code, *_ in BOOK]
    assert messages.splitlines() == [
        "making the virtual environment .venv",
        "installing into .venv",
    ]
    assert (checkout / ".data" / "cluster" / "data" / "PG_VERSION").exists()


def test_a_second_start_makes_nothing(first_start: tuple[Path, list[str], str]) -> None:
    """The next start serves the same rooms, and neither makes nor installs anything."""
    checkout, codes, _ = first_start
    service = serve_from(checkout)
    try:
        assert [room["code"] for room in service.get("/rooms?limit=4")] == codes
    finally:
        assert service.end(signal.SIGTERM) == 0
    assert service.complained == ""
    assert "The database already has rooms" in service.printed


@pytest.fixture
def setup(first_start: tuple[Path, list[str], str]) -> Iterator[Path]:
    """The setup.cfg of the checkout, which is as before after the test."""
    setup = first_start[0] / "setup.cfg"
    before = setup.read_text()
    yield setup
    setup.write_text(before)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[metadata]", "# a comment\n[metadata]"),
        ("version = ", "version = 9."),
        ("[mypy]\n", "[mypy]\npretty = true\n"),
        ("    ruff==", "    # a comment\n    ruff==9."),
    ],
    ids=["comment", "version", "another tool", "another extra"],
)
def test_without_an_index_it_starts_as_long_as_no_dependency_changes(
    setup: Path, old: str, new: str
) -> None:
    """Whatever else changes in setup.cfg, nothing is installed again."""
    text = setup.read_text()
    assert old in text
    setup.write_text(text.replace(old, new, 1))
    service = serve_from(setup.parent, **NO_INDEX)
    assert service.get("/rooms?limit=1")
    assert service.end(signal.SIGTERM) == 0
    assert service.complained == ""


def test_without_an_index_a_new_dependency_cannot_be_installed(setup: Path) -> None:
    """The last line says why, and what is installed still works when the file is as before."""
    before = setup.read_text()
    setup.write_text(before.replace("    orjson>=", "    itsdangerous\n    orjson>=", 1))
    refused = start_in(setup.parent, "ops/serve", "--port", str(free_port()), **NO_INDEX)
    assert refused.process.wait(LONG) == 1
    *_, line = refused.complained.splitlines()
    place = setup.with_name(".venv")
    assert line == f"serve: cannot install into {place}: no package index can be reached"
    setup.write_text(before)
    assert serve_from(setup.parent, **NO_INDEX).end(signal.SIGTERM) == 0


@pytest.fixture
def bare(tmp_path: Path) -> Callable[[str | None], Path]:
    """Make a checkout without .venv, beside a folder of tools with this `python3` or none."""

    def make(python: str | None) -> Path:
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (tools / tool).symlink_to(found)
        if python:
            (tools / "python3").write_text(python)
            (tools / "python3").chmod(0o755)
        shutil.copytree(CHECKOUT, tmp_path / "checkout", ignore=MADE)
        return tmp_path / "checkout"

    return make


def refusal(checkout: Path, **variables: str) -> list[str]:
    """Return the lines of an `ops/serve` that ends badly and leaves no .venv."""
    path = str(checkout.parent / "tools")
    service = start_in(checkout, "ops/serve", "--port", "0", PATH=path, **variables)
    assert service.end() not in {0, None}
    assert not (checkout / ".venv").exists()
    assert service.printed == ""
    return service.complained.splitlines()


@pytest.mark.parametrize(
    ("python", "found"), [(OLD_PYTHON, "Python 3.9.2"), (None, "not found")], ids=["old", "none"]
)
def test_a_python_that_will_not_do_is_named(
    bare: Callable[[str | None], Path], python: str | None, found: str
) -> None:
    """Where PATH has only an old Python, or none, one line says what is needed and was found."""
    (line,) = refusal(bare(python))
    assert line.startswith("serve: needs Python 3.11 or later, found ")
    assert found in line


@pytest.mark.parametrize("variables", [{}, {"PYTHON": "/nowhere/python"}], ids=["PATH", "PYTHON"])
def test_a_missing_venv_module_is_named(
    bare: Callable[[str | None], Path], variables: dict[str, str]
) -> None:
    """The last line names the Debian package; a PYTHON that is not there gives way to PATH's."""
    *_, line = refusal(bare(PYTHON_WITHOUT_VENV), **variables)
    assert line.startswith("serve: cannot make .venv: ")
    assert "apt install python3-venv" in line


@pytest.fixture(scope="module")
def installed(first_start: tuple[Path, list[str], str]) -> Path:
    """The Python of an environment outside of the checkout that has the package's wheel."""
    checkout, *_ = first_start
    pip = [checkout / ".venv/bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = checkout.parent / "wheels"
    wheel = [*pip, "wheel", "--no-deps", "--wheel-dir", wheels, checkout]
    subprocess.run(wheel, check=True)
    environment = checkout.parent / "installed"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin/python"
    install = ["install", "--no-deps", "--no-index", *wheels.glob("*.whl")]
    subprocess.run([*pip, "--python", python, *install], check=True)
    # What the package depends on is found in the tests' own environment, which saves a download.
    # Its .pth files are not read there, so that the editable package in it stays out of sight.
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def test_a_wheel_brings_the_command(installed: Path, tmp_path: Path) -> None:
    """The command `rentomatic` runs in any folder, from the wheel and not from the checkout."""
    version = start_in(tmp_path, installed.with_name("rentomatic"), "--version")
    assert version.end() == 0, version.complained
    assert version.printed == f"rentomatic {__version__}\n"
    where = start_in(tmp_path, installed, "-c", "import rentomatic; print(rentomatic.__file__)")
    assert where.end() == 0, where.complained
    assert Path(where.printed).is_relative_to(installed.parents[1])


def test_a_wheel_brings_all_that_the_service_needs(
    installed: Path, commands_in: Callable[..., Commands]
) -> None:
    """SQL, migrations, templates and gunicorn's settings are in it: it needs no checkout."""
    commands = commands_in(account=Account(python=str(installed)))
    assert commands.run("list").printed == "[]\n"
    service = commands.serve("--demo")
    assert [room["code"] for room in service.get("/rooms?limit=4")] == [code for code, *_ in BOOK]
    with urlopen(f"http://127.0.0.1:{service.port}/docs", timeout=LONG) as page:
        (style,) = re.findall(r'href="(/assets/page\.\w+\.css)"', page.read().decode())
    with urlopen(f"http://127.0.0.1:{service.port}{style}", timeout=LONG) as asset:
        assert b":root" in asset.read()
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == []


@pytest.fixture
def home(open_folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a user with a new home, whose embedded data are removed again."""
    yield {"HOME": str(open_folder), "XDG_DATA_HOME": ""}
    shutil.rmtree(find_cluster(open_folder / ".local/share/rentomatic").home, ignore_errors=True)


def test_a_wheel_has_one_database_for_its_user(
    installed: Path, home: dict[str, str], tmp_path: Path
) -> None:
    """It is in the user's data folder, whatever the current folder, which stays unchanged."""
    rentomatic = installed.with_name("rentomatic")
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    room = ("size=20", "price=60", "longitude=13.4", "latitude=52.5")
    added = start_in(tmp_path / "one", rentomatic, "add", *room, **home)
    assert added.end() == 0, added.complained
    found = start_in(tmp_path / "other", rentomatic, "list", **home)
    assert found.end() == 0, found.complained
    assert '"price":60' in found.printed
    assert (Path(home["HOME"]) / ".local/share/rentomatic/users.lock").exists()
    assert not list(tmp_path.glob("*/[!.]*"))
    assert not list(tmp_path.glob("*/.data"))


def test_a_wheel_migrates_a_configured_database(
    installed: Path, new_database: Callable[[], PostgresDatabase], tmp_path: Path
) -> None:
    """What the messages name works in any folder: init-postgres, migrate, and then list."""
    rentomatic = installed.with_name("rentomatic")
    url = new_database().url

    def run(*arguments: str) -> str:
        command = start_in(tmp_path, rentomatic, *arguments, DATABASE_URL=url)
        command.end()
        return command.printed + command.complained

    assert run("init-postgres").endswith("; next: rentomatic migrate\n")
    assert run("list").endswith("; run: rentomatic migrate\n")
    assert "applied 0001.create-room\n" in run("migrate")
    assert run("list") == "[]\n"


def test_a_wheel_works_under_gunicorn(
    installed: Path, database: PostgresDatabase, tmp_path: Path
) -> None:
    """`gunicorn wsgi_app:application` serves the configured database from any folder."""
    port = free_port()
    command = ["-m", "gunicorn", "wsgi_app:application", "--bind", f"127.0.0.1:{port}"]
    service = start_in(tmp_path, installed, *command, DATABASE_URL=database.url)
    service.port = port
    try:
        service.reports("Booting worker")
        assert service.get() == []
    finally:
        assert service.end(signal.SIGTERM) == 0
