"""How the parts of the process are, for /health and for those who ask from outside."""

from collections.abc import Mapping, Sequence

from bot.feeds.signal_socket import SignalSocket
from core.domain.errors import RetryLater
from core.domain.market import Balance
from core.ports.delivery import Outbox
from core.ports.edges import Exchange
from core.ports.storage import Units
from handlers.services import HealthItem


class Outlook:
    """Asks each part when somebody wants to know; nothing is kept."""

    def __init__(self, *, feed: SignalSocket, outbox: Outbox, units: Units, exchanges: Mapping[str, Exchange]) -> None:
        self._feed = feed
        self._outbox = outbox
        self._units = units
        self._exchanges = exchanges

    async def health(self) -> Sequence[HealthItem]:
        """Return the state of database, feed, venues and deliveries."""
        return [await self._database(), self._signals(), *await self._venues(), await self._deliveries()]

    async def balances(self) -> dict[str, Balance]:
        """Return each venue's balance; one that does not answer is left out."""
        found = {}
        for name, exchange in self._exchanges.items():
            try:
                found[name] = await exchange.balance()
            except RetryLater:
                continue
        return found

    async def _database(self) -> HealthItem:
        try:
            async with self._units.reading() as unit:
                await unit.state.get("health")
        except RetryLater as error:
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
        balances = await self.balances()
        return [
            HealthItem(name=name, is_ok=name in balances, detail="answers" if name in balances else "does not answer")
            for name in self._exchanges
        ]

    async def _deliveries(self) -> HealthItem:
        backlog = await self._outbox.backlog()
        waiting = sum(backlog.values())
        detail = "nothing waits" if not waiting else ", ".join(f"{n} for {d}" for d, n in sorted(backlog.items()))
        return HealthItem(name="deliveries", is_ok=waiting < 100, detail=detail)
