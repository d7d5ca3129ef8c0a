"""A position is open and protected."""

from core.domain.delivery import Alert
from core.domain.events import PositionOpened
from core.domain.money import Ratio
from core.domain.positions import PositionSide
from core.domain.replies import Button, Field, Reply
from handlers import texts

EVENT = PositionOpened


def render(event: PositionOpened, alert: Alert) -> Reply:
    """Return entry, stop with its distance, size and the wave it came from."""
    move = event.stop_price / event.entry_price - 1
    distance = Ratio(move if event.side is PositionSide.LONG else -move)
    size = f"{texts.size(event.size_quote)} ({texts.quantity(event.quantity)})"
    fields = [
        Field(name="Entry", value=texts.price(event.entry_price)),
        Field(name="Stop", value=f"{texts.price(event.stop_price)} ({texts.percent(distance)})"),
        Field(name="Size", value=size if event.leverage == 1 else f"{size}, {event.leverage}x"),
    ]
    if event.wave_at:
        fields.append(Field(name="Wave", value=texts.time(event.wave_at, alert.created_at)))
    return Reply(
        title=f"{event.symbol} {event.side.value.upper()} opened #{event.position_id}",
        fields=tuple(fields),
        buttons=(
            (
                Button(label="Details", command=f"/position {event.position_id}"),
                Button(label="Close", command=f"/close {event.position_id}", is_danger=True),
            ),
        ),
    )
