"""The card of a wave: what was received, what was opened, and why the others were not."""

from collections.abc import Sequence

from core.domain.delivery import Alert
from core.domain.events import WaveFinished
from core.domain.replies import Button, Reply, Tone
from core.domain.verdicts import Verdict
from handlers import labels, texts
from handlers.verdict_texts import counted

EVENT = WaveFinished
MOST_SYMBOLS = 10


def render(event: WaveFinished, alert: Alert) -> Reply:
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
        title=f"Wave {texts.time(result.wave_at, alert.created_at)}: {result.executed}/{result.target} opened",
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
        pairs = (f"{labels.coin(symbol)} {side}" for symbol, side in event.executed)
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
    return f"mostly {counted(counts[:1])}"


def _others(event: WaveFinished) -> Sequence[str]:
    """Return the line about signals that were not executed; none when the reason has said it all."""
    counts = _others_counts(event)
    has_said = not event.executed and not event.note and len(counts) == 1
    if not counts or has_said:
        return ()
    return (f"{'The others' if event.executed else 'Verdicts'}: {counted(counts)}.",)


def _others_counts(event: WaveFinished) -> list[tuple[Verdict, int]]:
    known = {verdict.value: verdict for verdict in Verdict}
    pairs = ((known.get(name), number) for name, number in event.verdicts)
    return [(verdict, number) for verdict, number in pairs if verdict and verdict is not Verdict.EXECUTED]
