"""Two venues' books against ours, both looked at from outside, whenever the process died; a finding is a sentence.

What our books say among themselves is checked in `ledger_checks`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from sqlite3 import Row

from core.domain.signals import Side
from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import ZERO, Trade
from tests.faults.ledger_checks import DUST, LIVE, UNSETTLED, Books, Key, key

_OURS = "wh-"

Accounts = Mapping[str, FakeAccount]
Fill = tuple[str, str, Decimal, Decimal, Decimal]
"""Symbol, side, coins, price and fee of all that one order executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naked:
    """A position that stands at a venue without a stop; `since_at` is when it was traded last."""

    where: Key
    amount: Decimal
    since_at: datetime


# --- at any moment --------------------------------------------------------------------------------------------------


def executed_twice(accounts: Accounts) -> Iterator[str]:
    """Name the orders of ours that a venue executed more than once."""
    for exchange, account in accounts.items():
        executed = Counter(o.client_id for o in account.orders() if o.trades and o.client_id.startswith(_OURS))
        yield from (f"{exchange} executed {id_} {count} times" for id_, count in executed.items() if count > 1)


def unknown_orders(accounts: Accounts, books: Books) -> Iterator[str]:
    """Name the orders of ours at a venue that were not written down before they were sent."""
    written = {row["client_order_id"] for row in books["orders"]}
    for exchange, account in accounts.items():
        sent = {order.client_id for order in account.orders() if order.client_id.startswith(_OURS)}
        yield from (f"{exchange} has {id_}, which is in no book of ours" for id_ in sorted(sent - written))


def naked(accounts: Accounts) -> list[Naked]:
    """Return the positions without a stop that would close all of them."""
    return [
        Naked(
            where=(exchange, position.symbol),
            amount=position.amount,
            since_at=datetime.fromtimestamp(position.updated_ms / 1000).astimezone(),
        )
        for exchange, account in accounts.items()
        for position in account.positions()
        if _covered(account, position.symbol) < abs(position.amount)
    ]


def _covered(account: FakeAccount, symbol: str) -> Decimal:
    position = account.position(symbol)
    if position.attached is not None:
        return abs(position.amount)
    side = position.side
    stops = [stop for stop in account.resting(symbol) if side is not None and stop.side is side.opposite]
    return max((stop.quantity for stop in stops), default=ZERO)


def unsettled(books: Books) -> set[Key]:
    """Return where an order of ours is on its way, or its outcome unknown."""
    return {key(order) for order in books["orders"] if order["state"] in UNSETTLED}


# --- at the end -----------------------------------------------------------------------------------------------------


def open_still(accounts: Accounts, books: Books) -> Iterator[str]:
    """Name what is open on either side, and the stops of ours that were left."""
    for exchange, account in accounts.items():
        yield from (f"{exchange} holds {p.amount} {p.symbol}" for p in account.positions())
        yield from (f"{exchange} has a stop left: {o.client_id or o.kind} {o.symbol}" for o in account.resting())
    yield from (f"position {p['id']} is {p['state']}" for p in books["positions"] if p["state"] in LIVE)


def misbooked(accounts: Accounts, books: Books) -> Iterator[str]:
    """Name the venue's fills that are not in our books exactly once, and our legs that no venue has."""
    guessed = guesses(books)
    for exchange, account in accounts.items():
        there, here = Counter(_fills(account)), Counter(_legs(exchange, books))
        for fill, count in (there - here).items():
            if (exchange, fill[0]) not in guessed:
                yield f"{exchange} {_told(fill)}: {count} times less in our books"
        for fill, count in (here - there).items():
            if (exchange, fill[0]) not in guessed:
                yield f"{exchange} {_told(fill)}: {count} times more in our books"


def miscounted(accounts: Accounts, books: Books, wallet: Decimal) -> Iterator[str]:
    """Name each venue whose money does not add up: what it changed, by its account, by our legs and by our positions.

    Args:
        accounts: The venues' books.
        books: Ours.
        wallet: What each venue began with.
    """
    guessed = {exchange for exchange, _ in guesses(books)}
    for exchange, account in accounts.items():
        if exchange in guessed:
            continue
        there = account.wallet - wallet
        ours = [position for position in books["positions"] if position["exchange"] == exchange]
        funding = sum((Decimal(position["funding_quote"]) for position in ours), ZERO)
        paid = sum((payment.amount for payment in account.payments if payment.kind == "funding"), ZERO)
        if funding != paid:
            yield f"{exchange} paid {paid} of funding, {funding} by our positions"
        flow, traded = _flow(exchange, books), sum(map(_cash, account.trades), ZERO)
        if flow != traded:
            yield f"{exchange} paid {traded} for its trades, {flow} by our legs"
        earned = sum((Decimal(position["pnl_quote"] or 0) for position in ours), ZERO)
        if abs(earned - there) > DUST:
            yield f"{exchange} changed by {there}, {earned} by our positions"


def guesses(books: Books) -> set[Key]:
    """Return where a result was booked at an estimated price, or so it was told."""
    told = [row["payload"] for row in books["events"] if row["kind"] in {"closed_outside", "reconcile_report"}]
    ids = {p["id"]: key(p) for p in books["positions"]}
    return {where for where in ids.values() for text in told if _is_guess(text, where)}


def _is_guess(text: str, where: Key) -> bool:
    exchange, symbol = where
    if "estimated price" in text:
        return f"{symbol} on {exchange}" in text
    return '"is_estimate":true' in text.replace(" ", "") and symbol in text and exchange in text


def _fills(account: FakeAccount) -> Iterator[Fill]:
    orders: defaultdict[int, list[Trade]] = defaultdict(list)
    for trade in account.trades:
        orders[trade.order_id].append(trade)
    for trades in orders.values():
        quantity = sum((trade.quantity for trade in trades), ZERO)
        cost = sum((trade.quantity * trade.price for trade in trades), ZERO)
        fee = sum((trade.fee for trade in trades), ZERO)
        yield trades[0].symbol, trades[0].side.value, quantity.normalize(), (cost / quantity).normalize(), fee


def _legs(exchange: str, books: Books) -> Iterator[Fill]:
    for leg, position in _own_legs(exchange, books):
        fee = Decimal(leg["fee_quote"])
        price, quantity = Decimal(leg["price"]).normalize(), Decimal(leg["quantity"]).normalize()
        yield position["symbol"], _side(leg, position).value, quantity, price, fee


def _own_legs(exchange: str, books: Books) -> Iterator[tuple[Row, Row]]:
    positions = {position["id"]: position for position in books["positions"] if position["exchange"] == exchange}
    for leg in books["position_legs"]:
        if leg["position_id"] in positions:
            yield leg, positions[leg["position_id"]]


def _side(leg: Row, position: Row) -> Side:
    is_buy = (leg["kind"] == "entry") is (position["side"] == "long")
    return Side.BUY if is_buy else Side.SELL


def _flow(exchange: str, books: Books) -> Decimal:
    total = ZERO
    for leg, position in _own_legs(exchange, books):
        value = Decimal(leg["quantity"]) * Decimal(leg["price"])
        total += (-value if _side(leg, position) is Side.BUY else value) - Decimal(leg["fee_quote"])
    return total


def _cash(trade: Trade) -> Decimal:
    value = trade.quantity * trade.price
    return (-value if trade.side is Side.BUY else value) - trade.fee


def _told(fill: Fill) -> str:
    symbol, side, quantity, price, fee = fill
    return f"{side} {quantity} {symbol} at {price}, fee {fee}"
