"""How the parts of the process are, for /health and for those who ask from outside."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from bot.feeds.signal_socket import SignalSocket
from core.domain.delivery import Traffic
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import Balance
from core.ports.edges import Exchange
from core.ports.storage import Units
from handlers.services import HealthItem

_PATIENCE = timedelta(seconds=1.5)
"""How long a venue may take; shorter than what the health server waits for all parts together."""

_TOO_MANY = 100
_AWAY = (ConfigurationError, RetryLater)
"""What a part raises that is away, or that a person must mend: told, never passed on."""


class Outlook:
    """Asks each part when somebody wants to know; nothing is kept."""

    def __init__(
        self,
        *,
        feed: SignalSocket,
        traffic: Callable[[], Awaitable[Sequence[Traffic]]],
        units: Units,
        exchanges: Mapping[str, Exchange],
        prices: Callable[[], Sequence[HealthItem]] = lambda: (),
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._feed = feed
        self.traffic = traffic
        self._units = units
        self._exchanges = exchanges
        self._prices = prices
        self._patience = patience

    async def health(self) -> Sequence[HealthItem]:
        """Return the state of database, feed, venues, their prices, and deliveries."""
        found = [await self._database(), self._signals(), *await self._venues(), *self._prices()]
        return [*found, await self._deliveries()]

    async def balances(self) -> dict[str, Balance]:
        """Return each venue's balance; one that does not answer is left out."""
        return {name: answer for name, answer in (await self._ask()).items() if isinstance(answer, Balance)}

    async def _database(self) -> HealthItem:
        try:
            async with self._units.reading() as unit:
                await unit.state.get("health")
        except _AWAY as error:
            return HealthItem(name="database", is_ok=False, detail=str(error))
        return HealthItem(name="database", is_ok=True, detail="answers")

    def _signals(self) -> HealthItem:
        status = self._feed.status
        if not status.is_connected:
            since = f" since {status.since_at:%H:%M} UTC" if status.since_at else ""
            return HealthItem(name="signals", is_ok=False, detail=f"not connected{since}")
        detail = f"connected, {status.frames} frames, {status.reconnections} reconnections"
        return HealthItem(name="signals", is_ok=True, detail=detail)

    async def _venues(self) -> list[HealthItem]:
        return [
            HealthItem(name=name, is_ok=True, detail="answers")
            if isinstance(answer, Balance)
            else HealthItem(name=name, is_ok=False, detail=answer)
            for name, answer in (await self._ask()).items()
        ]

    async def _deliveries(self) -> HealthItem:
        try:
            traffic = await self.traffic()
        except _AWAY as error:
            return HealthItem(name="deliveries", is_ok=False, detail=str(error))
        waiting = sum(each.waiting for each in traffic)
        found = [_told(each) for each in traffic if each.waiting or each.failing_since or each.is_lost]
        is_ok = waiting < _TOO_MANY and not any(each.failing_since or each.is_lost for each in traffic)
        return HealthItem(name="deliveries", is_ok=is_ok, detail="; ".join(found) or "nothing waits")

    async def _ask(self) -> dict[str, Balance | str]:
        """Ask all venues at once; a text says why one did not answer."""
        answers = await asyncio.gather(*map(self._balance, self._exchanges.values()))
        return dict(zip(self._exchanges, answers, strict=True))

    async def _balance(self, exchange: Exchange) -> Balance | str:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await exchange.balance()
        except TimeoutError:
            return "does not answer"
        except _AWAY as error:
            return f"does not answer: {error}"


def _told(traffic: Traffic) -> str:
    """Return in a few words how a destination fares."""
    text = f"{traffic.waiting} for {traffic.destination}"
    if traffic.is_lost:
        return f"{text}, which takes nothing from us: {traffic.error}"
    if traffic.failing_since is not None:
        return f"{text}, which fails since {traffic.failing_since:%H:%M} UTC: {traffic.error}"
    return text
