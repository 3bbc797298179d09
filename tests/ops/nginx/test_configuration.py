"""nginx, a linter and the service accept the configuration files."""

import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from testbed.nginx import FILES, place

from rentomatic.formats.table import FORMATS
from rentomatic.wsgi.negotiation import preferred, prefers_html
from rentomatic.wsgi.pages.choice import PAGE, preferred_language

# As browsers and other clients send it, and what they get.
ACCEPTED = {
    # Firefox, its older releases, Chrome, Safari, and programs.
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": PAGE,
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,"
    "image/svg+xml,*/*;q=0.8": PAGE,
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7": PAGE,
    "text/html": PAGE,
    "text/html, */*;q=0.01": PAGE,
    "": "json",
    "*/*": "json",
    "application/json, text/plain, */*": "json",
    "text/csv": "csv",
    "application/geo+json": "geojson",
    "application/x-ndjson": "ndjson",
}

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
    lines = [line for line in found[1].splitlines() if not line.strip().startswith("#")]
    pairs = [re.findall(r'"[^"]*"|[^\s;"]+', line) for line in lines]
    return {key.strip('"'): value.strip('"') for key, value in pairs}


def _looked_up(name: str, text: str) -> str:
    """Look a text up in a map as nginx does: exactly, ignoring case, then by patterns in order."""
    pairs = _map(name)
    default = pairs.pop("default")
    patterns = {key: value for key, value in pairs.items() if key.startswith("~")}
    for key, value in pairs.items():
        if key not in patterns and key.lower() == text.lower():
            return value
    for key, value in patterns.items():
        flags = re.IGNORECASE if key.startswith("~*") else 0
        if re.search(key.lstrip("~*"), text, flags):
            return value
    return default


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
    for accept, kind in ACCEPTED.items():
        for spelt in (accept, accept.upper()):
            assert kind_of(spelt) == _looked_up("rentomatic_kind", spelt) == kind, spelt
    kinds = {key: kind for key, kind in _map("rentomatic_kind").items() if kind}
    for accept, kind in kinds.items():
        assert accept.startswith("~") or kind_of(accept) == kind
    assert set(kinds.values()) == {*FORMATS, PAGE}


@pytest.mark.parametrize(
    "accept",
    [
        "text/html;q=0.9",
        "text/html,application/json",
        "text/html,*/*",
        "text/html, text/html;q=0.1, */*;q=0.5",
        "image/png,text/html",
        "application/json;q=0.9",
    ],
)
def test_what_nginx_does_not_know_is_not_cached(accept: str) -> None:
    """The service decides; in some cases it would be a page, in others not."""
    assert _looked_up("rentomatic_kind", accept) == ""


def kind_of(accept: str) -> str:
    """Return what the service negotiates."""
    names = {each.media_type: each.name for each in FORMATS.values()}
    return PAGE if prefers_html(accept) else names[preferred(accept, tuple(names))]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["en", "ja", "en-US", "ja-JP", "JA", "fr", "*", "de-DE"]),
            st.sampled_from(["", ";q=0", ";q=0.1", ";q=0.9", ";q=0.90", ";q=1", "; q=0.5"]),
        ).map("".join),
        max_size=4,
    ),
    st.sampled_from([",", ", "]),
)
def test_the_map_of_languages_is_the_services(tags: list[str], separator: str) -> None:
    """Otherwise one visitor would get a page in another's language; what is unclear is not kept."""
    accepted = separator.join(tags)
    assert _looked_up("rentomatic_language", accepted) in {"", preferred_language(accepted)}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("en-US,en;q=0.9", "en"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("en-GB, en; q=0.5, ja;q=0.3", ""),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "en"),
        ("ja", "ja"),
        ("ja,en-US;q=0.9,en;q=0.8", "ja"),
        ("ja-JP, ja;q=0.9, en;q=0.5", "ja"),
        ("de,ja;q=0.5", ""),
        ("ja,ja;q=0.1,en;q=0.5", ""),
    ],
)
def test_the_languages_of_browsers_are_known(accepted: str, language: str) -> None:
    """As browsers send them; an empty one means that the answer is not cached."""
    assert _looked_up("rentomatic_language", accepted) == language


@pytest.mark.parametrize(
    ("cookies", "is_session"),
    [
        ("rentomatic=x", True),
        ("__Host-rentomatic=x", True),
        ("a=b; rentomatic=x", True),
        ("a=b;__Host-rentomatic=", True),
        ("", False),
        ("_ga=rentomatic", False),
        ("xrentomatic=1; rentomatics=1; a-rentomatic=1", False),
        ("__Secure-rentomatic=x", False),
    ],
)
def test_only_the_cookie_of_the_session_is_recognized(cookies: str, *, is_session: bool) -> None:
    """Other sites on the same machine, and whatever counts visitors, set cookies too."""
    assert bool(_looked_up("rentomatic_session", cookies)) == is_session


def test_the_policy_of_nginx_s_own_pages_has_the_digest_of_their_style() -> None:
    """Browsers would not apply the style otherwise."""
    (style,) = re.findall("<style>(.*?)</style>", (FILES / "locations.conf").read_text())
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'; " in _map("rentomatic_style_policy").values()


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
