"""The card of a wave on one exchange, from received to done; what is done with the wave is decided elsewhere."""

from collections.abc import Sequence
from datetime import datetime

from core.domain import cards
from core.domain.cards import Card
from core.domain.delivery import Alert
from core.domain.events import WaveFinished
from core.domain.replies import Button, Reply, Tone
from core.domain.verdicts import Verdict
from core.domain.waves import WaveProgress, WaveStage, WaveState
from handlers import labels, texts
from handlers.card_sources import CardSources
from handlers.wave_words import phrases, presses
from handlers.wave_words.finished import finished
from handlers.wave_words.outcomes import WaveOutcome, read_outcome
from handlers.wave_words.waiting import waiting

KIND = cards.WAVE


async def render(card: Card, alert: Alert | None, sources: CardSources) -> Reply | None:
    """Return how far the exchange is with the wave; how it ended once it is done."""
    now = sources.clock.now()
    if alert is not None and isinstance(alert.event, WaveFinished):
        return finished(alert.event, now)
    outcome = await read_outcome(sources.units, card.wave_at, card.exchange, sources.exchange_id(card.exchange))
    if outcome is None:
        return None
    event = outcome.event()
    return _unfinished(outcome, sources, now) if event is None else finished(event, now)


def _unfinished(outcome: WaveOutcome, sources: CardSources, now: datetime) -> Reply:
    if outcome.state not in {WaveState.COLLECTING, WaveState.EXECUTING}:
        return _ended(outcome, now)
    progress = sources.progress_of(outcome.wave_at, outcome.exchange)
    if progress is None or progress.stage is WaveStage.RECEIVED:
        return _received(outcome, now)
    if progress.stage is WaveStage.WAITING and progress.veto_until_at is not None:
        return waiting(progress, progress.veto_until_at, now)
    return _executing(progress, outcome.opened, now)


def _received(outcome: WaveOutcome, now: datetime) -> Reply:
    received = texts.count(len(outcome.signals), "signal")
    return Reply(
        title=f"{phrases.name(outcome.wave_at, now)}: {received} received",
        lines=("Params and candidates are being looked at.",),
    )


def _executing(progress: WaveProgress, opened: Sequence[tuple[str, str]], now: datetime) -> Reply:
    """Return how many are open by now, and who may still come; `opened` is what is on record."""
    skip = presses.skip(progress, label="Skip the rest")
    positions = Button(label="Positions", command="/positions")
    return Reply(
        title=f"{phrases.name(progress.wave_at, now)}: executing {len(opened)}/{progress.target}",
        lines=(
            phrases.funnel(progress),
            *phrases.if_any("Opened", opened),
            *phrases.if_any("Still in line", progress.candidates),
            *phrases.struck_out(progress),
        ),
        buttons=((skip, positions) if progress.candidates else (positions,),),
    )


def _ended(outcome: WaveOutcome, now: datetime) -> Reply:
    """Return that the wave ended without being finished on this exchange: cut off, or never traded."""
    key = texts.wave_key(outcome.wave_at)
    is_cut_off = outcome.state is WaveState.INTERRUPTED
    opened = texts.count(len(outcome.opened), "position")
    counts = outcome.counts(leave_out=Verdict.EXECUTED)
    state = "interrupted" if is_cut_off else labels.WAVE_STATES[outcome.state]
    return Reply(
        title=f"{phrases.name(outcome.wave_at, now)} was {state}",
        tone=Tone.WARNING if is_cut_off else Tone.PLAIN,
        lines=(
            *([f"It was cut off in the middle: {opened} opened, the rest is not continued."] if is_cut_off else []),
            *phrases.if_any("Opened", outcome.opened),
            *([f"{'The others' if outcome.opened else 'Signals'}: {counts}."] if counts else []),
        ),
        buttons=(
            (
                Button(label="Signals", command=f"/wave {key}"),
                Button(label="Why", command=f"/why {key}"),
                Button(label="Positions", command="/positions"),
            ),
        ),
    )
