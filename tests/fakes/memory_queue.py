"""What is next in memory's queue, and what tells what; nothing is changed here."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.domain.delivery import (
    DIGEST_LENGTH,
    EDIT_PATIENCE,
    CardUpdate,
    Delivery,
    DeliveryState,
    Destination,
    Digest,
    FoldReason,
    Loudness,
    Work,
)
from tests.fakes.memory_store import Store, StoredCard, StoredDelivery
from tests.fakes.units import MemoryUnits

LOUDNESSES = tuple(Loudness)

Place = tuple[int, int, bool, str]
"""Where work stands in its queue: its urgency, behind which delivery, whether it is a card, which one."""


class MemoryQueue:
    """Reads the deliveries and cards of a `MemoryUnits`."""

    def __init__(self, units: MemoryUnits) -> None:
        self._units = units

    @property
    def store(self) -> Store:
        return self._units.store

    def candidates(self, at: datetime) -> Iterable[tuple[Destination, Place, StoredDelivery | StoredCard]]:
        for each in self.waiting():
            delivery, urgency = each.delivery, 0 if each.is_urgent else 2
            if each.fold is FoldReason.MISSED:
                urgency = 1
            if each.fold is None:
                is_due = each.card is None or (each.is_detail and not self._is_blocked(each))
            else:
                is_due = each.next_at <= at and self._is_first(each, at)
            if is_due:
                yield delivery.destination, (urgency, delivery.id, False, ""), each
        for card in self.store.cards.values():
            if card.has_changed and (card.next_at is None or card.next_at <= at):
                place = card.place if card.message_ref is None else card.place + EDIT_PATIENCE
                yield card.destination, (0 if card.is_urgent else 2, place, True, card.card.key), card

    def _is_first(self, held: StoredDelivery, at: datetime) -> bool:
        """Of the folds of a destination that are as urgent, the one that became due first comes first."""
        rivals = [
            (each.next_at, each.delivery.id)
            for each in self.waiting(held.delivery.destination)
            if each.fold is not None and each.is_urgent == held.is_urgent and each.next_at <= at
        ]
        return min(rivals) == (held.next_at, held.delivery.id)

    def _is_blocked(self, detail: StoredDelivery) -> bool:
        known = self.card_of(detail)
        return known is not None and known.shown_version == 0

    def work(self, stored: StoredDelivery | StoredCard) -> Work:
        if isinstance(stored, StoredCard):
            return CardUpdate(
                card=stored.card,
                destination=stored.destination,
                loudness=stored.loudness,
                version=stored.version,
                message_ref=stored.message_ref,
                sent_at=stored.sent_at,
                alert=None if stored.alert_id is None else self.store.alerts[stored.alert_id],
                attempts=stored.attempts,
            )
        if stored.fold is not None:
            return self.digest(stored.delivery.destination, stored.fold, stored.fold_group)
        card = self.card_of(stored)
        return replace(
            stored.delivery,
            alert=self.store.alerts[stored.delivery.alert.id],
            thread_ref=None if card is None else card.message_ref,
            has_fallback=stored.fallback is not None,
        )

    def digest(self, destination: Destination, reason: FoldReason, group: str) -> Digest:
        held = [each for each in self.waiting(destination) if (each.fold, each.fold_group) == (reason, group)]
        alerts = [each.delivery.alert for each in held]
        kinds = Counter(alert.kind for alert in alerts)
        return Digest(
            destination=destination,
            reason=reason,
            group=group,
            loudness=max((each.delivery.loudness for each in held), key=LOUDNESSES.index),
            count=len(held),
            kinds=dict(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))),
            first_at=min(alert.created_at for alert in alerts),
            last_at=max(alert.created_at for alert in alerts),
            alerts=tuple(sorted(alerts, key=lambda a: (a.severity, a.id), reverse=True)[:DIGEST_LENGTH]),
            last_id=max(each.fold_number for each in held),
            elsewhere=sum(each.diverted_at is not None for each in held),
            attempts=max(each.delivery.attempts for each in held),
        )

    def waiting(self, destination: Destination | None = None) -> list[StoredDelivery]:
        return [
            each
            for each in self.store.deliveries.values()
            if each.state is DeliveryState.PENDING and destination in {None, each.delivery.destination}
        ]

    def card_of(self, each: StoredDelivery) -> StoredCard | None:
        return None if each.card is None else self.store.cards.get((each.card, each.delivery.destination))

    def told_by(self, work: Work) -> list[StoredDelivery]:
        if isinstance(work, Delivery):
            return [each for each in self.waiting() if each.delivery.id == work.id]
        here = self.waiting(work.destination)
        if isinstance(work, Digest):
            fold = (work.reason, work.group)
            return [e for e in here if (e.fold, e.fold_group) == fold and e.fold_number <= work.last_id]
        return [
            each
            for each in here
            if each.card == work.card and each.fold is None and not each.is_detail and each.card_version <= work.version
        ]

    def needs(self, card: StoredCard) -> bool:
        here = self.waiting(card.destination)
        return any(each.card == card.card and each.fold is None for each in here)
