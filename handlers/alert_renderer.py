"""Alerts, cards and digests into documents: adds what all of them have; the words of each kind are in their folders."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.cards import Card
from core.domain.delivery import Alert, Digest
from core.domain.events import Severity
from core.domain.market import ExchangeRef
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.card_registry import find_cards
from handlers.card_sources import CardSources
from handlers.digests import digest_reply
from handlers.registry import Registry

TONES = {
    Severity.SILENT: Tone.PLAIN,
    Severity.INFO: Tone.PLAIN,
    Severity.NOTICE: Tone.NOTICE,
    Severity.WARNING: Tone.WARNING,
    Severity.CRITICAL: Tone.CRITICAL,
}


def tone_of(alert: Alert) -> Tone:
    """Return how an alert feels whose words do not say so themselves."""
    return Tone.GOOD if alert.event.is_relief else TONES[alert.severity]


def care(alert: Alert) -> Button:
    """Return the press that says that somebody takes care of `alert`."""
    return Button(label="Ack", command=f"/ack {alert.id}")


class AlertRenderer:
    """The `Renderer` of everything that people are told unasked.

    An event without a module of its own gets the generic words; a card without one is not shown.
    """

    def __init__(self, registry: Registry, exchanges: Sequence[ExchangeRef], sources: CardSources) -> None:
        self._renderers = registry.renderers
        self._exchanges = tuple(exchanges)
        self._sources = sources
        self._cards = find_cards()

    def render(self, alert: Alert) -> Reply:
        """Return the document of `alert` with mode banner, short id, exchange, tone and, if urgent, the press for care.

        The same for the same alert.
        """
        render = self._renderers.get(alert.kind) or self._renderers[""]
        reply = render(alert.event, alert)
        return replace(
            reply,
            title=self._titled(reply.title, alert.event.exchange),
            banner=texts.banner(alert.mode),
            tone=tone_of(alert) if reply.tone is Tone.PLAIN else reply.tone,
            alert_id=alert.id,
            buttons=(*reply.buttons, *_care(alert)),
        )

    async def render_card(self, card: Card, alert: Alert | None) -> Reply | None:
        """Return how `card` looks now, with the number of its newest alert; None when there is nothing to show."""
        render = self._cards.get(card.kind)
        reply = None if render is None else await render(card, alert, self._sources)
        if reply is None:
            return None
        return replace(
            reply,
            title=self._titled(reply.title, card.exchange),
            banner=texts.banner(self._sources.mode if alert is None else alert.mode),
            alert_id=None if alert is None else alert.id,
            buttons=reply.buttons if alert is None else (*reply.buttons, *_care(alert)),
        )

    def render_digest(self, digest: Digest) -> Reply:
        """Return many alerts in one document, in the tone of the most severe of them."""
        modes = sorted({alert.mode for alert in digest.alerts}) or [self._sources.mode]
        severity = max((alert.severity for alert in digest.alerts), default=Severity.INFO)
        return replace(
            digest_reply(digest, self.render, self._exchanges, self._sources.clock.now()),
            banner=" + ".join(texts.banner(mode) for mode in modes),
            tone=TONES[severity],
        )

    def _titled(self, title: str, exchange: str | None) -> str:
        return " · ".join(part for part in (title, labels.title_of(exchange, self._exchanges)) if part)


def _care(alert: Alert) -> tuple[tuple[Button, ...], ...]:
    """Return the row of that press for what is urgent and has nobody yet."""
    is_open = alert.is_urgent and not alert.event.is_relief and alert.acked_at is None
    return ((care(alert),),) if is_open else ()
