"""A market out of a seed: the price of any symbol at any time, always the same. Nothing is sent or waited for here."""

import math
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from hashlib import blake2b

from core.domain.market import MarketFacts
from core.domain.money import Money, Price, Ratio

_KNOWN_PRICES = {
    "BTC": 108_000, "ETH": 3_900, "BNB": 1_050, "SOL": 185, "XRP": 2.4, "DOGE": 0.19, "ADA": 0.64, "TRX": 0.3,
    "AVAX": 19.5, "LINK": 17.6, "LTC": 96, "DOT": 3.0, "SUI": 2.45, "ATOM": 3.16, "ENA": 0.48, "JUP": 0.43,
    "BCH": 480, "NEAR": 2.3, "APT": 3.3, "1000PEPE": 0.007, "1000SHIB": 0.0101,
}  # fmt: skip
_SIGNIFICANT = Context(prec=5, rounding=ROUND_HALF_EVEN)
_LOWEST, _HIGHEST = 0.004, 40.0
"""Range that prices of unknown coins are drawn from."""

_PERIODS_S = (7, 23, 80, 270, 900, 3_100, 10_500, 36_000, 125_000, 430_000)
"""Octaves of the noise: from flicker to trends of days."""

_HOURLY = 0.006
"""Typical move of an hour at volatility 1."""

_MOOD_S = 5_400
"""How long quiet and wild spells last."""

_JUMP_SLOT_S = 1_200
_JUMP_CHANCE = 0.07
_JUMP_SIZE = 0.012
_JUMP_FADE_S = 1_500
_JUMP_MEMORY_SLOTS = 6

_WIDEST = 1.4
"""Prices stay within this logarithm of their base, whatever the volatility."""

_FIVE_MINUTES = timedelta(minutes=5)
_MASK = (1 << 64) - 1


def _mix(number: int) -> int:
    """Return well spread 64 bits of `number` (the finaliser of splitmix64)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


class _Course:
    """The ups and downs of one thing, as numbers around zero."""

    def __init__(self, *identity: object) -> None:
        digest = blake2b("|".join(map(str, identity)).encode(), digest_size=8).digest()
        self.key = int.from_bytes(digest)
        self._ends: dict[int, tuple[int, float, float]] = {}

    def draw(self, channel: int, number: int = 0) -> float:
        """Return a fixed number from 0 to 1 for the `number`-th place of `channel`."""
        return _mix(self.key ^ _mix(channel << 40 ^ number & _MASK)) / _MASK

    def wave(self, period_s: int, at_s: float) -> float:
        """Return smooth noise from -1 to 1 that changes over `period_s`."""
        place, offset = divmod(at_s / period_s, 1.0)
        number = int(place)
        ends = self._ends.get(period_s)
        if ends is None or ends[0] != number:
            ends = (number, 2 * self.draw(period_s, number) - 1, 2 * self.draw(period_s, number + 1) - 1)
            self._ends[period_s] = ends
        _, left, right = ends
        return left + (right - left) * offset * offset * (3 - 2 * offset)


class SimulatedMarket:
    """Prices as a function of seed, exchange, symbol and time, so that a restart finds the same market going on.

    Args:
        seed: Another seed is another market.
        volatility: 1 moves about half a percent an hour; 5 makes exits within minutes.
    """

    def __init__(self, seed: int = 1, volatility: float = 1.0) -> None:
        self._seed = seed
        self._volatility = volatility
        self._courses: dict[tuple[str, str], _Course] = {}
        self._bases: dict[str, Price] = {}

    def base_price(self, symbol: str) -> Price:
        """Return what the symbol costs on average, quote per coin; the same on all exchanges."""
        if symbol not in self._bases:
            coin = symbol.removesuffix("USDT").removesuffix("USDC")
            known = _KNOWN_PRICES.get(coin)
            if known is None:
                share = self._course("base", symbol).draw(0)
                known = _LOWEST * (_HIGHEST / _LOWEST) ** share
            self._bases[symbol] = _rounded(known)
        return self._bases[symbol]

    def price(self, exchange: str, symbol: str, at: datetime) -> Price:
        """Return the price at `at`, in five significant digits."""
        at_s = at.timestamp()
        move = self._move(self._course("market", symbol), at_s)
        premium = 0.0004 * self._course(exchange, symbol).wave(240, at_s)
        return _rounded(float(self.base_price(symbol)) * math.exp(_WIDEST * math.tanh(move / _WIDEST) + premium))

    def facts(self, exchange: str, symbol: str, at: datetime) -> MarketFacts:
        """Return what a venue would tell: most coins trade well, a few have too wide a spread or too little volume."""
        course = self._course(exchange, symbol)
        price = self.price(exchange, symbol, at)
        at_s = at.timestamp()
        size = course.draw(1)
        interest = 6e5 * math.exp(6 * size) * (1 + 0.1 * course.wave(36_000, at_s))
        volume = interest * (0.12 + 0.1 * course.wave(3_100, at_s))
        spread = 0.0001 + 0.003 * (1 - size) ** 2 * (1 + 0.9 * course.wave(900, at_s))
        change = price / self.price(exchange, symbol, at - _FIVE_MINUTES) - 1
        return MarketFacts(
            price=price,
            spread_ratio=Ratio(Decimal(f"{spread:.6f}")),
            open_interest_quote=Money(Decimal(f"{interest:.0f}")),
            volume_1h_quote=Money(Decimal(f"{volume:.0f}")),
            change_5m_ratio=Ratio(round(change, 6)),
        )

    def _course(self, kind: str, symbol: str) -> _Course:
        key = (kind, symbol)
        if key not in self._courses:
            self._courses[key] = _Course(self._seed, kind, symbol)
        return self._courses[key]

    def _move(self, course: _Course, at_s: float) -> float:
        """Return the logarithm of price over base: a sum of waves, wilder and calmer by spells, and jumps that fade."""
        mood = 1.0 + 0.75 * course.wave(_MOOD_S, at_s)
        swing = sum(
            # As in a random walk, moves grow with the root of time; the long waves keep out of the moods, or every
            # change of mood would shift the price.
            math.sqrt(period_s / 3_600) * course.wave(period_s, at_s) * (mood if period_s < _MOOD_S / 2 else 1.0)
            for period_s in _PERIODS_S
        )
        return self._volatility * (_HOURLY * swing + self._jumps(course, at_s))

    def _jumps(self, course: _Course, at_s: float) -> float:
        slot = int(at_s // _JUMP_SLOT_S)
        total = 0.0
        for number in range(slot - _JUMP_MEMORY_SLOTS, slot + 1):
            if course.draw(2, number) >= _JUMP_CHANCE:
                continue
            age_s = at_s - (number + course.draw(3, number)) * _JUMP_SLOT_S
            if age_s >= 0:
                total += (2 * course.draw(4, number) - 1) * _JUMP_SIZE * 2 * math.exp(-age_s / _JUMP_FADE_S)
        return total


def _rounded(value: float) -> Price:
    number = _SIGNIFICANT.create_decimal(repr(value))
    # 108000 rather than 1.08E+5: quantities and profits are written in the same way as their price.
    return Price(number.quantize(Decimal(1)) if number.as_tuple().exponent > 0 else number)  # type: ignore[operator]
