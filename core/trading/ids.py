"""Client order ids: same purpose, same id, so that an order cannot be sent twice under two names."""

from datetime import datetime
from hashlib import sha256

from core.domain.orders import OrderLeg
from core.domain.positions import Position

_DIGEST_CHARACTERS = 24


def _digest(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:_DIGEST_CHARACTERS]


def group_id(wave_at: datetime, exchange: str, symbol: str) -> str:
    """Return the id that all legs of the position of `wave_at`, `exchange` and `symbol` share."""
    return f"g-{_digest(wave_at.isoformat(), exchange, symbol)}"


def client_order_id(position: Position, leg: OrderLeg, attempt: int) -> str:
    """Return the id of the `attempt`-th order of `leg`: at most 32 characters of [A-Za-z0-9-]."""
    digest = _digest(position.group_id, position.exchange, position.symbol, leg.value, str(attempt))
    return f"wh-{leg.value[0]}{attempt % 100}-{digest}"
