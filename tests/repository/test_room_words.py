"""The words of rooms in PostgreSQL: triggers keep them, an index finds them."""

import re
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.domain.words import MAX_WORD, has_words, words_of
from rentomatic.repository.connections import Connections
from rentomatic.repository.migrations import apply_migrations
from rentomatic.repository.postgresrepo import ANALYZED_CHANGES, PostgresRepo
from rentomatic.repository.word_parameters import planned_words, word_parameters
from rentomatic.requests.room_list import build_room_list_request
from rentomatic.resources import shipped
from tests.repository.histories import History
from tests.scripts import SCRIPTS, terms

MakeRoom = Callable[..., Room]
INSERT = "insert into room (code, size, price, longitude, latitude, title, city, description)"
VALUES = "values (%s, 50, 100, 1, 2, %s, %s, %s)"
STORED = "select room_words.id from room_words order by id"
MIGRATION = "0010.search-words"

TEXTS = st.text(f"{SCRIPTS}\n", min_size=1, max_size=20).filter(str.strip)


def found(repository: PostgresRepo, q: str, **search: object) -> list[int]:
    """Search for words; return the codes as numbers."""
    request = build_room_list_request(q=q, **search)  # type: ignore[arg-type]
    assert request, request
    return [room.code.int for room in repository.search(request).rooms]


def insert(history: History, number: int, *texts: str | None) -> None:
    """Insert a room as a DBA does, with title, city and description."""
    with history.connect() as connection:
        connection.execute(f"{INSERT} {VALUES}".encode(), [UUID(int=number), *texts])


def test_what_is_typed_in_psql_is_found_from_then_on(history: History) -> None:
    """Triggers keep the words of a room that is inserted, changed, renumbered and removed."""
    insert(history, 1, "Ático", "Alcalá", None)
    insert(history, 2, None, None, "con ático")
    repository = history.repository
    assert found(repository, "atico") == [1, 2]
    history.run("update room set title = 'Estudio', price = 5 where city = 'Alcalá'")
    assert found(repository, "atico") == [2]
    assert found(repository, "estudio alcala") == [1]
    history.run("update room set id = default where city = 'Alcalá'")
    assert found(repository, "estudio") == [1]
    history.run("update room set title = null, city = null where price = 5")
    assert found(repository, "estudio") == found(repository, "alcala") == []
    history.run("delete from room where price = 100")
    assert history.ask(STORED) == []
    insert(history, 3, "Ático", None, None)
    history.run("truncate room")
    assert history.ask(STORED) == []


def test_a_room_without_text_has_no_words(history: History, make_room: MakeRoom) -> None:
    """It costs nothing, and neither does a new price of one that has text."""
    history.repository.save([make_room(1), make_room(2, title="Piso")])
    row = "select id, ctid from room_words"
    before = history.ask(row)
    assert len(before) == 1
    history.run("update room set price = price + 1")
    assert history.ask(row) == before


def test_a_role_that_may_only_write_rooms_keeps_their_words(history: History) -> None:
    """Whatever path it searches, and whatever temporary table it has."""
    with history.connect() as connection:
        connection.execute("drop role if exists writer")
        connection.execute("create role writer")
        connection.execute("grant insert, update, delete, select on room to writer")
        connection.execute("set role writer")
        connection.execute("create temp table room_words (id bigint, words tsvector, marked text)")
        connection.execute("set search_path = pg_temp")
        text = f"{INSERT.replace('room ', 'public.room ')} {VALUES}"
        connection.execute(text.encode(), [UUID(int=1), "Ático", None, None])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from public.room_words")
        connection.execute("reset role")
        connection.execute("drop owned by writer")
        connection.execute("drop role writer")
    assert found(history.repository, "atico") == [1]


@given(texts=st.lists(TEXTS, min_size=1, max_size=3), searched=TEXTS)
def test_postgresql_finds_the_words_that_python_finds(
    history: History, texts: list[str], searched: str
) -> None:
    """In every script, for each way to run the search."""
    words = words_of(searched)
    if not words:
        return
    history.run("truncate room")
    for number, text in enumerate(texts, 1):
        insert(history, number, None, None, text.strip())
    expected = [n for n, text in enumerate(texts, 1) if has_words(text, words)]
    with history.connect() as connection:
        for each in (
            word_parameters(words),
            word_parameters(words) | planned_words(words, words.index),
        ):
            text = (shipped("sql") / "parts" / "matching_words.sql").read_text()
            for gathered in (True, False):
                assert matching(connection, text, each, gathered=gathered) == expected


def matching(
    connection: psycopg.Connection[Any], part: str, parameters: dict[str, Any], *, gathered: bool
) -> list[int]:
    """Run the part of a search that is about words."""
    lines = ["select code from room where true"]
    for line in part.splitlines():
        mark = re.search(r"-- if (\w+)$", line)
        if not mark or mark[1] in parameters or (gathered and mark[1] == "gathered"):
            lines.append(re.sub(r"(?<!:):(\w+)", r"%(\1)s", line.partition("--")[0]))
    lines.append("order by id")
    rows = connection.execute("\n".join(lines).encode(), parameters)
    return [code.int for (code,) in rows]


CHARACTERS = [chr(each) for each in range(0x20, 0x110000) if not 0xD800 <= each < 0xE000]


def test_postgresql_has_the_terms_of_every_character(history: History) -> None:
    """What is a letter does not depend on the server's locale or Unicode data."""
    query = b"select tsvector_to_array(word_terms(folded_words(%s)))"
    with history.connect() as connection:
        for start in range(0, len(CHARACTERS), 4_000):
            text = " ".join(f"x{each}x{each}" for each in CHARACTERS[start : start + 4_000])
            ((found,),) = connection.execute(query, [text])
            assert set(found) == terms(text)


CREATE = "create database in_locale template template0 encoding 'UTF8'"
LOCALES = (
    "locale 'C'",
    "locale 'C.UTF-8'",
    "locale_provider icu icu_locale 'tr' locale 'C'",
    "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'",
)


def test_the_locale_of_a_database_does_not_matter(history: History) -> None:
    """Not even Turkish, in which `lower` takes the dot from I, with any provider of locales."""
    answers = {}
    url = history.database.maintenance_url
    with psycopg.connect(url, autocommit=True) as connection:
        for locale in LOCALES:
            connection.execute("drop database if exists in_locale")
            try:
                connection.execute(f"{CREATE} {locale}".encode())
            except psycopg.Error:
                continue  # this server lacks the provider or the locale
            database = history.cluster.database_named("in_locale")
            apply_migrations(database.url)
            with closing(Connections(database.url)) as connections:
                repository = PostgresRepo(connections)
                texts = ["ISTANBUL \u0131 İ", "Straße ΣΩΣΙΣ", "新宿3丁目", "ǅ ﬁ Ⅷ"]
                repository.save(
                    Room(UUID(int=n), 50, 100, 1.0, 2.0, title=text)
                    for n, text in enumerate(texts, 1)
                )
                searches = ["istan", "I", "\u0131", "STRASSE", "σωσις", "3丁目", "DZ FI viii"]
                answers[locale] = [found(repository, q) for q in searches]
        connection.execute("drop database if exists in_locale")
    assert len(answers) > 1
    expected = [[1], [1], [1], [2], [2], [3], [4]]
    assert answers == dict.fromkeys(answers, expected)


def test_text_of_any_length_has_words(history: History, make_room: MakeRoom) -> None:
    """Words longer than an index takes, all of a description in Han, and what folds to the most."""
    longest = ["a" * 5_000, "京都" * 2_500, "㌀" * 5_000, "ﷺ" * 5_000, "\U0001d400" * 5_000]
    letters = "".join(chr(0x3400 + number) for number in range(5_000))
    history.repository.save(
        make_room(n, description=text) for n, text in enumerate([*longest, letters], 1)
    )
    assert found(history.repository, "a" * MAX_WORD) == [1, 5]
    assert found(history.repository, letters[4_000:4_100]) == [6]
    assert found(history.repository, "アパートア") == [3]
    assert found(history.repository, "عليه") == [4]


def test_words_are_found_through_the_index(history: History, make_room: MakeRoom) -> None:
    """A rare word needs no look at other rooms, alone and beside a frequent one."""
    for start in range(1, 2_001, 250):
        history.repository.save(
            make_room(
                number,
                title="Piso ático" if number % 400 == 0 else "Piso",
                description=" ".join(f"w{each * number % 997}" for each in range(60)),
            )
            for number in range(start, start + 250)
        )
    history.run("vacuum (analyze) room_words")
    for q in ("atico", "atico piso", "wort"):
        for sort in (None, "price"):
            request = build_room_list_request(q=q, sort=sort)
            assert request
            text, parameters = history.repository.page_statement(request)
            assert ("frequent" in parameters) == (q == "atico piso")
            with history.connect() as connection:
                rows = connection.execute(b"explain " + text, parameters)
                plan = "\n".join(row[0] for row in rows)
            assert "room_words_words_idx" in plan, plan
            assert "Seq Scan" not in plan, plan


def test_frequent_words_are_left_to_the_rooms_that_a_rare_one_finds() -> None:
    """The index would collect all of their rooms first."""
    rooms = {"rare": 10, "so-so": 300, "often": 5_000, "always": 100_000}
    assert planned_words(["often"], rooms.__getitem__) == {"words": "'often':*"}
    assert planned_words(["rare", "so-so"], rooms.__getitem__) == {
        "words": "'rare':* & 'so-so':*",
        "gathered": True,
    }
    assert planned_words([*rooms], rooms.__getitem__) == {
        "words": "'rare':* & 'so-so':*",
        "frequent": "'often':* & 'always':*",
        "gathered": True,
    }
    assert planned_words(["often", "always"], rooms.__getitem__) == {
        "words": "'often':* & 'always':*"
    }


def test_the_migration_finds_the_words_of_stored_rooms(
    history: History, new_database: Callable[[], PostgresDatabase]
) -> None:
    """Those that were stored before it; its rollback keeps the rooms."""
    del history
    database = new_database()
    with psycopg.connect(database.maintenance_url, autocommit=True) as connection:
        name = database.name
        connection.execute(f"create database {name} template template0 encoding 'UTF8'".encode())
    apply_migrations(database.url)
    rollback = (shipped("migrations") / f"{MIGRATION}.rollback.sql").read_text()
    migration = (shipped("migrations") / f"{MIGRATION}.sql").read_text()
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f"{INSERT} {VALUES}".encode(), [UUID(int=1), "Ático", None, None])
        connection.execute(rollback.encode())
        connection.execute(f"{INSERT} {VALUES}".encode(), [UUID(int=2), None, "Алматы", None])
        connection.execute(f"{INSERT} {VALUES}".encode(), [UUID(int=3), None, None, None])
        assert connection.execute("select count(*) from room").fetchall() == [(3,)]
        connection.execute(migration.encode())
    with closing(Connections(database.url)) as connections:
        repository = PostgresRepo(connections)
        assert found(repository, "atico") == [1]
        assert found(repository, "алма") == [2]


def test_a_save_does_not_fail_because_its_statistics_take_long(
    postgres_embedded: PostgresRepo, embedded_rooms: PostgresDatabase, make_room: MakeRoom
) -> None:
    """Another ANALYZE may hold it up for longer than a statement takes; autovacuum follows."""
    with (
        psycopg.connect(embedded_rooms.url) as other,
        closing(Connections(embedded_rooms.url, statement_timeout=2)) as connections,
    ):
        other.execute("analyze room_words")
        repository = PostgresRepo(connections)
        saved = repository.save(make_room(number) for number in range(1, ANALYZED_CHANGES + 1))
    assert saved.added == ANALYZED_CHANGES
    assert found(postgres_embedded, "atico") == []
    assert postgres_embedded.get(UUID(int=1)) == make_room(1)
