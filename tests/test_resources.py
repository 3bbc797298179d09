"""Where files are, and how to install what is missing."""

import sys

import pytest

from rentomatic import __version__
from rentomatic.bootstrap import build_application
from rentomatic.embedded import binaries
from rentomatic.variables import ConfigError


def test_an_extra_is_installed_from_the_checkout_or_the_wheel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No message suggests installing from an index, where the name is not ours."""
    wheel = f"./rentomatic-{__version__}-py3-none-any.whl"
    monkeypatch.setattr(binaries, "PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(binaries.EmbeddedError) as embedded:
        binaries.find_binaries()
    monkeypatch.setitem(sys.modules, "rentomatic.repository.mongorepo", None)
    with pytest.raises(ConfigError) as mongo:
        build_application({"MONGODB_URL": "mongodb://127.0.0.1/rooms"})
    for extra, message in (("embedded", str(embedded.value)), ("mongo", str(mongo.value))):
        assert f"pip install '.[{extra}]' in a checkout, or '{wheel}[{extra}]'" in message
