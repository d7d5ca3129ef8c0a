"""What venues, networks and people do to a trading process at random moments; nothing is checked here."""

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

from core.domain.money import round_down
from tests.fakes.venues.binance_server import FakeBinance
from tests.fakes.venues.faults import BAD_GATEWAY, End, Fault
from tests.faults.venue_world import ORDERS, STOPS, Market, VenueWorld

_MOST_WAITING = 3
"""So many faults wait for their request at a venue at most: a process that was dead must not meet all of them."""

_Act = Callable[[str, Market], object]


class Mischief:
    """Does one thing after the other, each at one venue; the same seed does the same things.

    Attributes:
        done: How often each was done.
    """

    def __init__(self, world: VenueWorld, seed: int) -> None:
        self._world = world
        self._random = Random(f"mischief {seed}")
        self._acts: dict[str, tuple[int, _Act]] = {
            "lost order answer": (4, lambda name, market: market.faults.lose(ORDERS[name])),
            "502 after taking": (4, lambda name, market: market.faults.lose(ORDERS[name], end=End.ANSWER)),
            "502 instead": (3, lambda name, market: self._answer_502(market, ORDERS[name])),
            "order never answered": (2, self._hang),
            "lost stop answer": (4, lambda name, market: market.faults.lose(STOPS[name])),
            "502 for stops": (4, lambda name, market: self._answer_502(market, STOPS[name])),
            "stop refused": (3, self._refuse),
            "answers late": (3, self._delay),
            "streams cut": (4, self._cut),
            "rate limit": (1, lambda _, market: market.limit_requests(20)),
            "closed by hand": (3, self._close),
            "closed in part": (2, self._reduce),
            "liquidated": (1, self._liquidate),
            "filled in part": (2, lambda _, market: market.account.levers.fill_ratios.append(Decimal("0.6"))),
            "several trades": (2, self._split),
            "slippage": (2, self._slip),
            "shown late": (3, self._show_late),
        }
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Go on without end; about two things a second."""
        names = list(self._acts)
        weights = [weight for weight, _ in self._acts.values()]
        while True:
            await asyncio.sleep(self._random.uniform(0.1, 0.7))
            what = self._random.choices(names, weights)[0]
            venue = self._random.choice(sorted(self._world.markets))
            market = self._world.markets[venue]
            if sum(fault.times is None or fault.used < fault.times for fault in market.faults.listed) < _MOST_WAITING:
                self._acts[what][1](venue, market)
                self.done[what] += 1

    def end(self) -> None:
        """Let the venues be well again."""
        for market in self._world.markets.values():
            market.faults.clear()
            market.limit_requests(0)
            levers = market.account.levers
            levers.fill_ratios.clear()
            levers.refusals.clear()
            self._lag(market, 0)

    def _answer_502(self, market: Market, path: str) -> None:
        market.faults.answer(path, 502, BAD_GATEWAY, method="POST", times=self._random.randint(1, 3))

    def _hang(self, name: str, market: Market) -> None:
        market.faults.hang(ORDERS[name], method="POST", is_taken=self._random.random() < 0.5)

    def _refuse(self, name: str, market: Market) -> None:
        body: object = {"code": -4131, "msg": "The counterparty's best price does not meet the PERCENT_PRICE filter."}
        if name == "bybit":
            body = {"retCode": 10001, "retMsg": "params error", "result": {}, "retExtInfo": {}, "time": 0}
        status = 400 if name == "binance" else 200
        market.faults.answer(STOPS[name], status, body, method="POST", times=self._random.randint(1, 2))

    def _delay(self, name: str, market: Market) -> None:
        market.faults.add(Fault(path="*", end=End.TRUE, times=5, late_s=self._random.uniform(0.1, 1.3)))

    def _cut(self, _: str, market: Market) -> None:
        for socket in tuple(market.sockets):
            socket.cut()

    def _held(self, market: Market) -> str | None:
        held = sorted(position.symbol for position in market.account.positions())
        return self._random.choice(held) if held else None

    def _close(self, _: str, market: Market) -> None:
        if symbol := self._held(market):
            market.account.close_by_hand(symbol)

    def _reduce(self, _: str, market: Market) -> None:
        if symbol := self._held(market):
            amount = abs(market.account.position(symbol).amount)
            step = market.account.contract(symbol).quantity_step
            market.account.close_by_hand(symbol, round_down(amount / 2, step) or None)

    def _liquidate(self, _: str, market: Market) -> None:
        if symbol := self._held(market):
            market.account.liquidate(symbol)

    def _split(self, _: str, market: Market) -> None:
        market.account.levers.trades_an_order = self._random.randint(1, 3)

    def _slip(self, _: str, market: Market) -> None:
        market.account.levers.slippage_ratio = Decimal(self._random.choice(("0", "0.0005", "0.002")))

    def _show_late(self, _: str, market: Market) -> None:
        self._lag(market, self._random.choice((0, 500, 3000)))

    def _lag(self, market: Market, lag_ms: int) -> None:
        if isinstance(market, FakeBinance):
            market.orders.lag_ms = lag_ms
        else:
            market.lag.fill_ms = lag_ms
