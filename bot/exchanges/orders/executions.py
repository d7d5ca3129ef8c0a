"""What an order executed, with its fee, as an outcome. Where the order is looked up belongs to `orders.truth`."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.exchanges.errors import VenueFailure
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import OrderFacts, number
from bot.exchanges.orders.reads import OrderReads
from bot.exchanges.rest.client import VenueClient
from core.domain.money import ZERO, Money, Price, Quantity
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    OrderOutcome,
    OrderRequest,
    PartiallyFilled,
    RefusalReason,
    Refused,
    Unknown,
)

_FEE_PATIENCE = timedelta(seconds=1)


class Executions:
    """Tells outcomes of orders from what a venue said of them."""

    def __init__(self, client: VenueClient, market: VenueMarket, reads: OrderReads) -> None:
        self._client = client
        self._market = market
        self._reads = reads

    async def outcome(self, request: OrderRequest, facts: OrderFacts) -> OrderOutcome:
        """Return what became of `request`; `Accepted` while it can still be executed (`Unknown` if it has begun to)."""
        if not facts.is_final:
            if request.trigger_price is not None and not facts.filled and facts.status == "open":
                return Accepted()
            return Unknown(detail=f"the order is {facts.status or 'taken'}, {facts.filled} of it executed so far")
        if facts.filled:
            return await self.executed(request.symbol, facts)
        if request.trigger_price is not None:
            return Cancelled()
        said = str(facts.info.get(self._reads.reject_key) or facts.status)
        reason = self._reads.reject_reasons.get(said, RefusalReason.OTHER)
        return Refused(reason=reason, detail=f"nothing was executed: {said}")

    async def executed(self, symbol: str, facts: OrderFacts) -> OrderOutcome:
        """Return the execution of an order that ended and executed something."""
        if facts.average is None or facts.changed_at is None:
            return Unknown(detail="the venue has not told the price yet")
        is_whole = facts.status == "closed" and (facts.amount is None or facts.filled >= facts.amount)
        kind = Filled if is_whole else PartiallyFilled
        return kind(
            quantity=Quantity(facts.filled),
            price=Price(facts.average),
            fee_quote=await self._fee(symbol, facts),
            filled_at=facts.changed_at,
        )

    def fee_of(self, trades: Iterable[Mapping[str, Any]]) -> Money:
        """Return the fees of `trades`; what was paid in another coin is estimated."""
        total = ZERO
        for trade in trades:
            fee = trade.get("fee") or {}
            cost = number(fee.get("cost"))
            if cost is None or fee.get("currency") not in {None, self._client.profile.settle}:
                amount, price = number(trade.get("amount")) or ZERO, number(trade.get("price")) or ZERO
                cost = amount * price * self._client.profile.taker_fee
            total += cost
        return Money(total)

    async def _fee(self, symbol: str, facts: OrderFacts) -> Money:
        """Return the fee of an order: as told with it, as its trades add up to, or else as it must be about."""
        if facts.fee is not None:
            return Money(facts.fee)
        estimate = Money(facts.filled * (facts.average or ZERO) * self._client.profile.taker_fee)
        unified = self._market.unified(symbol)
        asked = {"orderId": facts.venue_id}
        try:
            async with asyncio.timeout(_FEE_PATIENCE.total_seconds()):
                trades = await self._client.call("fetch_my_trades", unified, None, self._reads.trades.limit, asked)
        except (TimeoutError, VenueFailure):
            return estimate
        told = sum((number(trade.get("amount")) or ZERO for trade in trades), Decimal(0))
        return self.fee_of(trades) if told == facts.filled else estimate
