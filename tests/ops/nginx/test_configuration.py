"""nginx, a linter and the service accept the configuration files."""

import re
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from testbed.nginx import FILES, place

from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.negotiation import preferred

# What matters of Debian 12's and 13's.
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
    """Read a map's values by key."""
    found = re.search(rf"map \S+ \${name} {{\n(.*?)\n}}", HTTP, re.DOTALL)
    assert found
    lines = [re.findall(r'"[^"]*"|[^\s;"]+', line) for line in found[1].splitlines()]
    return {key.strip('"'): value.strip('"') for key, value in lines}


def test_nginx_accepts_the_files_without_a_warning(tmp_path: Path) -> None:
    """Included in Debian's own configuration."""
    proxy = place(tmp_path, tmp_path / "rentomatic.sock")
    tried = subprocess.run(proxy.command("-t"), capture_output=True, text=True, check=True)
    conf = tmp_path / "nginx.conf"
    assert tried.stderr.splitlines() == [
        f"nginx: the configuration file {conf} syntax is ok",
        f"nginx: configuration file {conf} test is successful",
    ]


def run_in_installation(script: str, main: Path) -> str:
    """Run a script with the functions of ops/installation.sh, on this main file of nginx."""
    command = ["sh", "-euc", f". ops/installation.sh; nginx_main={main}; {script}"]
    done = subprocess.run(command, cwd=FILES.parents[1], check=True, capture_output=True, text=True)
    return done.stdout


def test_debians_limits_are_raised_and_put_back(tmp_path: Path) -> None:
    """In its main file, to the limits of these tests; nothing else in it changes."""
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
    """Limits that are too low are reported."""
    main = tmp_path / "nginx.conf"
    for allowed, warned in ((768, True), (1024, True), (8192, False), (20000, False)):
        changed = DEBIANS.replace("768;", f"{allowed};") + "# by hand\n"
        main.write_text(changed)
        output = run_in_installation("raise_connections; restore_connections", main)
        assert main.read_text() == changed
        assert (f"raise worker_connections in it from {allowed} to 8192" in output) == warned


def test_the_linter_finds_nothing(tmp_path: Path) -> None:
    """Of any severity, in our files."""
    place(tmp_path, tmp_path / "rentomatic.sock")
    conf = tmp_path / "nginx.conf"
    debian = re.compile(r"^    ssl_.*\n", re.MULTILINE)
    conf.write_text(debian.sub("", conf.read_text()))
    gixy = Path(sys.executable).with_name("gixy")
    linted = subprocess.run([gixy, conf], capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert "No issues found" in linted.stdout


def test_the_map_of_accept_is_the_services_negotiation() -> None:
    """Otherwise one client would get another's format."""
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
def test_an_ipv6_network_is_one_client(network: str) -> None:
    """The first 64 bits of IPv6 count, as two clients if abbreviated in two ways."""
    (pattern,) = [key for key in _map("rentomatic_client") if key.startswith("~")]
    client = re.compile(pattern.removeprefix("~").replace("?<", "?P<"))
    first = int(ip_network(network).network_address)
    hosts = [1, 0x10001, 0x1_0000_0000, 0x1_0001_0000_0001, 0xFFFF_0000_0000_0000, 2**64 - 1]
    keys = {client.match(str(ip_address(first + host)))[0] for host in hosts}
    assert len(keys) <= 2
    assert client.match("192.0.2.1") is None
    assert client.match("::ffff:192.0.2.1") is None
