"""Sees to positions without a stop, long before everything is compared; how they are mended is `comparison`'s."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from core.domain.errors import RetryLater
from core.domain.positions import PositionState
from core.ports.edges import Exchange
from core.trading.ground import Ground
from core.trading.reconcile import Reconcile

_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=1)


class Protection:
    """Has positions looked at that could neither be protected nor closed: the venue took no orders for a while."""

    def __init__(self, ground: Ground, *, exchanges: Mapping[str, Exchange], reconcile: Reconcile) -> None:
        self._ground = ground
        self._exchanges = exchanges
        self._reconcile = reconcile

    async def run(self) -> None:
        """Look for such positions, less often while it does not help; never ends."""
        wait = _FIRST_WAIT
        while True:
            await self._ground.clock.sleep(wait)
            bare = self._bare()
            for exchange, symbols in bare.items():
                with suppress(RetryLater):  # The next look comes soon.
                    await self._reconcile.look_at(self._exchanges[exchange], symbols)
            wait = min(wait * 2, _LONGEST_WAIT) if self._bare() else _FIRST_WAIT

    def _bare(self) -> Mapping[str, set[str]]:
        bare: dict[str, set[str]] = {}
        for position in self._ground.book.live():
            if position.stop_order_id is None and position.state is not PositionState.OPENING:
                bare.setdefault(position.exchange, set()).add(position.symbol)
        return bare
