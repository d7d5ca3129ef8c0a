"""Params that were refused, or are far from what they usually are."""

from core.domain.delivery import Alert
from core.domain.events import ParamsUnusual
from core.domain.replies import Field, Reply
from handlers import labels, texts

EVENT = ParamsUnusual


def render(event: ParamsUnusual, alert: Alert) -> Reply:
    """Return each value as it was sent, and what is wrong with it."""
    fields = tuple(
        Field(name=labels.PARAM_TITLES.get(name, name), value=f"{texts.cut(sent, 40)}: {problem}")
        for name, sent, problem in event.problems
    )
    wave = (f"Sent with wave {texts.time(event.wave_at, alert.created_at)}.",) if event.wave_at else ()
    return Reply(title="Unusual params", lines=wave, fields=fields)
