"""What is new among the rooms of a search, as an Atom feed (RFC 4287)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from rentomatic.domain.rent import Rent
from rentomatic.domain.room_times import News
from rentomatic.formats.view import WHOLE
from rentomatic.requests.room_feed import PRICE_FALLS
from rentomatic.requests.room_fields import FILTER_KEYS
from rentomatic.wsgi.pages.choice import LANG
from rentomatic.wsgi.pages.conditions import LABELS, name_condition
from rentomatic.wsgi.pages.languages import LANGUAGES, texts_of
from rentomatic.wsgi.pages.rendering import Linker, address, templates
from rentomatic.wsgi.pages.spelling import Speller
from rentomatic.wsgi.query import FILTER_PREFIX, quoted
from rentomatic.wsgi.request import Request

ATOM = "application/atom+xml"
PATH = "/rooms/feed"

# What a feed takes of a search.
_OF_FEED = re.compile(r"filter_.*|q|filter|bbox|near|radius|radius_min")
# What XML 1.0 (section 2.2) does not allow.
_NOT_XML = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The time of a feed without rooms, which must have one.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# What an entry says of a room in one line.
_FACTS = ("size", "bedrooms", "city", "available_from")


def feed_page(
    request: Request, base: str, canonical: str, rent: Rent, news: Sequence[News]
) -> bytes:
    """Write a feed.

    Args:
        request: for it, with its search.
        base: what addresses begin with; without it they are relative to the feed's own.
        canonical: the same text for equivalent searches, from which its id is made.
        rent: what prices mean.
        news: the latest first.
    """
    language = request.query.values.get(LANG, next(iter(LANGUAGES)))
    spell = Speller(texts_of(language), rent)
    sent = request.query.sent
    of_search = [pair for name, pair in sent.items() if name != PRICE_FALLS]
    link = Linker(request).link
    text = (
        templates()
        .get_template("feed.xml")
        .render(
            lang=language,
            t=spell.t,
            id=uuid5(NAMESPACE_URL, f"{base}{canonical}").urn,
            here=f"{base}{_with_query(PATH, sent.values())}",
            search=f"{base}{_with_query('/rooms', of_search)}",
            conditions=[_xml(each) for each in _conditions(request, spell)],
            updated=_moment(updated_at(news)),
            entries=[_entry(each, spell, base + link(f"/rooms/{each.room.code}")) for each in news],
        )
    )
    return text.encode()


def _conditions(request: Request, spell: Speller) -> Iterator[str]:
    """Yield what the search of a feed asks for, in words if the form has some."""
    for name, value in request.query.values.items():
        key = name.removeprefix(FILTER_PREFIX)
        if key in FILTER_KEYS or key in LABELS:
            yield name_condition(key, value, spell)
        elif name == PRICE_FALLS and value == "true":
            yield spell.t("feed.falls")


def feed_address(request: Request, language: str) -> str:
    """Return the address of the feed of a search, in the language of its page."""
    kept = [pair for name, pair in request.query.sent.items() if _OF_FEED.fullmatch(name)]
    is_default = language == next(iter(LANGUAGES))
    return _with_query(PATH, [*kept, *([] if is_default else [f"{LANG}={language}"])])


def updated_at(news: Sequence[News]) -> datetime:
    """Return when a feed last changed."""
    return max((each.times.updated_at for each in news), default=_NEVER)


def _entry(news: News, spell: Speller, href: str) -> dict[str, str]:
    room, shown = news.room, WHOLE.show(news.room)
    facts = [spell.price(room.price)]
    facts += [spell.fact(name, shown[name]) for name in _FACTS if name in shown]
    if news.former_price is not None:
        facts.insert(0, spell.t("feed.fell", price=spell.amount(news.former_price)))
    return {
        "id": room.code.urn,
        "title": _xml(spell.title(shown)),
        "href": href,
        "published": _moment(news.times.added_at),
        "updated": _moment(news.times.updated_at),
        "summary": _xml(" · ".join(facts)),
        "content": _xml(room.description or ""),
        "point": f"{room.latitude:.8f} {room.longitude:.8f}",
    }


def _with_query(path: str, pairs: Iterable[str]) -> str:
    return address(path, [quoted("&".join(pairs))])


def _moment(at: datetime) -> str:
    """Write a time (RFC 3339)."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _xml(text: str) -> str:
    """Replace what XML does not allow; everything else is escaped by the template."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
