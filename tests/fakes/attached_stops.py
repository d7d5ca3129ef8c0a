"""Stops as some venues have them: one a position, without an id, replaced in place. Orders are not here."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from core.domain.errors import Bug
from core.domain.money import Price, Quantity
from core.domain.orders import Accepted, Filled, OrderOutcome, OrderRequest, VenueStop
from core.domain.signals import Side


class AttachedStops:
    """The stops of one venue by symbol, and those that were executed.

    Attributes:
        standing: The request that put each stop where it stands.
    """

    def __init__(self) -> None:
        self.standing: dict[str, OrderRequest] = {}
        self._fired: list[tuple[OrderRequest, Filled]] = []

    def reached(self, symbol: str, price: Price) -> OrderRequest | None:
        """Return the stop that `price` sets off, or None."""
        stop = self.standing.get(symbol)
        if stop is None or stop.trigger_price is None:
            return None
        is_reached = price <= stop.trigger_price if stop.side is Side.SELL else price >= stop.trigger_price
        return stop if is_reached else None

    def fire(self, stop: OrderRequest, fill: Filled) -> None:
        """Note that `stop` was executed."""
        self._fired.append((stop, fill))

    def find(self, request: OrderRequest) -> OrderOutcome | None:
        """Return what is known of a stop at the trigger of `request`; the venue knows no ids."""
        stop = self.standing.get(request.symbol)
        if stop is not None and _where(stop) == _where(request):
            return Accepted()
        fills = [fill for fired, fill in self._fired if _where(fired) == _where(request)]
        return fills[-1] if fills else None

    def resting(self, held: Mapping[str, Decimal]) -> list[VenueStop]:
        """Return the stops as the venue shows them: each for all that is `held`."""
        return [
            replace(stop_of(stop), client_order_id=None, quantity=Quantity(abs(held[symbol])))
            for symbol, stop in self.standing.items()
        ]


def stop_of(request: OrderRequest) -> VenueStop:
    """Return a resting stop order as a venue shows it."""
    if request.trigger_price is None:
        raise Bug(f"{request.client_order_id} is no stop")
    return VenueStop(
        client_order_id=request.client_order_id,
        symbol=request.symbol,
        side=request.side,
        quantity=request.quantity,
        trigger_price=request.trigger_price,
    )


def _where(request: OrderRequest) -> tuple[str, Side, Price | None]:
    return request.symbol, request.side, request.trigger_price
