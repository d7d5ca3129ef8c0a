"""A venue that lists any symbol, for paper trading without a real one. Its prices come from elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from core.domain.market import Instrument, Instruments, MarketFacts
from core.domain.money import Money, Price, Quantity

_QUOTES = ("USDT", "USDC")
_PRICE_DIGITS = 6
_MIN_NOTIONAL = Money(Decimal(5))
_MAX_LEVERAGE = 25
_UNPRICED = Decimal(1)


def instrument_of(symbol: str, reference: Decimal) -> Instrument:
    """Return a plausible contract for a coin that costs about `reference`.

    Prices have six significant digits; a step of quantity is worth 0.1 to 1 USDT.
    """
    magnitude = reference.adjusted()
    step = Decimal(1).scaleb(-magnitude - 1)
    return Instrument(
        symbol=symbol,
        price_step=Decimal(1).scaleb(magnitude - _PRICE_DIGITS + 1),
        quantity_step=_plain(step),
        min_quantity=Quantity(_plain(step)),
        min_notional=_MIN_NOTIONAL,
        max_leverage=_MAX_LEVERAGE,
    )


def _plain(value: Decimal) -> Decimal:
    # 1E+2 and 100 are equal, but quantities rounded to the first are written as powers of ten.
    return value.quantize(Decimal(1)) if value >= 1 else value


def is_symbol(text: str) -> bool:
    """Return True if `text` is written as venues write linear contracts: BTCUSDT."""
    base = next((text.removesuffix(quote) for quote in _QUOTES if text.endswith(quote)), "")
    return base.isalnum() and text == text.upper()


class SimulatedInstruments(Mapping[str, Instrument]):
    """A contract for every symbol there could be, made when it is asked for; iterating yields those with a price."""

    def __init__(self, reference_price: Callable[[str], Decimal | None]) -> None:
        self._reference_price = reference_price
        self._made: dict[str, Instrument] = {}

    def __getitem__(self, symbol: str) -> Instrument:
        made = self._made.get(symbol)
        if made is not None:
            return made
        if not is_symbol(symbol):
            raise KeyError(symbol)
        reference = self._reference_price(symbol)
        if reference is None:
            # Steps are chosen for good only once there is a price to choose them by.
            return instrument_of(symbol, _UNPRICED)
        self._made[symbol] = instrument_of(symbol, reference)
        return self._made[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._made))

    def __len__(self) -> int:
        return len(self._made)


class SimulatedVenue:
    """Implements PaperVenue: any symbol, with facts by `facts`."""

    def __init__(self, *, reference_price: Callable[[str], Price | None], facts: Callable[[str], MarketFacts]) -> None:
        self._instruments = SimulatedInstruments(reference_price)
        self._facts = facts

    async def instruments(self) -> Instruments:
        """Return all contracts by symbol."""
        return self._instruments

    async def market_facts(self, symbol: str) -> MarketFacts:
        """Return what can be told of `symbol` now; nothing of what is no symbol."""
        return self._facts(symbol) if is_symbol(symbol) else MarketFacts()
