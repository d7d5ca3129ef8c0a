"""`wavehelm check`: tries everything that settings name and says what to mend."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.app.chat import slack_settings, telegram_settings
from bot.app.database import check_database
from bot.app.edges import refs_of, signal_socket
from bot.app.stakes import refuse_missing_keys
from bot.app.venue_checking import check_venue
from bot.clock import SystemClock
from bot.feeds.signal_probe import Refusals
from bot.feeds.signal_probe import probe as probe_signals
from bot.platforms.slack.probe import probe as probe_slack
from bot.platforms.telegram.probe import probe as probe_telegram
from bot.settings import Settings
from bot.settings.schema import VenueSettings
from core.domain.errors import ConfigurationError, RetryLater, Unreachable

_FINE, _CONFIGURATION, _UNREACHABLE = 0, 2, 4


class Warned(str):
    """A finding that works, with something in it that a person should mend."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of one try; `code` is its exit code. `is_warning`: it works, but a person should mend something."""

    name: str
    code: int
    detail: str
    is_warning: bool = False

    @property
    def mark(self) -> str:
        """How the table shows it."""
        if self.code != _FINE:
            return "AWAY" if self.code == _UNREACHABLE else "MEND"
        return "WARN" if self.is_warning else "ok"


async def run_checks(settings: Settings) -> int:
    """Try everything, print a table, and return the exit code: 0, 2 (something to mend) or 4 (something is away)."""
    tries: dict[str, Callable[[], Awaitable[str | Warned]]] = {
        "settings": lambda: _settings(settings),
        "database": lambda: _database(settings),
        "signals": lambda: _signals(settings),
        **{venue.ref.name: partial(_venue, settings, venue) for venue in settings.exchanges.enabled},
        "telegram": lambda: _telegram(settings),
        "slack": lambda: _slack(settings),
        "people": lambda: _people(settings),
        "routes": lambda: _routes(settings),
    }
    # All at once: what does not answer takes its time, and a newcomer waits for all of it.
    findings = await asyncio.gather(*(_attempt(name, one) for name, one in tries.items()))
    table = Table("", "part", "finding")
    for finding in findings:
        # As a text: what servers say must not be taken for markup.
        table.add_row(finding.mark, finding.name, Text(finding.detail))
    Console().print(table)
    codes = {finding.code for finding in findings} - {_FINE}
    return min(codes, default=_FINE)


async def _attempt(name: str, attempt: Callable[[], Awaitable[str | Warned]]) -> Finding:
    try:
        detail = await attempt()
        return Finding(name=name, code=_FINE, detail=detail, is_warning=isinstance(detail, Warned))
    except ConfigurationError as error:
        return Finding(name=name, code=_CONFIGURATION, detail=str(error))
    except (Unreachable, RetryLater) as error:
        return Finding(name=name, code=_UNREACHABLE, detail=str(error))


async def _settings(settings: Settings) -> str:
    refuse_missing_keys(settings)
    venues = ", ".join(ref.title for ref in refs_of(settings))
    return f"{settings.trading.mode} on {venues}"


async def _database(settings: Settings) -> str:
    path = settings.database.path
    if path is not None and not path.exists():
        return f"{path} is made at the first start"
    is_sound, text = await check_database(settings)
    if not is_sound:
        raise ConfigurationError(text.replace("\n", "; "))
    return text.replace("\n", "; ")


async def _signals(settings: Settings) -> str:
    refusals = Refusals()
    # However soon an outage is to be told of: only a refusal is told within the few seconds of a probe.
    patient = replace(settings, feed=replace(settings.feed, lost_after=timedelta(hours=1)))
    return await probe_signals(signal_socket(patient, refs_of(settings), SystemClock(), refusals), refusals)


async def _venue(settings: Settings, venue: VenueSettings) -> str | Warned:
    if settings.prices.is_simulated:
        return "not asked: prices are simulated"
    found = await check_venue(settings, venue)
    if found.faults:
        raise ConfigurationError(found.text)
    return Warned(found.text) if found.warnings else found.text


async def _telegram(settings: Settings) -> str:
    told = telegram_settings(settings)
    return "off: no TELEGRAM_BOT_TOKEN" if told is None else await probe_telegram(told)


async def _slack(settings: Settings) -> str:
    told = slack_settings(settings)
    if told is not None:
        return await probe_slack(told)
    if settings.slack.bot_token or settings.slack.app_token:
        missing = "SLACK_APP_TOKEN" if settings.slack.bot_token else "SLACK_BOT_TOKEN"
        raise ConfigurationError(f"Slack needs both tokens: set {missing}, too")
    return "off: no SLACK_BOT_TOKEN and SLACK_APP_TOKEN"


async def _people(settings: Settings) -> str:
    access = settings.access
    chats = settings.telegram.token is not None or settings.slack.bot_token is not None
    listed = len(access.telegram) + len(access.slack)
    if chats and not listed:
        raise ConfigurationError("nobody is listed in access.telegram or access.slack: nobody is let in")
    return f"{len(access.telegram)} on Telegram, {len(access.slack)} on Slack"


async def _routes(settings: Settings) -> str:
    is_set_up = {
        "telegram": telegram_settings(settings) is not None,
        "slack": slack_settings(settings) is not None,
        "terminal": settings.terminal.enabled,
    }
    named = {destination for route in settings.routes for destination in route.to}
    deaf = sorted(str(destination) for destination in named if not is_set_up.get(destination.platform, False))
    if deaf:
        raise ConfigurationError(f"no alert can reach {', '.join(deaf)}: its platform is not set up")
    if not named:
        raise ConfigurationError("routes name no destination: no alert reaches anybody")
    return ", ".join(sorted(map(str, named)))
