"""`rentomatic check` checks the files that contain passwords and the digests of tokens."""

from pathlib import Path

import pytest

from rentomatic.variables import ENV_FILE, TOKENS_FILE
from tests.cli.conftest import Run


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A settings file and a tokens file that the environment names."""
    made = {"settings": tmp_path / "it's settings", "tokens": tmp_path / "tokens"}
    for name, path in zip((ENV_FILE, TOKENS_FILE), made.values(), strict=True):
        path.write_text("# nothing yet\n")
        monkeypatch.setenv(name, str(path))
    return made


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_files_that_are_closed_to_others_are_good(
    run: Run, files: dict[str, Path], mode: int
) -> None:
    """Owner and group may have any access."""
    for path in files.values():
        path.chmod(mode)
    code, out, _ = run("check")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for name, path in files.items():
        assert f"{name} file {path} has mode {mode:04o}" in lines


@pytest.mark.parametrize("name", ["settings", "tokens"])
@pytest.mark.parametrize("mode", [0o644, 0o602, 0o601])
def test_a_file_that_others_may_use_is_named(
    run: Run, files: dict[str, Path], name: str, mode: int
) -> None:
    """With the command that closes it; the service may start nevertheless."""
    for path in files.values():
        path.chmod(0o600)
    files[name].chmod(mode)
    code, out, _ = run("check")
    assert code == 4
    (failed,) = (line for line in out.splitlines() if "FAILED" in line)
    assert failed.startswith(f"{name} file ")
    assert (
        f"{files[name]} has mode {mode:04o}: every account has access; run: chmod o-rwx " in failed
    )
    assert run("check", "--before-start")[0] == 0


def test_what_is_not_a_file_needs_no_mode(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty list of tokens in /dev/null is not a secret."""
    monkeypatch.setenv(TOKENS_FILE, "/dev/null")
    code, out, _ = run("check")
    assert (code, "tokens file" in out) == (0, False)
