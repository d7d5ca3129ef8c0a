"""Recording in memory: alerts, what holds them back, and the cards that they change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.cards import Card
from core.domain.delivery import (
    GROUP_WINDOW,
    Alert,
    Delivery,
    DeliveryState,
    Destination,
    FoldReason,
    Hold,
    Mute,
    Target,
)
from core.domain.events import Event, Severity
from core.domain.market import TradingMode
from core.ports.delivery import Router
from tests.fakes.memory_store import Store, StoredCard, StoredDelivery


class MemoryRecorder:
    def __init__(self, store: Store, mode: TradingMode, router: Router) -> None:
        self._store = store
        self._mode = mode
        self._router = router

    def record(self, event: Event) -> None:
        self._store.events.append(event)
        targets = self._router.targets(event)
        for card in event.touches:
            self._bump(card, event.at)
        alert = self._raise(event) if targets else None
        holds = {target.destination: hold for target in targets if (hold := self._hold(event, target)) is not None}
        living = [target for target in targets if target.is_living and target.destination not in holds]
        versions = {} if event.card is None else self._bump(event.card, event.at, living, event, alert)
        if alert is not None:
            number = self._store.next_fold_number()
            for target in targets:
                self._queue(alert, target, holds, versions, number)

    def show(self, card: Card) -> None:
        targets = self._router.card_targets(card)
        self._bump(card, None, [target for target in targets if target.is_living and target.hold is None])

    def _raise(self, event: Event) -> Alert:
        alert = Alert(
            id=max(self._store.alerts, default=0) + 1,
            kind=event.kind,
            severity=event.severity,
            mode=self._mode,
            created_at=event.at,
            event=event,
        )
        self._store.alerts[alert.id] = alert
        return alert

    def _queue(
        self,
        alert: Alert,
        target: Target,
        holds: Mapping[Destination, Hold],
        versions: Mapping[Destination, int],
        number: int,
    ) -> None:
        event, destination = alert.event, target.destination
        is_on_card = destination in versions
        hold = None if is_on_card and not event.is_detail else holds.get(destination)
        delivery = Delivery(
            id=len(self._store.deliveries) + 1,
            alert=alert,
            destination=destination,
            loudness=target.loudness,
            attempts=0,
            has_fallback=target.fallback is not None,
        )
        self._store.deliveries[delivery.id] = StoredDelivery(
            delivery=delivery,
            state=DeliveryState.PENDING,
            queued_at=event.at,
            next_at=event.at if hold is None else hold.until_at,
            expires_at=None if event.expires_after is None else event.at + event.expires_after,
            is_urgent=alert.is_urgent,
            card=event.card if is_on_card else None,
            card_version=versions.get(destination, 0),
            is_detail=event.is_detail,
            fold=None if hold is None else hold.reason,
            fold_group="" if hold is None else hold.group,
            fold_number=0 if hold is None else number,
            repeats=repeats_of(event),
            fallback=target.fallback,
        )

    def _hold(self, event: Event, target: Target) -> Hold | None:
        candidates = [hold for hold in (target.hold, self._mute(event, target), self._repeat(event, target)) if hold]
        return max(candidates, key=lambda hold: hold.until_at, default=None)

    def _mute(self, event: Event, target: Target) -> Hold | None:
        mute = self._store.mutes.get((target.destination, event.kind))
        if mute is None or mute.until_at <= event.at or event.severity >= Severity.CRITICAL:
            return None
        return Hold(reason=FoldReason.MUTED, until_at=mute.until_at, group=event.kind)

    def _repeat(self, event: Event, target: Target) -> Hold | None:
        repeats = repeats_of(event)
        if repeats is None:
            return None
        opened = [
            each.queued_at
            for each in self._store.deliveries.values()
            if each.repeats == repeats
            and each.delivery.destination == target.destination
            and each.fold is not FoldReason.GROUP
            and event.at - GROUP_WINDOW < each.queued_at <= event.at
        ]
        if not opened:
            return None
        return Hold(reason=FoldReason.GROUP, until_at=max(opened) + GROUP_WINDOW, group=repeats)

    def _bump(
        self,
        card: Card,
        at: datetime | None,
        open_at: Sequence[Target] = (),
        event: Event | None = None,
        alert: Alert | None = None,
    ) -> dict[Destination, int]:
        newest = max(self._store.deliveries, default=0)
        is_urgent = alert is not None and alert.is_urgent
        cards = self._store.cards
        for key, known in list(cards.items()):
            if key[0] == card:
                raises = is_urgent and (known.shown_version == 0 or event is None or not event.is_detail)
                cards[key] = replace(
                    known,
                    version=known.version + 1,
                    place=known.place if known.has_changed else newest,
                    queued_at=(known.queued_at or at) if known.has_changed else at,
                    is_urgent=known.is_urgent or raises,
                    alert_id=known.alert_id if alert is None else alert.id,
                )
        for target in open_at:
            cards.setdefault(
                (card, target.destination),
                StoredCard(
                    card=card,
                    destination=target.destination,
                    loudness=target.loudness,
                    place=newest,
                    queued_at=at,
                    is_urgent=is_urgent,
                    alert_id=None if alert is None else alert.id,
                ),
            )
        return {known.destination: known.version for known in cards.values() if known.card == card}


def repeats_of(event: Event) -> str | None:
    return f"{event.kind}:{event.group}" if event.group else None


class MemoryMutes:
    def __init__(self, store: Store, announce: Callable[[], None]) -> None:
        self._store = store
        self._announce = announce

    async def put(self, mute: Mute) -> None:
        key = (mute.destination, mute.kind)
        known = self._store.mutes.get(key)
        if known is None or known.until_at < mute.until_at:
            self._store.mutes[key] = mute
            self._release(mute, mute.until_at)

    async def active(self, at: datetime, destination: Destination | None = None) -> Sequence[Mute]:
        found = [
            mute
            for mute in self._store.mutes.values()
            if mute.until_at > at and destination in {None, mute.destination}
        ]
        return sorted(found, key=lambda mute: (mute.destination, mute.kind))

    async def end(self, destination: Destination, kind: str | None, at: datetime) -> Sequence[Mute]:
        ended = [mute for mute in await self.active(at, destination) if kind in {None, mute.kind}]
        for mute in ended:
            del self._store.mutes[mute.destination, mute.kind]
            self._release(mute, at)
        if ended:
            self._announce()
        return ended

    def _release(self, mute: Mute, until_at: datetime) -> None:
        """Let what `mute` holds back be told at `until_at`."""
        for number, each in self._store.deliveries.items():
            is_held = (each.fold, each.fold_group) == (FoldReason.MUTED, mute.kind)
            if is_held and each.state is DeliveryState.PENDING and each.delivery.destination == mute.destination:
                self._store.deliveries[number] = replace(each, next_at=until_at)
