"""Settings are read strictly; a wrong one is reported in one line, without passwords."""

from pathlib import Path

import psycopg
import pytest

from rentomatic.bootstrap import build_application, build_stores
from rentomatic.config import frozen_environment, read_settings
from rentomatic.database_url import masked
from rentomatic.public_url import can_sign_in
from rentomatic.repository.mongorepo import MongoRepo
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgresuploads import PostgresUploads
from rentomatic.sealing import new_key
from rentomatic.tokens import digest_of, token_line
from rentomatic.variables import SETTINGS, ConfigError

BOOK = {
    "POSTGRES_HOSTNAME": "db.example",
    "POSTGRES_USER": "us/er",
    "POSTGRES_PASSWORD": "p@ss:w/rd%",
    "APPLICATION_DB": "application",
}


def test_an_empty_environment_means_the_defaults() -> None:
    """And no configured database."""
    settings = read_settings({})
    assert settings.postgres is None
    assert settings.mongodb_url is None
    assert (settings.default_limit, settings.port, settings.workers, settings.threads) == (
        *(100, 8000, 4, 4),
    )
    assert settings.data == Path(__file__).resolve().parents[1] / ".data"


def test_an_empty_variable_counts_as_unset() -> None:
    """Shells and compose files leave empty variables."""
    assert read_settings({setting.name: "" for setting in SETTINGS}) == read_settings({})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_each_spelling_of_the_scheme_is_accepted(scheme: str) -> None:
    """Platforms, libpq and other tools each have their own."""
    settings = read_settings(
        {"DATABASE_URL": f"{scheme}://user:pw@host:5433/rooms?sslmode=require"}
    )
    assert settings.postgres
    assert settings.postgres.url == "postgresql://user:pw@host:5433/rooms?sslmode=require"
    assert settings.postgres.maintenance_url == (
        "postgresql://user:pw@host:5433/postgres?sslmode=require"
    )
    assert settings.postgres.name == "rooms"


def test_a_url_without_a_host_keeps_its_socket() -> None:
    """The socket is one of the parameters."""
    settings = read_settings({"DATABASE_URL": "postgresql:///rooms?host=/run/postgresql"})
    assert settings.postgres
    assert settings.postgres.maintenance_url == "postgresql:///postgres?host=/run/postgresql"


HOSTS = "postgresql://u:p@one:5433,two:5434,[::1]"


@pytest.mark.parametrize(
    ("url", "environ", "added"),
    [
        (f"{HOSTS}/rooms", {}, "?target_session_attrs=read-write"),
        (f"{HOSTS}/rooms?", {}, "target_session_attrs=read-write"),
        (f"{HOSTS}/rooms?sslmode=prefer", {}, "&target_session_attrs=read-write"),
        ("postgresql:///rooms?host=/one,/two", {}, "&target_session_attrs=read-write"),
        ("postgresql:///rooms?hostaddr=::1,::2", {}, "&target_session_attrs=read-write"),
        ("postgresql:///rooms", {"PGHOST": "one,two"}, "?target_session_attrs=read-write"),
        ("postgresql://one/rooms", {"PGHOST": "one,two"}, ""),
        ("postgresql://one/rooms?application_name=a,b", {}, ""),
        (f"{HOSTS}/rooms?target_session_attrs=any", {}, ""),
        (f"{HOSTS}/rooms", {"PGTARGETSESSIONATTRS": "prefer-standby"}, ""),
    ],
)
def test_of_several_servers_the_primary_is_wanted(
    url: str, environ: dict[str, str], added: str
) -> None:
    """Unless the URL or libpq's variable says otherwise; one server may be anything."""
    database = read_settings({"DATABASE_URL": url} | environ).postgres
    assert database
    assert (database.url, database.name) == (url + added, "rooms")
    assert database.maintenance_url == (url + added).replace("/rooms", "/postgres")
    psycopg.conninfo.conninfo_to_dict(database.url)


def test_the_books_variables_may_name_several_servers() -> None:
    """On the same port."""
    settings = read_settings(BOOK | {"POSTGRES_HOSTNAME": "one,two", "POSTGRES_PORT": "5433"})
    assert settings.postgres
    for url in (settings.postgres.url, settings.postgres.maintenance_url):
        read = psycopg.conninfo.conninfo_to_dict(url)
        assert (read["host"], read["port"]) == ("one,two", "5433")
        assert read["target_session_attrs"] == "read-write"


def test_the_books_variables_name_the_database() -> None:
    """With its maintenance database; reserved characters are escaped."""
    settings = read_settings(BOOK | {"POSTGRES_DB": "maintenance", "POSTGRES_PORT": "5433"})
    assert settings.postgres
    for url, name in (
        (settings.postgres.url, "application"),
        (settings.postgres.maintenance_url, "maintenance"),
    ):
        assert psycopg.conninfo.conninfo_to_dict(url) == {
            "host": "db.example",
            "port": "5433",
            "user": "us/er",
            "password": "p@ss:w/rd%",
            "dbname": name,
        }


def test_the_url_overrides_the_books_variables() -> None:
    """Even if that group is incomplete."""
    environ = {"DATABASE_URL": "postgresql://host/rooms", "POSTGRES_USER": "user"}
    settings = read_settings(environ)
    assert settings.postgres
    assert settings.postgres.url == "postgresql://host/rooms"


@pytest.mark.parametrize("missing", BOOK)
def test_an_incomplete_group_names_what_is_missing(missing: str) -> None:
    """In one line."""
    environ = {name: value for name, value in BOOK.items() if name != missing}
    with pytest.raises(ConfigError, match=f"set without {missing}; set all, or DATABASE_URL$"):
        read_settings(environ)


@pytest.mark.parametrize(
    ("other", "named"),
    [({"DATABASE_URL": "postgresql://h/d"}, "DATABASE_URL"), (BOOK, "the POSTGRES_ group")],
)
def test_two_databases_are_refused(other: dict[str, str], named: str) -> None:
    """The service cannot know which one is meant."""
    with pytest.raises(ConfigError, match=f"MONGODB_URL and {named} are both set"):
        read_settings(other | {"MONGODB_URL": "mongodb://h/d"})


@pytest.mark.parametrize("url", ["mongodb://u:hid:den@h/x", "mongodb://h/a.b", "mongodb://h/a$b"])
def test_a_url_that_mongodb_cannot_read_is_reported(url: str) -> None:
    """Without the URL, which may hold a password."""
    with pytest.raises(ConfigError, match=r"^MONGODB_URL cannot be used: \w+, see") as caught:
        build_stores(read_settings({"MONGODB_URL": url}))
    assert "hid" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "80a", "PORT must be an integer from 1 to 65535, not '80a'"),
        ("PORT", "65536", "PORT must be an integer from 1 to 65535, not '65536'"),
        ("RENTOMATIC_LOG", "xml", "RENTOMATIC_LOG must be auto or json or text, not 'xml'"),
        ("RENTOMATIC_METRICS", "1", "RENTOMATIC_METRICS must be on or off, not '1'"),
        (
            "RENTOMATIC_SOCKET",
            "a.sock",
            "must be an absolute path such as /run/rentomatic/rentomatic.sock, not 'a.sock'",
        ),
        ("WEB_CONCURRENCY", "0", "WEB_CONCURRENCY must be an integer from 1 to 256, not '0'"),
        (
            "RENTOMATIC_DEFAULT_LIMIT",
            "none",
            "RENTOMATIC_DEFAULT_LIMIT must be an integer from 1 to 1000, not 'none'",
        ),
        (
            "RENTOMATIC_CURRENCY",
            "euro",
            "RENTOMATIC_CURRENCY must be a currency code of ISO 4217 such as EUR, not 'euro'",
        ),
        (
            "RENTOMATIC_PERIOD",
            "year",
            "RENTOMATIC_PERIOD must be month or week or day, not 'year'",
        ),
        *(
            (
                "RENTOMATIC_PUBLIC_URL",
                url,
                (
                    "RENTOMATIC_PUBLIC_URL must be the address of the site without a path, such as"
                    f" https://rooms.example.com, not {url!r}"
                ),
            )
            for url in (
                *("rooms.example.com", "ftp://a.example", "https://", "https://a.example/rooms"),
                *("https://a.example?x", "https://a b", "https://a_b.example", "https://[::g]"),
                *("https://-a.example", "https://a.example:", "https://ä.example"),
            )
        ),
        ("RENTOMATIC_PUBLIC_URL", "https://u:hidden@a.example", "not 'https://u:***@a.example'"),
        (
            "RENTOMATIC_PUBLIC_URL",
            "http://a.example:65536",
            (
                "RENTOMATIC_PUBLIC_URL must be an address whose port is from 1 to 65535, not"
                " 'http://a.example:65536'"
            ),
        ),
        ("DATABASE_URL", "mysql://u:hidden@h/d", "not 'mysql://u:***@h/d'"),
        ("DATABASE_URL", "postgresql://u:hidden@h", "not 'postgresql://u:***@h'"),
        ("DATABASE_URL", "u:hidden@h/d", "not 'u:***@h/d'"),
        ("DATABASE_URL", "postgresql://u:hid/den@[h", "not 'postgresql://u:***@[h'"),
        ("DATABASE_URL", "postgresql://u:hidden@[::1]x/d", "not 'postgresql://u:***@[::1]x/d'"),
        ("DATABASE_URL", "postgresql://u:%zzhid@h/d", "not 'postgresql://u:***@h/d'"),
        *(
            ("DATABASE_URL", f"postgresql://u:hid@{hosts}/d", f"not 'postgresql://u:***@{hosts}/d'")
            for hosts in ("one:5433,two:x", "one:0,two", "one,two:65536", "one,[::g]", "one:1:2")
        ),
        ("MONGODB_URL", "mongodb://u:hidden@h", "not 'mongodb://u:***@h'"),
    ],
)
def test_a_wrong_value_is_reported_in_one_line(name: str, value: str, expected: str) -> None:
    """With the variable, the value and what would be right, but no password."""
    with pytest.raises(ConfigError) as caught:
        read_settings({name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} must be ")
    assert message.endswith(expected)
    assert "hid" not in message
    assert "\n" not in message


def test_a_file_may_hold_settings(tmp_path: Path) -> None:
    """In systemd's format; variables that are set and not empty override it."""
    file = tmp_path / "rentomatic.env"
    file.write_text(
        "# a comment\n; another\n\nPORT=1\nWEB_CONCURRENCY = '2'\nRENTOMATIC_THREADS=\"3\"\n"
    )
    environ = {"RENTOMATIC_ENV_FILE": str(file), "PORT": "", "WEB_CONCURRENCY": "5"}
    settings = read_settings(environ)
    assert (settings.port, settings.workers, settings.threads) == (1, 5, 3)
    assert settings.listens_to_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"PORT=1\nhidden password\n", "line 2 of {} must be NAME=value or a comment"),
        (b"PORT=\xff\n", "{} cannot be read: it is not UTF-8"),
        (None, "{} cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(
    tmp_path: Path, text: bytes | None, expected: str
) -> None:
    """With the number of the line, but not its text, which may be a secret."""
    file = tmp_path / "rentomatic.env"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        read_settings({"RENTOMATIC_ENV_FILE": str(file)})
    assert str(caught.value) == f"RENTOMATIC_ENV_FILE: {expected.format(file)}"


def test_tokens_are_read_from_a_variable_and_a_file(tmp_path: Path) -> None:
    """From either or both; by default there are none."""
    file = tmp_path / "tokens"
    file.write_text(f"# a comment\n{token_line('office', 'a')}\n")
    environ = {"RENTOMATIC_TOKENS_FILE": str(file)}
    assert read_settings(environ).tokens == {digest_of("a"): "office"}
    environ["RENTOMATIC_TOKENS"] = token_line("portal", "b")
    assert sorted(read_settings(environ).tokens.values()) == ["office", "portal"]
    assert read_settings({}).tokens == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"hidden", "a file of lines of `rentomatic token new`, such as office:DIGEST"),
        (b"\xff", "a file of lines of `rentomatic token new`"),
        (None, "a file that can be read (No such file or directory)"),
    ],
)
def test_tokens_that_cannot_be_read_are_reported(
    tmp_path: Path, text: bytes | None, expected: str
) -> None:
    """With the name of the file, but none of its text."""
    file = tmp_path / "tokens"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        read_settings({"RENTOMATIC_TOKENS_FILE": str(file)})
    assert str(caught.value).startswith(f"RENTOMATIC_TOKENS_FILE must be {expected}, not '/")
    assert "hidden" not in str(caught.value)
    with pytest.raises(
        ConfigError, match=r"^RENTOMATIC_TOKENS must be lines of [^,]*, such as [^,]*$"
    ):
        read_settings({"RENTOMATIC_TOKENS": "hidden"})


def test_keys_are_read_from_a_variable_or_a_file(tmp_path: Path) -> None:
    """The newest first; processes that start later do not need the file, and nothing shows them."""
    new, old = new_key(), new_key()
    file = tmp_path / "secret.key"
    file.write_text(f"# the newest first\n{new}\n{old}\n")
    environ = {"RENTOMATIC_SECRET_KEY_FILE": str(file)}
    settings = read_settings(environ)
    assert settings.sealer
    assert settings.sealer.keys == (new, old)
    assert new not in repr(settings)
    frozen = frozen_environment(environ)
    file.unlink()
    assert read_settings(frozen).sealer == settings.sealer
    assert read_settings({}).sealer is None
    (shown,) = (each for each in SETTINGS if each.name == "RENTOMATIC_SECRET_KEY")
    assert shown.show({"RENTOMATIC_SECRET_KEY": new}) == "(secret)"


@pytest.mark.parametrize("text", ["hidden", "", "# none", "A" * 44, f"{'A' * 43}=,hidden"])
def test_keys_that_cannot_be_used_are_reported(tmp_path: Path, text: str) -> None:
    """With what would be right, but none of the text."""
    file = tmp_path / "secret.key"
    file.write_text(text)
    expected = "one or more keys of `rentomatic searches key`, the newest first"
    with pytest.raises(ConfigError) as caught:
        read_settings({"RENTOMATIC_SECRET_KEY_FILE": str(file)})
    message = f"RENTOMATIC_SECRET_KEY_FILE must be a file of {expected}, not "
    assert str(caught.value).startswith(message)
    if text:
        with pytest.raises(ConfigError) as caught:
            read_settings({"RENTOMATIC_SECRET_KEY": text})
        assert str(caught.value) == f"RENTOMATIC_SECRET_KEY must be {expected}"


@pytest.mark.parametrize("text", ["10.0.0.1/8", "all", "10.0.0.0/8;::1", "10.0.0.0/33"])
def test_wrong_networks_are_reported(text: str) -> None:
    """With what would be right."""
    expected = r"^RENTOMATIC_WEBHOOK_NETWORKS must be networks such as 10\.1\.0\.0/16,fd00::/8, not"
    with pytest.raises(ConfigError, match=expected):
        read_settings({"RENTOMATIC_WEBHOOK_NETWORKS": text})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://rooms.example.com", "https://rooms.example.com"),
        ("HTTPS://Rooms.Example.com:443/", "https://rooms.example.com"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_a_public_url_is_read_as_browsers_send_it(given: str, sent: str) -> None:
    """It is compared with `Origin`; without the setting there is none."""
    assert read_settings({"RENTOMATIC_PUBLIC_URL": given}).public_url == sent
    assert read_settings({}).public_url is None


@pytest.mark.parametrize(
    ("url", "is_possible"),
    [
        ("https://rooms.example.com", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.1.2.3", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000", True),
        ("http://rooms.localhost", True),
        ("http://rooms.example.com", False),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
        (None, False),
    ],
)
def test_a_token_is_sent_only_encrypted_or_within_the_machine(
    url: str | None, *, is_possible: bool
) -> None:
    """Anyone on the way could read it otherwise."""
    assert can_sign_in(url) is is_possible


def test_a_frozen_environment_needs_no_files(tmp_path: Path) -> None:
    """It means the same after the files that were named are gone."""
    tokens, settings = tmp_path / "tokens", tmp_path / "settings"
    tokens.write_text(token_line("office", "a"))
    settings.write_text(f"RENTOMATIC_TOKENS_FILE={tokens}\nPORT=1234\n")
    environ = {"RENTOMATIC_ENV_FILE": str(settings), "RENTOMATIC_TOKENS": token_line("b", "b")}
    before, frozen = read_settings(environ), frozen_environment(environ)
    tokens.unlink()
    settings.unlink()
    assert read_settings(frozen) == before
    assert frozen_environment(frozen) == frozen


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:a@b:c@host/db", "postgresql://user:***@host/db"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("postgresql://user:a@b:c@one:1,two:2/db", "postgresql://user:***@one:1,two:2/db"),
        ("postgresql://one:1,two:2/db", "postgresql://one:1,two:2/db"),
        (
            "postgresql://host/db?user=u&password=a%26b&x=1",
            "postgresql://host/db?user=u&password=***&x=1",
        ),
    ],
)
def test_passwords_are_masked(url: str, shown: str) -> None:
    """Wherever they are in a URL."""
    assert masked(url) == shown


def test_the_settings_choose_the_repository() -> None:
    """And the other stores; nothing connects before the first request."""
    stores = build_stores(read_settings({"DATABASE_URL": "postgresql://nowhere.invalid/rooms"}))
    assert isinstance(stores.repository, PostgresRepo)
    assert isinstance(stores.changes, PostgresChanges)
    assert isinstance(stores.idempotency, PostgresIdempotency)
    assert isinstance(stores.uploads, PostgresUploads)
    stores = build_stores(read_settings({"MONGODB_URL": "mongodb://nowhere.invalid/rooms"}))
    assert isinstance(stores.repository, MongoRepo)
    assert (stores.changes, stores.idempotency, stores.uploads) == (None, None, None)


def test_an_application_needs_a_database() -> None:
    """Without one, the message says what to set."""
    with pytest.raises(ConfigError, match="set DATABASE_URL, or start with ops/serve"):
        build_application({})
