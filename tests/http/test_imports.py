"""Importing a file on the page: upload, dry run, write."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from testbed.waiting import until
from webtest import TestApp, TestResponse

from rentomatic.config import PostgresDatabase
from rentomatic.domain.room import Room
from rentomatic.repository.connections import Connections
from rentomatic.repository.memrepo import MemRepo
from rentomatic.repository.memuploads import MemUploads
from rentomatic.repository.postgreschanges import PostgresChanges
from rentomatic.repository.postgresidempotency import PostgresIdempotency
from rentomatic.repository.postgresrepo import PostgresRepo
from rentomatic.repository.postgresuploads import PostgresUploads
from rentomatic.wsgi.application import Application
from rentomatic.wsgi.service import Limits, Stores
from tests.databases import ask
from tests.http.forms import COOKIE, OTHER, SITE, TOKENS, Browser, fields_of, problems_of

MOST = 1 << 17
WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock'"

CSV = "id,size,price,lon,lat,note\n7,51,1200,21.01,52.23,x\n"
WITH_BAD = f"{CSV}8,20,ten,21.01,52.23,<script>\n9,20,30,21.01,52.23,y\n"


@pytest.fixture
def browser(empty_rooms: PostgresDatabase, rooms: list[Room]) -> Iterator[Browser]:
    """A signed-in browser, with the book's rooms."""
    with closing(Connections(empty_rooms.url)) as connections:
        repository = PostgresRepo(connections)
        repository.save(rooms)
        stores = Stores(
            repository,
            PostgresChanges(connections),
            PostgresIdempotency(connections, PostgresRepo(connections)),
            PostgresUploads(connections),
        )
        application = Application(stores, Limits(batch_bytes=MOST), tokens=TOKENS, public_url=SITE)
        environ = {"SERVER_PROTOCOL": "HTTP/1.1"}
        yield Browser(TestApp(application, extra_environ=environ))


def upload(
    browser: Browser,
    content: str | bytes,
    name: str = "offers.csv",
    media_type: str = "text/csv",
    status: int = 303,
    path: str = "/import",
    **fields: str,
) -> TestResponse:
    """Send the form with a file."""
    raw = content.encode() if isinstance(content, str) else content
    files = [("file", name, raw, media_type)]
    return browser.client.post(
        path, {"source": "", "file_format": "", "on_error": "stop"} | fields,
        upload_files=files, headers=browser.sent, status=status,
    )  # fmt: skip


def checked(browser: Browser, content: str | bytes, **options: str) -> TestResponse:
    """Upload a file, and open the page that shows what importing it would do."""
    return browser.get(upload(browser, content, **options).headers["Location"])


def counts(page: TestResponse) -> dict[str, int]:
    """Return the numbers of a page."""
    return {
        each.dt.text: int(each.dd.text.replace(",", "")) for each in page.html.select(".counts div")
    }


def stored(browser: Browser) -> int:
    """Count the rooms."""
    return len(browser.client.get("/rooms?limit=1000").json)


def test_a_file_is_checked_and_then_imported(
    browser: Browser, empty_rooms: PostgresDatabase
) -> None:
    """Until then nothing is written; the history names who did it; then the file is removed."""
    page = checked(browser, CSV, source="office")
    assert counts(page) == {
        "New": 1,
        "Changed": 0,
        "Unchanged": 0,
        "Repeated lines": 0,
        "Bad lines": 0,
    }
    rows = [[cell.text for cell in row.select("th, td")] for row in page.html.select("tbody tr")]
    assert ["Size", "size"] in rows
    assert ["Longitude", "lon"] in rows
    assert "Not used: note" in page.text
    assert stored(browser) == 4
    sent = fields_of(page)
    action = page.html.select_one("main form")["action"]
    done = browser.post(action, sent)
    assert done.request.environ["rentomatic.token"] == "office"
    result = browser.get(done.headers["Location"])
    assert counts(result) == {"New": 1, "Changed": 0, "Unchanged": 0, "Bad lines": 0}
    assert stored(browser) == 5
    assert ask(empty_rooms, "select made_by from room_change order by id desc limit 1") == [
        "office"
    ]
    assert ask(empty_rooms, "select count(*) from upload_piece") == [0]
    # A double click is sent to the same result; what is imported is gone.
    assert browser.post(action, sent).headers["Location"] == done.headers["Location"]
    browser.get(action, status=400)
    browser.post(action, sent | {"key": "another"}, status=410)


@pytest.mark.parametrize("key", ["another", ""])
def test_two_tabs_import_a_file_once(
    browser: Browser, empty_rooms: PostgresDatabase, key: str
) -> None:
    """The second import, which began before the first one ended, is undone."""
    page = checked(browser, CSV, source="office")
    action, sent = page.html.select_one("main form")["action"], fields_of(page)
    with psycopg.connect(empty_rooms.url) as first, ThreadPoolExecutor(1) as pool:

        def end() -> None:
            until(lambda: ask(empty_rooms, WAITING))
            first.commit()

        first.execute("delete from upload")
        ended = pool.submit(end)
        browser.post(action, sent | {"key": key}, status=410)
        ended.result()
    assert stored(browser) == 4


def test_bad_lines_are_shown_and_stop_the_import(browser: Browser) -> None:
    """Each with its number and what is wrong; the good lines can be imported without them."""
    page = checked(browser, WITH_BAD, source="office")
    assert counts(page)["Bad lines"] == 1
    (place, reason) = [each.text for each in page.html.select("tbody")[1].select("th, td")]
    assert place == "Line 3"
    assert reason.startswith("price must be an amount")
    assert "<script>" not in page.text
    assert not page.html.select("main form")
    (skip,) = [each for each in page.html.select("main a") if "on_error=skip" in each["href"]]
    page = browser.get(skip["href"])
    action = page.html.select_one("main form")["action"]
    # Nobody can write the bad lines by another way.
    browser.post(action, fields_of(page) | {"on_error": "stop"}, status=400)
    assert stored(browser) == 4
    result = browser.get(browser.post(action, fields_of(page)).headers["Location"])
    assert counts(result) == {"New": 2, "Changed": 0, "Unchanged": 0, "Bad lines": 1}
    assert stored(browser) == 6


@pytest.mark.parametrize(
    ("name", "media_type", "content", "file_format"),
    [
        ("a.csv", "application/vnd.ms-excel", CSV, "csv"),
        ("A.TSV", "", CSV.replace(",", "\t"), "csv"),
        ("a.geojson", "", '{"type":"FeatureCollection","features":[]}', "geojson"),
        ("a.json", "application/json", '{"type":"FeatureCollection","features":[]}', "geojson"),
        ("a.ndjson", "", '{"id":1}\n', "ndjson"),
        ("offers", "text/csv", CSV, "csv"),
        ("offers.txt", "text/plain", CSV, "csv"),
        ("offers.txt", "text/plain", '\ufeff{"id":1}\n', "ndjson"),
    ],
)
def test_the_format_is_recognized(
    browser: Browser, name: str, media_type: str, content: str, file_format: str
) -> None:
    """By the name, else the type, else the text; or it is chosen."""
    location = upload(browser, content, name, media_type or "application/octet-stream").location
    assert parse_qs(urlsplit(location).query)["file_format"] == [file_format]
    location = upload(browser, content, name, file_format="ndjson").location
    assert parse_qs(urlsplit(location).query)["file_format"] == ["ndjson"]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        ("", "", "File: Choose a file"),
        (b"PK\3\4", "rooms.xlsx", "rooms.xlsx is a spreadsheet; save it as CSV in UTF-8"),
        ("[{}]", "rooms.json", "a JSON array is not one of geojson, csv, ndjson"),
    ],
)
def test_what_cannot_be_imported_is_asked_for_again(
    browser: Browser, content: str | bytes, name: str, problem: str
) -> None:
    """With what would help, and what was chosen."""
    answer = upload(browser, content, name, status=400, source="büro", on_error="skip")
    assert any(problem in each for each in problems_of(answer))
    assert fields_of(answer)["source"] == "büro"
    assert answer.html.select_one("#on_error-skip").has_attr("checked")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a,b\n1,2\n", "code: there is no column code or id"),
        ("", "file: is empty"),
        (b"PK\3\4rest", "file: is a spreadsheet"),
        (CSV, ""),
    ],
)
def test_a_file_without_rooms_is_explained(
    browser: Browser, content: str | bytes, problem: str
) -> None:
    """On the page for another file; identities that are not UUIDs are bad lines."""
    location = upload(browser, content).location
    answer = browser.get(location, status=400 if problem else 200)
    if problem:
        assert any(each.startswith(problem) for each in problems_of(answer)), problems_of(answer)
    else:
        assert "code is not a UUID" in answer.text or "id is not a UUID" in answer.text


def test_a_file_has_a_limit(browser: Browser) -> None:
    """413, and nothing is kept."""
    browser.headers["Accept"] = "application/json"
    for length in (MOST + 1, MOST + (1 << 17)):
        answer = upload(browser, b"x" * length, status=413)
        assert answer.json["message"] == f"The body is too long; at most {MOST} bytes are accepted"
    upload(browser, CSV.encode().ljust(MOST, b"\n"))


def test_a_file_belongs_to_who_uploaded_it(browser: Browser) -> None:
    """Another token finds nothing there."""
    location = upload(browser, CSV, source="office").location
    browser.cookie = f"{COOKIE}={OTHER}"
    browser.get(location, status=410)
    browser.post(urlsplit(location).path, {"file_format": "csv"}, status=410)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("file_format=xml", "file_format: must be one of geojson, csv, ndjson, not 'xml'"),
        ("file_format=csv&on_error=ignore", "on_error: must be stop or skip, not 'ignore'"),
        ("file_format=csv&x=1", "x: Parameter x cannot be used"),
    ],
)
def test_a_typed_address_is_checked(browser: Browser, query: str, problem: str) -> None:
    """As strictly as the API's."""
    path = urlsplit(upload(browser, CSV).location).path
    assert problem in browser.get(f"{path}?{query}", status=400).text.replace("&#39;", "'")
    browser.get(f"{path[:-1]}?file_format=csv", status=404)


def test_a_foreign_page_cannot_upload(browser: Browser) -> None:
    """Although the browser is signed in."""
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        browser.headers = {"Accept": "application/json", **headers}
        upload(browser, CSV, status=403)
    browser.headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    browser.cookie = ""
    upload(browser, CSV, status=401)


def test_the_result_has_numbers_only(browser: Browser) -> None:
    """A link cannot make it say something else."""
    good = "added=1&updated=2&unchanged=3&rejected=4"
    assert counts(browser.get(f"/import/done?{good}"))["Changed"] == 2
    for query in ("", good.replace("4", "x"), good.replace("=1", "=-1"), f"{good}&note=x"):
        browser.get(f"/import/done?{query}", status=400)


def test_embedded_services_import_from_memory(rooms: list[Room]) -> None:
    """And one whose store cannot keep files says so."""
    environ = {"SERVER_PROTOCOL": "HTTP/1.1"}
    stores = Stores(MemRepo(rooms), uploads=MemUploads())
    application = Application(stores, tokens=TOKENS, public_url=SITE)
    browser = Browser(TestApp(application, extra_environ=environ))
    page = checked(browser, CSV, source="office")
    browser.post(page.html.select_one("main form")["action"], fields_of(page))
    assert stored(browser) == 5
    application = Application(Stores(MemRepo()), tokens=TOKENS, public_url=SITE)
    browser = Browser(TestApp(application, extra_environ=environ))
    assert "it needs PostgreSQL" in browser.get("/import", status=404).text


@pytest.mark.parametrize("content", [CSV, WITH_BAD])
def test_the_pages_are_in_both_languages(browser: Browser, content: str) -> None:
    """And stay in the one that was chosen."""
    location = upload(browser, content, path="/import?lang=ja").location
    assert location.endswith("&lang=ja")
    page = browser.get(location)
    assert page.html.h1.text == "登録前の確認"
    assert browser.get("/import?lang=ja").html.h1.text == "部屋の一括登録"
