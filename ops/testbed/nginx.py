"""nginx with the files of ops/nginx, in a folder of its own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.processes import free_port
from testbed.waiting import until

FILES = Path(__file__).resolve().parents[2] / "ops" / "nginx"
NAME = "rooms.example.com"
BALANCER = "127.0.0.8"
# Debian's is not in the PATH of ordinary users.
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")

# Where ops/install puts each file, with the sites enabled.
_PLACES = {
    "http.conf": "conf.d/rentomatic.conf",
    "locations.conf": "snippets/rentomatic.conf",
    "site.conf": "sites-enabled/rentomatic",
    "tls.conf": "sites-enabled/rentomatic-tls",
    "balanced.conf": "sites-enabled/rentomatic-balanced",
    "metrics.conf": "sites-enabled/rentomatic-metrics",
}

# What matters of Debian's file, with the limits that ops/install sets and no paths outside the
# folder.
_MAIN = """
{user}
worker_processes 2;
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log error.log info;
events {{ worker_connections 8192; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    access_log access.log;
    sendfile on;
    tcp_nopush on;
    gzip on;
    include conf.d/*.conf;
    include sites-enabled/*;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An nginx; all its ports are on 127.0.0.1.

    Attributes:
        folder: where it runs, with its logs.
        port: of Rent-o-Matic's site.
        tls_port: of the site with TLS.
        plain_port: of the site that redirects to TLS.
        metrics_port: of the metrics.
        balanced_port: of the site behind a balancer, whose address is BALANCER.
    """

    folder: Path
    port: int
    tls_port: int
    plain_port: int
    metrics_port: int
    balanced_port: int

    @property
    def url(self) -> str:
        """The site's URL."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs this nginx."""
        assert NGINX, "nginx is not installed"
        where = ["-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", "stderr"]
        return [NGINX, *where, *arguments]


def place(folder: Path, service: Path, change: Callable[[str], str] = str) -> Proxy:
    """Write the files into a folder, with paths in it and free ports instead of theirs.

    Args:
        folder: an empty folder.
        service: the unix socket of the service.
        change: changes the text of each file.
    """
    proxy = Proxy(folder, *(free_port() for _ in range(5)))
    swaps = {
        "unix:/run/rentomatic/rentomatic.sock": f"unix:{service}",
        "/var/cache/nginx/rentomatic": f"{folder}/cache",
        "/var/log/nginx/": f"{folder}/",
        "/var/www/html": f"{folder}/html",
        f"/etc/letsencrypt/live/{NAME}/": f"{folder}/",
        "127.0.0.1:9180": f"127.0.0.1:{proxy.metrics_port}",
        "192.0.2.10": BALANCER,
    }
    ports = {
        8080: proxy.port,
        8081: proxy.balanced_port,
        443: proxy.tls_port,
        80: proxy.plain_port,
    }
    for standard, free in ports.items():
        for end in (";", " "):
            swaps[f"listen {standard}{end}"] = f"listen 127.0.0.1:{free}{end}"
            # Not every machine has IPv6.
            swaps[f"listen [::]:{standard}{end}"] = f"listen 127.0.0.2:{free}{end}"
    for name, where in _PLACES.items():
        text = change((FILES / name).read_text(encoding="utf-8"))
        for theirs, ours in swaps.items():
            text = text.replace(theirs, ours)
        (folder / where).parent.mkdir(exist_ok=True)
        (folder / where).write_text(text, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_MAIN.format(user=user), encoding="utf-8")
    _make_certificate(folder)
    return proxy


def _make_certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def running(proxy: Proxy) -> Iterator[Proxy]:
    """Start nginx, wait until it listens, and stop it at the end."""
    with subprocess.Popen(proxy.command("-g", "daemon off;")) as process:
        try:
            _wait(proxy, process)
            yield proxy
        finally:
            process.terminate()


def _wait(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    until(lambda: process.poll() is not None or _listens(proxy))
    assert process.poll() is None, f"nginx does not start: see {proxy.folder}/error.log"


def _listens(proxy: Proxy) -> bool:
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", proxy.port)):
        return True
    return False
