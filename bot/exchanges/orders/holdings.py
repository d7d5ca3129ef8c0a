"""What an account holds: positions, attached stops, money. Nothing is changed here."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import above_zero, inside, number, side_of
from bot.exchanges.orders.reads import OrderReads
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater
from core.domain.market import Balance
from core.domain.money import ZERO, Money, Price, Quantity
from core.domain.orders import VenuePosition, VenueStop

_MOST_PAGES = 20
_SOON = timedelta(seconds=5)
_SIDES = {"long", "short"}


class AccountReads:
    """Reads one venue's account; every read raises `RetryLater` and `ConfigurationError` only."""

    def __init__(self, client: VenueClient, market: VenueMarket, reads: OrderReads) -> None:
        self._client = client
        self._market = market
        self._reads = reads

    async def positions(self) -> Sequence[VenuePosition]:
        """Return all open positions, by symbol."""
        held = [self._position(row) for row in await self._rows()]
        return sorted((position for position in held if position is not None), key=lambda position: position.symbol)

    async def position(self, symbol: str) -> VenuePosition | None:
        """Return the open position of `symbol`, if there is one."""
        position, _ = await self.position_and_stop(symbol)
        return position

    async def position_and_stop(self, symbol: str) -> tuple[VenuePosition | None, Price | None]:
        """Return the open position of `symbol` and where the stop that is attached to it stands."""
        rows = await self._client.ask("fetch_positions", [self._market.unified(symbol)])
        for row in rows:
            position = self._position(row)
            if position is not None and position.symbol == symbol:
                return position, self._attached(row)
        return None, None

    async def attached_stops(self) -> Sequence[VenueStop]:
        """Return the stops that are attached to positions, by symbol."""
        stops = []
        for row in await self._rows():
            position, trigger = self._position(row), self._attached(row)
            if position is not None and trigger is not None:
                stops.append(
                    VenueStop(
                        client_order_id=None,
                        symbol=position.symbol,
                        side=position.side.opposite,
                        quantity=position.quantity,
                        trigger_price=trigger,
                    )
                )
        return sorted(stops, key=lambda stop: stop.symbol)

    async def balance(self) -> Balance:
        """Return the settle coin: `total` without unrealised profit, `free` for new margin."""
        keys = self._reads.balance
        answer = await self._client.ask("fetch_balance")
        account = inside(answer.get("info"), keys.account)
        coins = inside(account, (keys.coins,))
        if not isinstance(coins, list):
            raise self._unreadable("the balance")
        # An account that never held the coin does not list it.
        nothing = dict.fromkeys((keys.total, keys.free), "0")
        coin: Mapping[str, Any] = next(
            (row for row in coins if isinstance(row, Mapping) and row.get(keys.coin) == self._client.profile.settle),
            nothing,
        )
        total = number(coin.get(keys.total))
        if total is None:
            raise self._unreadable("the balance")
        free = number(coin.get(keys.free)) if keys.free else total - _sum(coin, keys.held)
        if free is None:
            raise self._unreadable("the free balance")
        bound = number(inside(account, (keys.account_free,))) if keys.account_free else None
        return Balance(total=Money(total), free=Money(max(free if bound is None else min(free, bound), ZERO)))

    async def _rows(self) -> Sequence[Mapping[str, Any]]:
        """Return the venue's rows of all positions, however many pages they fill."""
        rows: list[Mapping[str, Any]] = []
        params: dict[str, object] = {}
        for _ in range(_MOST_PAGES):
            page = await self._client.ask("fetch_positions", None, params)
            rows += page
            cursor = next((cursor for row in page if (cursor := row["info"].get("nextPageCursor"))), None)
            if len(page) < self._reads.positions_limit or cursor is None:
                break
            params = {"cursor": cursor}
        return rows

    def _position(self, row: Mapping[str, Any]) -> VenuePosition | None:
        """Return an open position, None for what is flat; one that cannot be read must not be taken for gone."""
        quantity = number(row.get("contracts"))
        symbol = row["info"].get("symbol")
        entry = above_zero(row.get("entryPrice"))
        if quantity == 0 or (quantity is None and not row.get("contracts") and entry is None):
            return None
        is_told = isinstance(symbol, str) and symbol and row.get("side") in _SIDES
        if quantity is None or quantity < 0 or entry is None or not is_told:
            raise self._unreadable(f"a position ({symbol})")
        liquidation = above_zero(row.get("liquidationPrice"))
        return VenuePosition(
            symbol=str(symbol),
            side=side_of(row["side"]),
            quantity=Quantity(quantity),
            entry_price=Price(entry),
            liquidation_price=None if liquidation is None else Price(liquidation),
        )

    def _attached(self, row: Mapping[str, Any]) -> Price | None:
        told = row.get("stopLossPrice")
        trigger = number(told)
        if trigger is None and told:
            raise self._unreadable("a stop")
        return Price(trigger) if trigger is not None and trigger > 0 else None

    def _unreadable(self, what: str) -> RetryLater:
        return RetryLater(f"{self._client.profile.title} does not tell {what} in a way that can be read", _SOON)


def _sum(coin: Mapping[str, Any], keys: Sequence[str]) -> Decimal:
    return sum((number(coin.get(key)) or ZERO for key in keys), ZERO)
