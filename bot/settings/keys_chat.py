"""Keys of the sections about people: platforms, access, routes, delivery, approvals. The world's others are beside."""

import re
from collections.abc import Iterator
from datetime import time

from bot.settings.approval_secrets import ApprovalSecrets
from bot.settings.convert import (
    HOUR,
    MINUTE,
    SECOND,
    Kind,
    address,
    choice,
    duration,
    flag,
    group,
    many,
    member,
    optional,
    pattern,
    rank,
    table,
)
from bot.settings.forms import Match, RouteEntry
from bot.settings.keys_edges import VENUES
from bot.settings.keys_trading import same
from bot.settings.schema import (
    AccessSettings,
    ApprovalSettings,
    SlackSettings,
    TelegramSettings,
    TerminalSettings,
)
from bot.settings.section import Adapted, Rows, SecretKey, Section
from core.domain.delivery import Destination, Loudness, QuietHours
from core.domain.events import Severity, event_types
from core.domain.market import TradingMode
from core.domain.people import Role
from core.domain.settings import DeliverySettings

PLATFORMS = ("telegram", "slack", "terminal")
FORMS = {"telegram": r"-?\d+", "slack": r"[CDGUW][A-Z0-9]+", "terminal": ""}
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


def quiet_hours() -> Kind[QuietHours]:
    """Return the kind of spans within a day, over midnight too."""

    def read(raw: object) -> QuietHours:
        found = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", str(raw).strip())
        if not found:
            raise ValueError(f"{raw!r} is no such span")
        begin_h, begin_min, end_h, end_min = map(int, found.groups())
        hours = QuietHours(begin=time(begin_h, begin_min), end=time(end_h, end_min))
        if hours.begin == hours.end:
            raise ValueError(f"{raw!r} is no part of a day")
        return hours

    return Kind(
        allowed='a part of the day like "22:00-07:00"',
        read=read,
        show=lambda hours: f"{hours.begin:%H:%M}-{hours.end:%H:%M}",
    )


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
    if entry.fallback in entry.to:
        yield "fallback", f"{entry.fallback} is told by this route already; allowed: another destination, or null"


ROUTES = Rows(
    Adapted(
        Section(
            RouteEntry,
            {
                **same(
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
                    quiet=optional(quiet_hours()),
                ),
                "digest_min": ("digest", optional(duration(MINUTE, 1, 1440))),
            },
            check=_check_route,
        ),
        into=RouteEntry.route,
        out_of=RouteEntry.of,
    )
)


def _check_delivery(delivery: DeliverySettings) -> Iterator[tuple[str, str]]:
    if delivery.urgent_timeout > delivery.send_timeout:
        longest_s = delivery.send_timeout.total_seconds()
        yield "urgent_timeout_s", f"it is longer than send_timeout_s; allowed: at most {longest_s:g}"


DELIVERY = Section(
    DeliverySettings,
    {
        "send_timeout_s": ("send_timeout", duration(SECOND, "0.1", 300)),
        "urgent_timeout_s": ("urgent_timeout", duration(SECOND, "0.1", 300)),
        "failover_after_s": ("failover_after", duration(SECOND, 1, 86_400)),
        "missed_after_s": ("missed_after", duration(SECOND, 1, 86_400)),
        "edit_every_s": ("edit_every", duration(SECOND, 1, 3600)),
        # Telegram takes edits for 48 hours.
        "edit_until_h": ("edit_until", duration(HOUR, "0.1", 48)),
    },
    check=_check_delivery,
)

APPROVALS = Section(ApprovalSettings, same(second_person=flag(), to=many(destination()), totp=ApprovalSecrets()))
