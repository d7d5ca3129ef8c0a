"""Writes events down, with all that people are told of them; carrying it there belongs to the outbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.cards import Card
from core.domain.delivery import DeliveryState, Destination, Hold, Target
from core.domain.events import Event, Severity
from core.domain.market import TradingMode
from core.ports.delivery import Router
from storage.fold_numbers import next_fold_number
from storage.mappers.events import row_of_alert, row_of_event
from storage.repositories.card_changes import CardChange, bump
from storage.repositories.holds import holds_of, repeats_of
from storage.rows import Values, new_id
from storage.tables import alerts, deliveries, events


class Recorder:
    """Records in one transaction."""

    def __init__(self, connection: AsyncConnection, mode: TradingMode, router: Router) -> None:
        self._connection = connection
        self._mode = mode
        self._router = router

    async def record(self, event: Event) -> None:
        """Store `event`; if anybody is told, also an alert with a delivery for each; and let its cards be shown."""
        targets = self._router.targets(event)
        stored = await self._connection.execute(insert(events), row_of_event(event))
        if not targets:
            await self._change_cards(event, None, (), {})
            return
        raised = await self._connection.execute(insert(alerts), row_of_alert(event, new_id(stored), self._mode))
        alert_id = new_id(raised)
        holds = await holds_of(self._connection, event, targets)
        versions = await self._change_cards(event, alert_id, targets, holds)
        number = await next_fold_number(self._connection) if holds else None
        rows = [
            {
                "alert_id": alert_id,
                **_queued(event, target),
                **_told_by(event, holds.get(target.destination), versions.get(str(target.destination)), number),
            }
            for target in targets
        ]
        await self._connection.execute(insert(deliveries), rows)

    async def show(self, card: Card) -> None:
        """Count a change of `card` wherever it lives, and open it where it belongs and nothing must wait."""
        targets = self._router.card_targets(card)
        open_at = [target for target in targets if target.is_living and target.hold is None]
        await bump(self._connection, CardChange(card=card), open_at)

    async def _change_cards(
        self, event: Event, alert_id: int | None, targets: Sequence[Target], holds: Mapping[Destination, Hold]
    ) -> dict[str, int]:
        """Return what the card of `event` has come to, by destination.

        What must wait opens no card: a new message disturbs. An edit does not, so a card that is there goes on.
        """
        for card in event.touches:
            await bump(self._connection, CardChange(card=card, at=event.at))
        if event.card is None:
            return {}
        change = CardChange(
            card=event.card,
            at=event.at,
            alert_id=alert_id,
            is_urgent=event.severity >= Severity.WARNING and bool(targets),
            is_detail=event.is_detail,
        )
        open_at = [target for target in targets if target.is_living and target.destination not in holds]
        return await bump(self._connection, change, open_at)


def _queued(event: Event, target: Target) -> Values:
    return {
        "destination": str(target.destination),
        "loudness": target.loudness.value,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "queued_at": event.at,
        "expires_at": _expiry(event),
        "error": "",
        "is_urgent": event.severity >= Severity.WARNING,
        "is_detail": event.is_detail,
        "repeats": repeats_of(event),
        "fallback": None if target.fallback is None else str(target.fallback),
    }


def _told_by(event: Event, hold: Hold | None, version: int | None, number: int | None) -> Values:
    """Return the columns that say how it is told: by the card that has come to `version`, in a digest, or by itself."""
    if version is not None and not event.is_detail:
        hold = None
    return {
        "card": event.card.key if event.card is not None and version is not None else None,
        "card_version": version,
        "next_at": event.at if hold is None else hold.until_at,
        "fold": None if hold is None else hold.reason.value,
        "fold_group": None if hold is None else hold.group,
        "fold_number": None if hold is None else number,
    }


def _expiry(event: Event) -> datetime | None:
    return None if event.expires_after is None else event.at + event.expires_after
