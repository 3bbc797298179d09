"""The files themselves: what nginx, a linter and the service say of them."""

import re
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from testbed.nginx import FILES, place

from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.negotiation import preferred

# As of Debian 12 and 13, where it matters.
DEBIANS = """user www-data;
worker_processes auto;
pid /run/nginx.pid;

events {
\tworker_connections 768;
\t# multi_accept on;
}
"""
HTTP = (FILES / "http.conf").read_text()


def _map(name: str) -> dict[str, str]:
    """Read a map: its values by its keys."""
    found = re.search(rf"map \S+ \${name} {{\n(.*?)\n}}", HTTP, re.DOTALL)
    assert found
    lines = [re.findall(r'"[^"]*"|[^\s;"]+', line) for line in found[1].splitlines()]
    return {key.strip('"'): value.strip('"') for key, value in lines}


def test_nginx_takes_the_files_without_a_warning(tmp_path: Path) -> None:
    """With what Debian sets for all sites around them."""
    proxy = place(tmp_path, tmp_path / "rentomatic.sock")
    tried = subprocess.run(proxy.command("-t"), capture_output=True, text=True, check=True)
    conf = tmp_path / "nginx.conf"
    assert tried.stderr.splitlines() == [
        f"nginx: the configuration file {conf} syntax is ok",
        f"nginx: configuration file {conf} test is successful",
    ]


def run_in_installation(script: str, main: Path) -> str:
    """Run a script with what ops/install and ops/uninstall share, on a main file of nginx's."""
    command = ["sh", "-euc", f". ops/installation.sh; nginx_main={main}; {script}"]
    done = subprocess.run(command, cwd=FILES.parents[1], check=True, capture_output=True, text=True)
    return done.stdout


def test_debians_limits_are_raised_and_put_back(tmp_path: Path) -> None:
    """In its main file, to what these tests run with; nothing else in it changes."""
    main = tmp_path / "nginx.conf"
    main.write_text(DEBIANS)
    run_in_installation("write_main more_connections", main)
    raised = main.read_text()
    ours = place(tmp_path, tmp_path / "rentomatic.sock").folder / "nginx.conf"
    for limit in ("worker_connections", "worker_rlimit_nofile"):
        (found,) = re.findall(rf"\b{limit} \d+;", raised)
        assert found in ours.read_text()
    main.write_text(raised)
    run_in_installation("write_main fewer_connections", main)
    assert main.read_text() == DEBIANS


def test_limits_that_were_changed_by_hand_stay(tmp_path: Path) -> None:
    """What is too low is named."""
    main = tmp_path / "nginx.conf"
    for allowed, warned in ((768, True), (1024, True), (8192, False), (20000, False)):
        changed = DEBIANS.replace("768;", f"{allowed};") + "# by hand\n"
        main.write_text(changed)
        told = run_in_installation("raise_connections; restore_connections", main)
        assert main.read_text() == changed
        assert (f"raise worker_connections in it from {allowed} to 8192" in told) == warned


def test_the_linter_finds_nothing(tmp_path: Path) -> None:
    """Of any severity, in what is ours."""
    place(tmp_path, tmp_path / "rentomatic.sock")
    conf = tmp_path / "nginx.conf"
    debian = re.compile(r"^    ssl_.*\n", re.MULTILINE)
    conf.write_text(debian.sub("", conf.read_text()))
    gixy = Path(sys.executable).with_name("gixy")
    linted = subprocess.run([gixy, conf], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "No issues found" in linted.stdout


def test_the_map_of_accept_is_the_services_negotiation() -> None:
    """Else one client would be given the format of another."""
    kinds = _map("rentomatic_kind")
    assert kinds.pop("default") == ""
    offered = tuple(each.media_type for each in FORMATS.values())
    names = {each.media_type: each.name for each in FORMATS.values()}
    for accept, kind in kinds.items():
        for spelt in (accept, accept.upper()):
            assert names[preferred(spelt, offered)] == kind, spelt
    assert set(kinds.values()) == set(FORMATS)


@pytest.mark.parametrize(
    "network",
    ["2001:db8:1:2::/64", "2001:db8:0:1::/64", "2001:db8:1::/64", "2001:db8::/64", "fe80::/64"],
)
def test_who_has_many_addresses_is_not_many_clients(network: str) -> None:
    """Of IPv6 the first 64 bits count; as two where they are abbreviated in two ways."""
    (pattern,) = [key for key in _map("rentomatic_client") if key.startswith("~")]
    client = re.compile(pattern.removeprefix("~").replace("?<", "?P<"))
    first = int(ip_network(network).network_address)
    hosts = [1, 0x10001, 0x1_0000_0000, 0x1_0001_0000_0001, 0xFFFF_0000_0000_0000, 2**64 - 1]
    keys = {client.match(str(ip_address(first + host)))[0] for host in hosts}
    assert len(keys) <= 2
    assert client.match("192.0.2.1") is None
    assert client.match("::ffff:192.0.2.1") is None
