"""What the paper exchange asks of a market, and what it charges. Which market that is, only the app knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from core.domain.market import Instruments, MarketFacts, Tier
from core.domain.money import Ratio, ratio_of_percent


class PaperVenue(Protocol):
    """Whose contracts and market the paper exchange copies: a simulated venue, or the reading half of a real one."""

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol."""
        ...

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what can be told of `symbol` now."""
        ...


def _slippages() -> Mapping[Tier, Ratio]:
    percents = {Tier.LARGE: "0.15", Tier.MID: "0.25", Tier.SMALL: "0.5", Tier.MEME: "0.5"}
    return {tier: ratio_of_percent(Decimal(percent)) for tier, percent in percents.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCosts:
    """What paper trading costs.

    Attributes:
        fee: Taker fee of one side.
        slippages: How much worse than the price a taker fills, by the coin's tier.
    """

    fee: Ratio = Ratio(Decimal("0.0005"))
    slippages: Mapping[Tier, Ratio] = field(default_factory=_slippages)
