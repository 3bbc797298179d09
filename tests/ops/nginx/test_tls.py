"""TLS follows Mozilla's intermediate configuration; unknown hosts get nothing."""

import socket
import ssl
import subprocess
from http.client import HTTPSConnection

import pytest
from testbed.nginx import NAME

from tests.commands import SECONDS
from tests.ops.nginx.site import HERE, Answer, Site


def shake(site: Site, *options: str, name: str = NAME) -> str:
    """Make a handshake with openssl, with all its algorithms allowed; return its output."""
    command = ["openssl", "s_client", "-connect", f"{HERE}:{site.proxy.tls_port}"]
    command += ["-servername", name] if name else ["-noservername"]
    done = subprocess.run(
        [*command, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return done.stdout + done.stderr


def connect(site: Site) -> HTTPSConnection:
    """Connect as a client that knows the certificate."""
    context = ssl.create_default_context(cafile=site.proxy.folder / "fullchain.pem")
    connection = HTTPSConnection(NAME, timeout=SECONDS, context=context)
    plain = socket.create_connection((HERE, site.proxy.tls_port), SECONDS)
    connection.sock = context.wrap_socket(plain, server_hostname=NAME)
    return connection


def ask(site: Site, path: str, host: str = NAME) -> Answer:
    """Send a request over TLS."""
    connection = connect(site)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(("option", "version"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_current_protocols_are_accepted(site: Site, option: str, version: str) -> None:
    """TLS 1.2 and 1.3, with forward secrecy."""
    said = shake(site, option)
    assert f"New, {version}, Cipher is " in said
    assert "ECDHE" in said or version == "TLSv1.3"


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_old_protocols_are_refused(site: Site, option: str) -> None:
    """Although Debian's nginx.conf allows them, with and without a known host."""
    for name in (NAME, "evil.example", ""):
        said = shake(site, option, "-cipher", "ALL:@SECLEVEL=0", name=name)
        assert "alert protocol version" in said
        assert "Cipher is (NONE)" in said


@pytest.mark.parametrize(
    "cipher", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384"]
)
def test_weak_ciphers_are_refused(site: Site, cipher: str) -> None:
    """Those without forward secrecy or with CBC."""
    said = shake(site, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
    assert "alert handshake failure" in said


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_unknown_hosts_get_no_certificate(site: Site, option: str) -> None:
    """With an unknown host name, or none."""
    for name in ("evil.example", ""):
        said = shake(site, option, name=name)
        assert "unrecognized name" in said
        assert "no peer certificate available" in said


def test_another_host_in_our_name_gets_no_answer(site: Site) -> None:
    """A handshake with our name does not reach the default server either."""
    with pytest.raises(ConnectionError):
        ask(site, "/rooms", host="evil.example")


@pytest.mark.parametrize(
    ("path", "status"), [("/rooms", 200), ("/metrics", 404), ("/rooms?x", 400)]
)
def test_every_answer_demands_tls(site: Site, path: str, status: int) -> None:
    """In every answer of the site with TLS, and only there."""
    answer = ask(site, path)
    assert answer.status == status
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=63072000"]
    assert answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"]
    plain = site.ask(path)
    assert "Strict-Transport-Security" not in plain.headers


def test_plain_http_redirects_to_tls(site: Site) -> None:
    """To our name with any path; unknown hosts get nothing."""
    port = site.proxy.plain_port
    answer = site.ask("/rooms?limit=1&x=%20", {"Host": NAME}, port=port)
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://{NAME}/rooms?limit=1&x=%20"
    for path in ("//evil.example/", "/%0d%0aX-Evil:%201"):
        moved = site.ask(path, {"Host": NAME}, port=port)
        assert moved.headers["Location"] == f"https://{NAME}{path}"
        assert "X-Evil" not in moved.headers
    long = site.ask("/rooms", {"Host": NAME}, "POST", b" " * 2_000_000, port=port)
    assert (long.status, long.headers["Location"]) == (301, f"https://{NAME}/rooms")
    with pytest.raises(ConnectionError):
        site.ask("/rooms", {"Host": "evil.example"}, port=port)


def test_certbot_s_challenge_is_answered_without_tls(site: Site) -> None:
    """But nothing else in that folder."""
    folder = site.proxy.folder / "html"
    challenges = folder / ".well-known/acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("proof")
    (folder / "index.html").write_text("another site")
    ours = {"Host": NAME}
    path = "/.well-known/acme-challenge/token"
    port = site.proxy.plain_port
    assert site.ask(path, ours, port=port).body == b"proof"
    assert site.ask(f"{path}2", ours, port=port).status == 404
    assert site.ask("/index.html", ours, port=port).status == 301


def test_plain_http_on_the_tls_port_is_a_400(site: Site) -> None:
    """In the contract's form."""
    answer = site.ask("/rooms", {"Host": NAME}, port=site.proxy.tls_port)
    assert (answer.status, answer.json()["type"]) == (400, "ParametersError")


def test_the_page_shows_the_address_under_which_it_is_read(site: Site) -> None:
    """With the port and the scheme that the client has, not those behind nginx."""
    plain = site.ask("/docs", {"X-Forwarded-Proto": "https"}).body.decode()
    assert f"<code>http://127.0.0.1:{site.proxy.port}<" in plain
    named = site.ask("/docs", {"Host": "rooms.example.com"}).body.decode()
    assert "<code>http://rooms.example.com<" in named
    assert f"<code>https://{NAME}<" in ask(site, "/docs").body.decode()
