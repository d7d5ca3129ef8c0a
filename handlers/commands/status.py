"""`/status`: where everything stands, on one screen; details belong to the other commands."""

from collections.abc import Sequence
from datetime import datetime, time

from core.domain.money import NO_MONEY
from core.domain.pauses import Pause
from core.domain.people import Role
from core.domain.positions import Position
from core.domain.replies import Button, Field, Reply, Tone
from handlers import summaries, texts
from handlers.invocation import Answer, Command, Request
from handlers.mode_state import find_unreleased
from handlers.pause_state import active_pauses, pause_lines
from handlers.services import HealthItem

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
    traffic = await services.traffic()
    is_unreleased = await find_unreleased(services)
    faults = [item.name for item in health if not item.is_ok]
    faults += [str(each.destination) for each in traffic if summaries.is_failing(each)]
    fields = (
        Field(name="Mode", value=texts.banner(services.mode)),
        Field(name="Entries", value=summaries.entries(pauses, services, is_unreleased=is_unreleased)),
        *_feed(health),
        Field(name="Next wave", value=summaries.next_wave(services, now)),
        Field(name="Open", value=summaries.open_positions(live, services)),
        Field(name="Unrealised", value=summaries.unrealised(live, services)),
        Field(name="Today", value=_realised(today)),
        Field(name="To deliver", value=summaries.deliveries(traffic, now)),
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


def _feed(health: Sequence[HealthItem]) -> list[Field]:
    """Return what the feed says of itself; nothing if there is no such part."""
    return [
        Field(name="Feed", value=f"{'ok' if item.is_ok else 'LOST'}{f', {item.detail}' if item.detail else ''}")
        for item in health
        if item.name in _FEED_NAMES
    ]


def _realised(ended: Sequence[Position]) -> str:
    pnl = sum((position.pnl_quote or NO_MONEY for position in ended), start=NO_MONEY)
    return f"{texts.money(pnl)} realised, {len(ended)} closed"


COMMAND = Command(
    name="status",
    summary="Mode, pauses, next wave, positions, result of today",
    run=run,
    role=Role.VIEWER,
)
