"""What an account has executed and been paid since a time. What is open now belongs to `orders.holdings`."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.exchanges.account.trade_reads import Listing, Lists
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import above_zero, at, number, side_of, told_word
from bot.exchanges.orders.executions import Executions
from bot.exchanges.orders.reads import OrderReads, TradeKind
from bot.exchanges.orders.truth import OrderTruth
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater
from core.domain.money import ZERO, Money, Price, Quantity
from core.domain.orders import VenueFill
from core.ports.edges import Clock

_Trade = Mapping[str, Any]

_MOST_NAMES = 2_000
_FOUND_WITHIN = timedelta(seconds=20)
"""A venue may show an order later than its trades, under load by seconds."""

_LOOK_AGAIN = timedelta(seconds=1)


class AccountHistory:
    """Reads one venue's trades and funding; every read raises `RetryLater` and `ConfigurationError` only."""

    def __init__(
        self,
        client: VenueClient,
        market: VenueMarket,
        reads: OrderReads,
        executions: Executions,
        truth: OrderTruth,
        *,
        clock: Clock,
    ) -> None:
        self._market = market
        self._reads = reads
        self._executions = executions
        self._truth = truth
        self._lists = Lists(client, clock=clock)
        self._clock = clock
        self._names: OrderedDict[str, str | None] = OrderedDict()
        self._missed: dict[str, datetime] = {}

    async def fills(self, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        """Return what was executed since then, an order an item, oldest first."""
        found = [fill for kind in self._reads.trade_kinds for fill in await self._fills_of(kind, symbol, since_at)]
        return sorted(found, key=lambda fill: fill.filled_at)

    async def funding(self, symbol: str, since_at: datetime) -> Money:
        """Return the funding received (below zero: paid) since then."""
        unified = self._market.unified(symbol)
        listing = Listing(method="fetch_funding_history", unified=unified, pages=self._reads.funding)
        rows = await self._lists.since(listing, since_at)
        return Money(sum((number(row.get("amount")) or ZERO for row in rows), ZERO) * self._reads.funding_sign)

    async def _fills_of(self, kind: TradeKind, symbol: str, since_at: datetime) -> Sequence[VenueFill]:
        listing = Listing(
            method="fetch_my_trades",
            unified=self._market.unified(symbol),
            pages=self._reads.trades,
            params=kind.params,
        )
        trades = await self._lists.since(listing, since_at)
        orders: dict[str, list[_Trade]] = {}
        for trade in trades:
            if above_zero(trade.get("amount")) and at(trade.get("timestamp")):
                orders.setdefault(str(trade["order"]), []).append(trade)
        return [await self._fill(symbol, order, parts, kind) for order, parts in orders.items()]

    async def _fill(self, symbol: str, order: str, trades: Sequence[_Trade], kind: TradeKind) -> VenueFill:
        amounts = [number(trade["amount"]) or ZERO for trade in trades]
        prices = [number(trade["price"]) or ZERO for trade in trades]
        quantity = sum(amounts, ZERO)
        value = sum((amount * price for amount, price in zip(amounts, prices, strict=True)), ZERO)
        name = await self._name(symbol, order, trades[0])
        is_theirs = name is not None and name.startswith(self._reads.liquidation_ids)
        filled_at = at(trades[-1]["timestamp"])
        assert filled_at is not None  # noqa: S101 - trades without a time were left out
        return VenueFill(
            client_order_id=None if is_theirs else name,
            symbol=symbol,
            side=side_of(trades[0]["side"]),
            quantity=Quantity(quantity),
            price=Price(value / quantity),
            fee_quote=self._executions.fee_of(trades),
            filled_at=filled_at,
            is_liquidation=kind.is_liquidation or is_theirs,
        )

    async def _name(self, symbol: str, order: str, trade: _Trade) -> str | None:
        """Return the client order id of an order; where trades do not tell it, the order is asked for once."""
        if self._reads.trade_id_key:
            return told_word(trade["info"].get(self._reads.trade_id_key))
        if order not in self._names:
            facts = await self._truth.read("fetch_order", order, self._market.unified(symbol), {})
            if facts is None:
                self._wait_for(order)
            self._names[order] = None if facts is None else facts.client_order_id
            if len(self._names) > _MOST_NAMES:
                self._names.popitem(last=False)
        return self._names[order]

    def _wait_for(self, order: str) -> None:
        """Let the trades of an order wait that cannot be found yet: nameless, ours would count as somebody else's."""
        now = self._clock.now()
        missed_at = self._missed.setdefault(order, now)
        if now - missed_at < _FOUND_WITHIN:
            raise RetryLater(f"order {order} was executed and cannot be found yet", _LOOK_AGAIN)
        del self._missed[order]
