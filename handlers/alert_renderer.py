"""Alerts into documents: adds what all alerts have; the words of each kind are in handlers/alerts."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.delivery import Alert
from core.domain.events import Severity
from core.domain.market import ExchangeRef
from core.domain.replies import Reply, Tone
from handlers import labels, texts
from handlers.registry import Registry

TONES = {
    Severity.SILENT: Tone.PLAIN,
    Severity.INFO: Tone.PLAIN,
    Severity.NOTICE: Tone.NOTICE,
    Severity.WARNING: Tone.WARNING,
    Severity.CRITICAL: Tone.CRITICAL,
}


class AlertRenderer:
    """The `Renderer` of every alert; an event without a module of its own gets the generic one."""

    def __init__(self, registry: Registry, exchanges: Sequence[ExchangeRef]) -> None:
        self._renderers = registry.renderers
        self._exchanges = tuple(exchanges)

    def render(self, alert: Alert) -> Reply:
        """Return the document of `alert` with mode banner, short id, exchange and tone; the same for the same alert."""
        render = self._renderers.get(alert.kind) or self._renderers[""]
        reply = render(alert.event, alert)
        exchange = labels.title_of(alert.event.exchange, self._exchanges)
        return replace(
            reply,
            title=" · ".join(part for part in (reply.title, exchange) if part),
            banner=texts.banner(alert.mode),
            tone=TONES[alert.severity] if reply.tone is Tone.PLAIN else reply.tone,
            alert_id=alert.id,
        )
