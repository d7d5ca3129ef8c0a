"""What a venue of the tests checks before it takes an order; nothing is executed here."""

from dataclasses import dataclass, field
from decimal import Decimal

from core.domain.signals import Side
from tests.fakes.venues.book import ZERO, BookOrder, OrderKind, Position
from tests.fakes.venues.contracts import Contract, ContractStatus, Prices
from tests.fakes.venues.refusals import No, VenueSaysNo


@dataclass(slots=True, kw_only=True)
class Rules:
    """How a venue differs from others; may be changed in the middle of a test.

    Attributes:
        spawns_orders: A triggered stop makes a new market order (Binance) instead of executing itself (Bybit).
        ids_unique_forever: A client id may never come again; otherwise only not while an order with it is open, so that
            a market order sent twice is executed twice.
        stops_need_position: A reduce-only stop is refused where there is nothing to reduce.
        most_stops: Resting stops a symbol.
        liquidates: Positions whose mark price has reached the liquidation price are ended by the venue.
        checks_steps: Off for the adapter's own rounding not to matter.
    """

    taker_fee_ratio: Decimal = Decimal("0.0005")
    spawns_orders: bool = False
    ids_unique_forever: bool = True
    stops_need_position: bool = True
    most_stops: int = 10
    liquidates: bool = False
    checks_steps: bool = True
    default_leverage: int = 20
    first_id: int = 1_000_001


@dataclass(slots=True, kw_only=True)
class Levers:
    """What a test may set to make the venue behave badly; each list is used up front to back.

    Attributes:
        slippage_ratio: What market orders lose against the last price; `slippage_of` for one symbol.
        fill_ratios: The part of the next market orders that is filled (0: nothing); the rest expires.
        trades_an_order: How many executions a market order is split into.
        refusals: The next orders (markets and stops; of `symbol`, or of any if None) are refused for the reason.
    """

    slippage_ratio: Decimal = ZERO
    slippage_of: dict[str, Decimal] = field(default_factory=dict)
    fill_ratios: list[Decimal] = field(default_factory=list)
    trades_an_order: int = 1
    refusals: list[tuple[str | None, No]] = field(default_factory=list)

    def slippage(self, symbol: str) -> Decimal:
        """Return the slippage for `symbol`."""
        return self.slippage_of.get(symbol, self.slippage_ratio)

    def refuse_if_told(self, symbol: str) -> None:
        """Raise the first refusal that is meant for `symbol`, once."""
        for entry in self.refusals:
            if entry[0] in {None, symbol}:
                self.refusals.remove(entry)
                raise VenueSaysNo(entry[1], symbol=symbol)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """True if `value` lies on the grid of `step`."""
    return value % step == 0


def check_status(contract: Contract, *, is_opening: bool) -> None:
    """Refuse what the contract's status does not allow."""
    if contract.status in {ContractStatus.CLOSED, ContractStatus.PENDING}:
        raise VenueSaysNo(No.CLOSED, symbol=contract.symbol)
    if contract.status is ContractStatus.SETTLING and is_opening:
        raise VenueSaysNo(No.NOT_OPENING, symbol=contract.symbol)


def check_quantity(contract: Contract, quantity: Decimal, rules: Rules) -> None:
    """Refuse a quantity that the contract's filters do not let through."""
    if quantity <= 0:
        raise VenueSaysNo(No.ZERO_QUANTITY, quantity=quantity)
    if rules.checks_steps and not is_multiple(quantity, contract.quantity_step):
        raise VenueSaysNo(No.QUANTITY_STEP, quantity=quantity)
    if quantity < contract.min_quantity:
        raise VenueSaysNo(No.BELOW_MIN_QUANTITY, quantity=quantity, limit=contract.min_quantity)
    if quantity > contract.max_quantity:
        raise VenueSaysNo(No.ABOVE_MAX_QUANTITY, quantity=quantity, limit=contract.max_quantity)


def check_notional(contract: Contract, quantity: Decimal, price: Decimal) -> None:
    """Refuse an opening order that is too small in quote."""
    if quantity * price < contract.min_notional:
        raise VenueSaysNo(No.BELOW_MIN_NOTIONAL, limit=contract.min_notional)


def check_trigger(
    contract: Contract, trigger: Decimal, prices: Prices, rules: Rules, *, side: Side, is_falling: bool
) -> None:
    """Refuse a trigger off the price grid, or one that the last price has reached already."""
    if trigger <= 0 or (rules.checks_steps and not is_multiple(trigger, contract.price_step)):
        raise VenueSaysNo(No.PRICE_STEP, price=trigger)
    if is_reached(trigger, prices.last, is_falling=is_falling):
        raise VenueSaysNo(No.STOP_CROSSED, trigger=trigger, base=prices.last, side=side)


def is_reached(trigger: Decimal, price: Decimal, *, is_falling: bool) -> bool:
    """True if `price` sets off a stop at `trigger`."""
    return price <= trigger if is_falling else price >= trigger


def check_stop(order: BookOrder, position: Position, resting: list[BookOrder], rules: Rules) -> None:
    """Refuse a stop that has nothing to reduce, or one too many."""
    stops = [other for other in resting if other.kind is OrderKind.STOP]
    if len(stops) >= rules.most_stops:
        raise VenueSaysNo(No.TOO_MANY_STOPS, limit=rules.most_stops)
    twins = (o for o in stops if o.close_position and o.side is order.side and o.is_falling is order.is_falling)
    if order.close_position and any(twins):
        raise VenueSaysNo(No.SECOND_CLOSING_STOP)
    reduces = order.reduce_only or order.close_position
    if reduces and rules.stops_need_position and position.side is not order.side.opposite:
        raise VenueSaysNo(No.REDUCE_ONLY)
