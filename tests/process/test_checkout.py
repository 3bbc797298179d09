"""What a fresh checkout and a wheel promise: they work with nothing prepared."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rentomatic import __version__
from rentomatic.config import PostgresDatabase
from rentomatic.demo import BOOK
from tests.conftest import SERVICE_VARIABLES
from tests.process.conftest import CHECKOUT, Account, Command, Commands, free_port, until

# What ops/ needs besides Python.
TOOLS = ("sh", "dirname", "cat", "cksum", "grep", "tail", "tr", "rm", "flock")
MADE = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
OLD_PYTHON = """#!/bin/sh
if [ "$1" = --version ]; then echo 'Python 3.9.2'; else exit 1; fi
"""
PYTHON_WITHOUT_VENV = """#!/bin/sh
case "$*" in *venv*) echo 'No module named ensurepip' >&2; exit 1 ;; esac
"""


def start_in(folder: Path, *command: str | Path, **variables: str) -> Command:
    """Start a command that meets no settings of whoever runs the tests."""
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


def serve_from(checkout: Path) -> Command:
    """Start `ops/serve` from another folder, as a person or a service manager does."""
    port = free_port()
    service = start_in(checkout.parent, checkout / "ops/serve", "--demo", "--port", str(port))
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
    assert "There are rooms already" in service.told


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
    """Give the lines of an `ops/serve` that ends badly and leaves no .venv."""
    path = str(checkout.parent / "tools")
    service = start_in(checkout, "ops/serve", "--port", "0", PATH=path, **variables)
    assert service.end() not in {0, None}
    assert not (checkout / ".venv").exists()
    assert service.told == ""
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
    assert version.told == f"rentomatic {__version__}\n"
    where = start_in(tmp_path, installed, "-c", "import rentomatic; print(rentomatic.__file__)")
    assert where.end() == 0, where.complained
    assert Path(where.told).is_relative_to(installed.parents[1])


def test_a_wheel_brings_all_that_the_service_needs(
    installed: Path, commands_in: Callable[..., Commands]
) -> None:
    """SQL, migrations and gunicorn's settings are in the wheel: it serves without a checkout."""
    commands = commands_in(account=Account(python=str(installed)))
    assert commands.run("list").told == "[]\n"
    service = commands.serve("--demo")
    assert [room["code"] for room in service.get("/rooms?limit=4")] == [code for code, *_ in BOOK]
    assert service.end(signal.SIGTERM) == 0
    assert commands.servers() == []


def test_a_wheel_works_under_gunicorn(
    installed: Path, database: PostgresDatabase, tmp_path: Path
) -> None:
    """`gunicorn wsgi_app:application` serves the configured database from any folder."""
    port = free_port()
    command = ["-m", "gunicorn", "wsgi_app:application", "--bind", f"127.0.0.1:{port}"]
    service = start_in(tmp_path, installed, *command, DATABASE_URL=database.url)
    service.port = port
    try:
        until(lambda: "Booting worker" in service.complained)
        assert service.get() == []
    finally:
        assert service.end(signal.SIGTERM) == 0
