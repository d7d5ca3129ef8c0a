"""What is at stake in the chosen mode: whose keys are used, what people are told of it. Entries are held elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from bot.settings import Settings
from bot.settings.secrets import variable_of
from core.domain.errors import ConfigurationError
from core.domain.events import LiveStarted
from core.domain.market import Balance, TradingMode
from core.domain.release import RELEASE, Release
from core.ports.edges import Clock
from core.ports.storage import Units

_MARK_LENGTH = 8


def refuse_missing_keys(settings: Settings) -> None:
    """Refuse to touch accounts without their keys, before anything starts.

    Raises:
        ConfigurationError: names each variable that is to be set.
    """
    mode = settings.trading.mode
    if mode is TradingMode.PAPER:
        return
    missing = [
        f"- {name} is not set (in the environment or .env, or its file as {name}_FILE); "
        f"set it, or exchanges.{venue.ref.name}.enabled: false"
        for venue in settings.exchanges.enabled
        for key, secret in (("api_key", venue.api_key), ("api_secret", venue.api_secret))
        if secret is None
        for name in (variable_of(("exchanges", venue.ref.name, key)),)
    ]
    if missing:
        raise ConfigurationError("\n".join([f"trading.mode: {mode} needs the keys of every exchange:", *missing]))


def key_marks(settings: Settings) -> dict[str, str]:
    """Return a fingerprint of the key of each enabled exchange that has one, by its name."""
    return {
        venue.ref.name: hashlib.sha256(venue.api_key.reveal().encode()).hexdigest()[:_MARK_LENGTH]
        for venue in settings.exchanges.enabled
        if venue.api_key is not None
    }


def live_keys(settings: Settings) -> dict[str, str] | None:
    """Return the fingerprints that live entries must be released for; None where no money is at stake."""
    return key_marks(settings) if settings.trading.mode is TradingMode.LIVE else None


async def live_started(
    settings: Settings, units: Units, clock: Clock, balances: Callable[[], Awaitable[Mapping[str, Balance]]]
) -> LiveStarted | None:
    """Return what everybody is told of a start with money at stake; None where there is none.

    Args:
        settings: What is traded, and how much of it.
        units: Where the release is kept.
        clock: The time of it.
        balances: Asks the exchanges.
    """
    keys, trading = live_keys(settings), settings.trading
    if keys is None:
        return None
    money = await balances()
    async with units.reading() as unit:
        release = Release.of_text(await unit.state.get(RELEASE))
    given = release if release is not None and release.covers(keys) else None
    return LiveStarted(
        at=clock.now(),
        exchanges=tuple(keys),
        size_quote=trading.size_quote,
        leverage=min(trading.leverage, trading.max_leverage),
        balances=tuple((name, each.total, each.free) for name, each in money.items()),
        released_by=None if given is None else given.author,
        released_at=None if given is None else given.given_at,
    )
