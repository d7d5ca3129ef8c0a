"""How the parts of the process are, for /health and for those who ask from outside."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.feeds.signal_socket import SignalSocket
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.market import Balance
from core.ports.delivery import Outbox
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
        outbox: Outbox,
        units: Units,
        exchanges: Mapping[str, Exchange],
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._feed = feed
        self._outbox = outbox
        self._units = units
        self._exchanges = exchanges
        self._patience = patience

    async def health(self) -> Sequence[HealthItem]:
        """Return the state of database, feed, venues and deliveries."""
        return [await self._database(), self._signals(), *await self._venues(), await self._deliveries()]

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
            backlog = await self._outbox.backlog()
        except _AWAY as error:
            return HealthItem(name="deliveries", is_ok=False, detail=str(error))
        waiting = sum(backlog.values())
        detail = "nothing waits" if not waiting else ", ".join(f"{n} for {d}" for d, n in sorted(backlog.items()))
        return HealthItem(name="deliveries", is_ok=waiting < _TOO_MANY, detail=detail)

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
