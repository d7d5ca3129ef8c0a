"""`/status`: where everything stands, on one screen; details belong to the other commands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time

from core.domain.delivery import Destination
from core.domain.money import NO_MONEY
from core.domain.pauses import Pause
from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Button, Field, Reply, Tone
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request
from handlers.pause_state import active_pauses, pause_lines
from handlers.services import HealthItem, Services
from handlers.valuations import add_up, value

_FEED_NAMES = frozenset({"feed", "signals"})
"""What the part that hears the signal server is called."""


async def run(request: Request) -> Answer:
    """Answer with mode, pauses, feed, next wave, positions, results of today and waiting alerts."""
    services = request.services
    now = services.clock.now()
    pauses = await active_pauses(services)
    async with services.units.reading() as unit:
        live = await unit.positions.live()
        today = await unit.positions.ended(since=datetime.combine(now.date(), time(), tzinfo=now.tzinfo))
    health = await services.health()
    faults = [item.name for item in health if not item.is_ok]
    fields = (
        Field(name="Mode", value=texts.banner(services.mode)),
        Field(name="Entries", value=_entries(pauses, services)),
        *_feed(health),
        Field(name="Next wave", value=_next_wave(services, now)),
        Field(name="Open", value=_open(live, services)),
        Field(name="Unrealised", value=_unrealised(live, services)),
        Field(name="Today", value=_realised(today)),
        Field(name="To deliver", value=_waiting(await services.outbox.backlog())),
        *([Field(name="Faults", value=f"{texts.listing(faults)} (see /health)")] if faults else []),
    )
    reply = Reply(
        title="Status",
        banner=texts.banner(services.mode),
        tone=_tone(faults, pauses),
        lines=pause_lines(services, pauses),
        fields=fields,
        buttons=((Button(label="Positions", command="/positions"), Button(label="Last wave", command="/wave last")),),
    )
    return Answer(reply=reply)


def _tone(faults: Sequence[str], pauses: Sequence[Pause]) -> Tone:
    if faults:
        return Tone.WARNING
    return Tone.NOTICE if pauses else Tone.GOOD


def _entries(pauses: Sequence[Pause], services: Services) -> str:
    if not pauses:
        return "running"
    return "paused: " + texts.listing((labels.scope(p.scope, services.exchanges) for p in pauses), limit=4)


def _feed(health: Sequence[HealthItem]) -> list[Field]:
    """Return what the feed says of itself; nothing if there is no such part."""
    return [
        Field(name="Feed", value=f"{'ok' if item.is_ok else 'LOST'}{f', {item.detail}' if item.detail else ''}")
        for item in health
        if item.name in _FEED_NAMES
    ]


def _next_wave(services: Services, now: datetime) -> str:
    expected = services.next_wave_at()
    if expected is None:
        return "when its signals come"
    taken_at, wave_at = expected
    wait = f"taken in {texts.age(taken_at - now)}" if taken_at > now else "being taken"
    return f"{texts.time(wave_at, now)}, {wait}"


def _open(live: Sequence[Position], services: Services) -> str:
    counts = Counter(position.exchange for position in live)
    parts = [f"{labels.title_of(name, services.exchanges)} {number}" for name, number in sorted(counts.items())]
    return f"{len(live)} ({', '.join(parts)})" if len(parts) > 1 else " ".join([str(len(live)), *counts])


def _unrealised(live: Sequence[Position], services: Services) -> str:
    total = add_up(value(position, services.prices, services.fee) for position in live)
    text = texts.money(total.pnl_quote)
    if total.return_ratio is not None:
        text += f" ({texts.percent(total.return_ratio)})"
    return f"{text}, {total.unpriced} without a price" if total.unpriced else text


def _realised(ended: Sequence[Position]) -> str:
    pnl = sum((position.pnl_quote or NO_MONEY for position in ended), start=NO_MONEY)
    return f"{texts.money(pnl)} realised, {len(ended)} closed"


def _waiting(backlog: Mapping[Destination, int]) -> str:
    waiting = {destination: number for destination, number in sorted(backlog.items()) if number}
    if not waiting:
        return "nothing waits"
    return texts.listing((f"{number} to {destination}" for destination, number in waiting.items()), limit=4)


COMMAND = Command(
    name="status",
    summary="Mode, pauses, next wave, positions, result of today",
    run=run,
    role=Role.VIEWER,
)
