"""How a wave ended on one exchange, as its alert and its card say it; waves that are under way belong to the card."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.events import WaveFinished
from core.domain.replies import Button, Reply, Tone
from core.domain.verdicts import Verdict
from handlers import labels, texts
from handlers.verdict_texts import counted

MOST_SYMBOLS = 10


def finished(event: WaveFinished, now: datetime) -> Reply:
    """Return the funnel in a line, what was opened or why nothing was, and what became of the rest."""
    result = event.result
    key = texts.wave_key(result.wave_at)
    lines = (
        f"{labels.funnel(result)}.",
        _opened(event),
        *_others(event),
        f"Params: {labels.PARAM_SOURCES[result.params_source]}. Took {texts.span(result.duration)}.",
    )
    return Reply(
        title=f"Wave {texts.time(result.wave_at, now)}: {result.executed}/{result.target} opened",
        tone=Tone.GOOD if result.executed else Tone.PLAIN,
        lines=lines,
        buttons=(
            (
                Button(label="Signals", command=f"/wave {key}"),
                Button(label="Why", command=f"/why {key}"),
                Button(label="Positions", command="/positions"),
            ),
        ),
    )


def _opened(event: WaveFinished) -> str:
    if event.executed:
        pairs = (f"{labels.base(symbol)} {side}" for symbol, side in event.executed)
        return f"Opened: {texts.listing(pairs, limit=MOST_SYMBOLS)}."
    if event.result.executed:
        return "Opened, but not confirmed by the venue yet."
    return f"Nothing traded: {(labels.named(event.note) or _reason(event)).rstrip('.')}."


def _reason(event: WaveFinished) -> str:
    """Return in a few words why nothing traded, from the verdicts."""
    counts = _others_counts(event)
    if not event.result.received or not counts:
        return "no signal could be used"
    if len(counts) == 1:
        verdict, number = counts[0]
        return counted([(verdict, number)]) if number == 1 else f"all {counted([(verdict, number)])}"
    return f"mostly {counted(counts[:1])}" if _has_majority(counts) else counted(counts)


def _has_majority(counts: Sequence[tuple[Verdict, int]]) -> bool:
    return 2 * counts[0][1] > sum(number for _, number in counts)


def _others(event: WaveFinished) -> Sequence[str]:
    """Return the line about signals that were not executed; none when the reason has said it all."""
    counts = _others_counts(event)
    has_said = not event.result.executed and not event.executed and not event.note
    if not counts or (has_said and (len(counts) == 1 or not _has_majority(counts))):
        return ()
    return (f"{'The others' if event.executed else 'Verdicts'}: {counted(counts)}.",)


def _others_counts(event: WaveFinished) -> list[tuple[Verdict, int]]:
    known = {verdict.value: verdict for verdict in Verdict}
    pairs = ((known.get(name), number) for name, number in event.verdicts)
    return [(verdict, number) for verdict, number in pairs if verdict and verdict is not Verdict.EXECUTED]
