"""Keys of the sections about the world outside: feed, prices, chat, access, routes, operations. Not the trade's."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bot.settings.convert import (
    HOUR,
    SECOND,
    Kind,
    address,
    choice,
    duration,
    flag,
    group,
    listener,
    many,
    member,
    optional,
    pattern,
    rank,
    table,
    whole,
    zone,
)
from bot.settings.forms import Match, RouteEntry
from bot.settings.keys_trading import same
from bot.settings.schema import (
    AccessSettings,
    AssistantSettings,
    DatabaseSettings,
    DeliverySettings,
    ExchangesSettings,
    FeedSettings,
    OpsSettings,
    PriceSettings,
    ReportSettings,
    SlackSettings,
    TelegramSettings,
    TerminalSettings,
    VenueSettings,
)
from bot.settings.section import Adapted, Rows, SecretKey, Section
from core.domain.delivery import Destination, Loudness
from core.domain.events import Severity, event_types
from core.domain.market import TradingMode
from core.domain.people import Role

PLATFORMS = ("telegram", "slack", "terminal")
FORMS = {"telegram": r"-?\d+", "slack": r"[CDGUW][A-Z0-9]+", "terminal": ""}
VENUES = tuple(venue.ref.name for venue in ExchangesSettings().all)
ROLE = rank(Role, Role.NOBODY)


def destination() -> Kind[Destination]:
    """Return the kind of places that messages go to."""

    def read(raw: object) -> Destination:
        place = Destination.parse(str(raw))
        if place.platform not in PLATFORMS or not re.fullmatch(FORMS[place.platform], place.address):
            raise ValueError(f"{raw!r} is no place that we know")
        if place.topic and not (place.platform == "telegram" and place.topic.isdecimal()):
            raise ValueError(f"{raw!r} has a topic where there are none")
        return place

    allowed = "telegram:<chat id>[/<topic id>], slack:<channel id> or terminal"
    return Kind(allowed=allowed, read=read, show=str)


FEED = Section(
    FeedSettings,
    {
        "url": ("url", address("ws", "wss")),
        "token": ("token", SecretKey()),
        "silence_s": ("silence", duration(SECOND, 1, 3600)),
        "max_frame_bytes": ("max_frame_bytes", whole(1024, 1 << 28)),
        "connect_timeout_s": ("connect_timeout", duration(SECOND, "0.1", 300)),
        "auth_timeout_s": ("auth_timeout", duration(SECOND, "0.1", 300)),
        "backoff_first_s": ("backoff_first", duration(SECOND, "0.01", 3600)),
        "backoff_max_s": ("backoff_max", duration(SECOND, "0.01", 3600)),
        "lost_after_s": ("lost_after", duration(SECOND, 0, 3600)),
        "auth_retry_s": ("auth_retry", duration(SECOND, "0.1", 86_400)),
        "quiet_alert_h": ("quiet_alert", duration(HOUR, "0.1", 720)),
    },
)

PRICES = Section(PriceSettings, same(source=choice(("exchange", "simulated")), seed=whole(0, 1 << 62)))

TELEGRAM = Section(TelegramSettings, same(token=SecretKey(), api_url=address("https", "http")))

SLACK = Section(
    SlackSettings, same(bot_token=SecretKey(), app_token=SecretKey(), api_url=address("https", "http", slash=True))
)

TERMINAL = Section(TerminalSettings, same(enabled=flag()))

ACCESS = Section(
    AccessSettings,
    same(
        telegram=table(pattern(r"\d{1,19}", "a numeric user id"), ROLE),
        slack=table(pattern(r"[UW][A-Z0-9]+", "a user id like U0001", upper=True), ROLE),
        terminal=ROLE,
        chats=table(destination(), ROLE),
        disabled=table(choice(PLATFORMS), group(pattern(r"[a-z_]{1,32}", "the name of a command"))),
    ),
)


def _check_route(entry: RouteEntry) -> Iterator[tuple[str, str]]:
    if not entry.to:
        yield "to", "a route needs at least one destination"


ROUTES = Rows(
    Adapted(
        Section(
            RouteEntry,
            same(
                match=Section(
                    Match,
                    same(
                        severity=rank(Severity),
                        kinds=group(choice(sorted(event_types()))),
                        exchanges=group(choice(VENUES)),
                        modes=group(member(TradingMode)),
                    ),
                ),
                to=many(destination()),
                loudness=member(Loudness),
                fallback=optional(destination()),
            ),
            check=_check_route,
        ),
        into=RouteEntry.route,
        out_of=RouteEntry.of,
    )
)

DELIVERY = Section(DeliverySettings, {"send_timeout_s": ("send_timeout", duration(SECOND, "0.1", 300))})

OPS = Section(
    OpsSettings,
    same(
        http=optional(listener()),
        log_format=choice(("console", "json")),
        log_level=choice(("debug", "info", "warning", "error")),
    ),
)


def sqlite_url() -> Kind[str]:
    """Return the kind of addresses of SQLite databases, as the driver wants them."""

    def read(raw: object) -> str:
        found = re.fullmatch(r"sqlite(?:\+aiosqlite)?:///(.+)", str(raw).strip())
        if not found:
            raise ValueError("it is no SQLite database")
        return f"sqlite+aiosqlite:///{found[1]}"

    return Kind(allowed="sqlite:///<path of the file> (other databases are not supported yet)", read=read, show=str)


DATABASE = Section(DatabaseSettings, same(url=sqlite_url()))


def _venue(default: VenueSettings) -> Section[VenueSettings]:
    return Section(partial(replace, default), same(enabled=flag(), api_key=SecretKey(), api_secret=SecretKey()))


def _check_exchanges(exchanges: ExchangesSettings) -> Iterator[tuple[str, str]]:
    if not exchanges.enabled:
        yield VENUES[0], "no exchange is enabled; allowed: enabled: true for one of them at least"


EXCHANGES = Section(
    ExchangesSettings,
    same(**{venue.ref.name: _venue(venue) for venue in ExchangesSettings().all}),
    check=_check_exchanges,
)

REPORTS = Section(ReportSettings, same(timezone=zone()))

ASSISTANT = Section(AssistantSettings, same(host=optional(address("https", "http"))))
