"""Settings that are written in another form than they are used in: tiers, slippage, routes. Not how they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from core.domain.delivery import Destination, Loudness, QuietHours, Route
from core.domain.events import Severity
from core.domain.market import Tier, TradingMode
from core.domain.money import Ratio
from core.domain.settings import TierLists

LARGE = ("BTC", "ETH")
MID = ("ADA", "AVAX", "BCH", "BNB", "DOT", "HBAR", "LINK", "LTC", "SOL", "SUI", "TON", "TRX", "XLM", "XRP")
MEME = ("BONK", "BRETT", "DOGE", "FARTCOIN", "FLOKI", "MEME", "PENGU", "PEPE", "PNUT", "POPCAT", "SHIB", "TRUMP", "WIF")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCoins:
    """The section `tiers` as it is written: lists of coins; whatever is in none is small."""

    large: frozenset[str] = frozenset(LARGE)
    mid: frozenset[str] = frozenset(MID)
    meme: frozenset[str] = frozenset(MEME)

    def lists(self) -> TierLists:
        """Return the tier of every coin that is in a list."""
        written = {Tier.LARGE: self.large, Tier.MID: self.mid, Tier.MEME: self.meme}
        return TierLists(coins=MappingProxyType({coin: tier for tier, coins in written.items() for coin in coins}))

    @classmethod
    def of(cls, lists: TierLists) -> "TierCoins":
        """Return how `lists` is written."""

        def coins(tier: Tier) -> frozenset[str]:
            return frozenset(coin for coin, its in lists.coins.items() if its is tier)

        return cls(large=coins(Tier.LARGE), mid=coins(Tier.MID), meme=coins(Tier.MEME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slippage:
    """The key `paper.slippage_pct` as it is written: a percent a tier."""

    large: Ratio = Ratio(Decimal("0.0015"))
    mid: Ratio = Ratio(Decimal("0.0025"))
    small: Ratio = Ratio(Decimal("0.005"))
    meme: Ratio = Ratio(Decimal("0.005"))

    def by_tier(self) -> Mapping[Tier, Ratio]:
        """Return the slippage of each tier."""
        return MappingProxyType({tier: getattr(self, tier.value) for tier in Tier})

    @classmethod
    def of(cls, slippage: Mapping[Tier, Ratio]) -> "Slippage":
        """Return how `slippage` is written."""
        return cls(**{tier.value: ratio for tier, ratio in slippage.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The part `match` of a route as it is written."""

    severity: Severity = Severity.SILENT
    kinds: frozenset[str] = frozenset()
    exchanges: frozenset[str] = frozenset()
    modes: frozenset[TradingMode] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """A route as it is written."""

    match: Match = Match()
    to: tuple[Destination, ...] = ()
    loudness: Loudness = Loudness.NORMAL
    fallback: Destination | None = None
    quiet: QuietHours | None = None
    digest: timedelta | None = None

    def route(self) -> Route:
        """Return the route that is meant."""
        return Route(
            to=self.to,
            severity=self.match.severity,
            kinds=self.match.kinds,
            exchanges=self.match.exchanges,
            modes=self.match.modes,
            loudness=self.loudness,
            fallback=self.fallback,
            quiet=self.quiet,
            digest=self.digest,
        )

    @classmethod
    def of(cls, route: Route) -> "RouteEntry":
        """Return how `route` is written."""
        match = Match(severity=route.severity, kinds=route.kinds, exchanges=route.exchanges, modes=route.modes)
        return cls(
            match=match,
            to=route.to,
            loudness=route.loudness,
            fallback=route.fallback,
            quiet=route.quiet,
            digest=route.digest,
        )
