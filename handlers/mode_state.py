"""Whether live entries are let through, for the answers that change or show it; the verbs belong to the desk."""

from core.domain.market import TradingMode
from core.domain.release import Release
from handlers import labels, texts
from handlers.services import Services

HOW = "/mode live lets them begin"


async def release_in_force(services: Services) -> Release | None:
    """Return the release that covers the keys in use, or None."""
    release = await services.desk.released()
    return release if release is not None and release.covers(services.keys) else None


async def find_unreleased(services: Services) -> bool:
    """Return True where entries would be made with money, but nobody has let them begin."""
    return services.mode is TradingMode.LIVE and await release_in_force(services) is None


async def entries_text(services: Services) -> str:
    """Return in a few words whether live entries are let through, by whom and since when."""
    if services.mode is not TradingMode.LIVE:
        return f"no money at stake ({services.mode})"
    now, given = services.clock.now(), await services.desk.released()
    if given is None:
        return f"held back; {HOW}"
    told = f"{labels.author(given.author)}, {texts.time(given.given_at, now)}"
    if given.covers(services.keys):
        return f"released by {told}"
    return f"held back: the release by {told} was for other keys; {HOW}"
