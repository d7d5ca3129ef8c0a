"""Keys of the sections about the world outside: feed, prices, venues, operations. Neither the trade's nor people's."""

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
    listener,
    optional,
    percent,
    whole,
    zone,
)
from bot.settings.keys_trading import same
from bot.settings.schema import (
    EXCHANGE_PRICES,
    SIMULATED_PRICES,
    AssistantSettings,
    DatabaseSettings,
    ExchangesSettings,
    FeedSettings,
    OpsSettings,
    PriceSettings,
    ReportSettings,
    VenueSettings,
)
from bot.settings.section import SecretKey, Section

VENUES = tuple(venue.ref.name for venue in ExchangesSettings().all)

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

PRICES = Section(
    PriceSettings,
    {
        "source": ("source", choice((EXCHANGE_PRICES, SIMULATED_PRICES))),
        "seed": ("seed", whole(0, 1 << 62)),
        "max_gap_pct": ("max_gap", percent(1, 90)),
        "quiet_s": ("quiet", duration(SECOND, 1, 60)),
    },
)

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
    return Section(
        partial(replace, default),
        same(
            enabled=flag(),
            api_key=SecretKey(),
            api_secret=SecretKey(),
            rest_url=optional(address("https", "http")),
            stream_url=optional(address("wss", "ws")),
            private_stream_url=optional(address("wss", "ws")),
        ),
    )


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
