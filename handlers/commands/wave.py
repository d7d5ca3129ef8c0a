"""`/wave`: one wave from received to executed, with every signal; reasons in sentences belong to `/why`."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.domain.people import Role
from core.domain.replies import Align, Button, Column, Reply, Table
from core.domain.signals import Signal
from core.domain.verdicts import VerdictRecord
from core.domain.waves import WaveResult
from handlers import labels, texts
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import last_wave_line
from handlers.services import Services
from handlers.time_arguments import find_wave
from handlers.verdict_texts import VERDICTS, counted, tally
from handlers.wave_words.held_back import held_back

MOST_ROWS = 30


async def run(request: Request) -> Answer:
    """Answer with the funnel of a wave (the last one unless said), its verdicts and signals."""
    services = request.services
    now = services.clock.now()
    word = " ".join(request.arguments) or "last"
    wave_at = None if word.lower() == "last" else find_wave(word, now)
    if wave_at is None and word.lower() != "last":
        raise UsageError(f"{texts.quoted(word)} is no wave; write last, 10:15 or 2026-11-20T10:15 (UTC).")
    async with services.units.reading() as unit:
        if wave_at is None:
            wave_at = next((wave.wave_at for wave in await unit.waves.recent(1)), None)
        wave = await unit.waves.get(wave_at) if wave_at else None
        if wave is None:
            lines = [f"Wave {texts.time(wave_at, now)} was never seen."] if wave_at else []
            lines.append(await last_wave_line(unit, now))
            return Answer(reply=Reply(banner=texts.banner(services.mode), lines=tuple(lines)))
        signals = await unit.signals.of_wave(wave.wave_at)
        verdicts = await unit.verdicts.of_wave(wave.wave_at)
        results = await unit.waves.results(wave.wave_at)
    key = texts.wave_key(wave.wave_at)
    reply = Reply(
        title=f"Wave {texts.time(wave.wave_at, now)}, {labels.WAVE_STATES[wave.state]}",
        banner=texts.banner(services.mode),
        lines=(
            *_funnels(results, verdicts, services),
            *_unplaced(results, signals, verdicts, services),
            *held_back(verdicts, services.exchanges, now),
        ),
        table=_table(signals, verdicts, services),
        footer=f"and {len(signals) - MOST_ROWS} more" if len(signals) > MOST_ROWS else "",
        buttons=((Button(label="Why", command=f"/why {key}"), Button(label="Waves", command="/waves")),),
    )
    return Answer(reply=reply)


def _funnels(results: Sequence[WaveResult], verdicts: Sequence[VerdictRecord], services: Services) -> list[str]:
    """Return two lines an exchange: the funnel, and what became of the signals."""
    ids = {ref.name: ref.id for ref in services.exchanges}
    lines = []
    for result in results:
        title = labels.title_of(result.exchange, services.exchanges)
        source = labels.PARAM_SOURCES[result.params_source]
        lines.append(f"{title}: {labels.funnel(result)}; params: {source}; {texts.span(result.duration)}.")
        counts = _counts([record for record in verdicts if record.exchange_id == ids.get(result.exchange)])
        if counts:
            lines.append(f"{title}: {counts}.")
    return lines


def _unplaced(
    results: Sequence[WaveResult], signals: Sequence[Signal], verdicts: Sequence[VerdictRecord], services: Services
) -> list[str]:
    """Return a line for every exchange that sent signals but has no funnel (yet)."""
    done = {ref.id for ref in services.exchanges if ref.name in {result.exchange for result in results}}
    lines = []
    for exchange_id, number in sorted(Counter(signal.exchange_id for signal in signals).items()):
        if exchange_id not in done:
            counts = _counts([record for record in verdicts if record.exchange_id == exchange_id])
            title = labels.title_of_id(exchange_id, services.exchanges)
            lines.append(f"{title}: {number} received" + (f"; {counts}." if counts else "; no verdict yet."))
    return lines


def _counts(verdicts: Sequence[VerdictRecord]) -> str:
    return counted(tally(verdicts))


def _table(signals: Sequence[Signal], verdicts: Sequence[VerdictRecord], services: Services) -> Table | None:
    if not signals:
        return None
    by_signal: Mapping[tuple[int, str], VerdictRecord] = {(v.exchange_id, v.signal_id): v for v in verdicts}
    rows = []
    for signal in sorted(signals, key=lambda signal: (signal.exchange_id, signal.rank))[:MOST_ROWS]:
        record = by_signal.get(signal.key)
        mark = labels.exchange_mark(labels.title_of_id(signal.exchange_id, services.exchanges))
        label = VERDICTS[record.verdict] if record else "none yet"
        rows.append((mark, labels.coin(signal.symbol), labels.side_mark(signal.side), texts.score(signal.score), label))
    columns = (
        Column(title="Ex"),
        Column(title="Coin"),
        Column(title=""),
        Column(title="Score", align=Align.RIGHT),
        Column(title="Verdict"),
    )
    return Table(columns=columns, rows=tuple(rows))


COMMAND = Command(
    name="wave",
    summary="One wave from received to executed",
    run=run,
    role=Role.VIEWER,
    usage="[time|last]",
    examples=("/wave last", "/wave 10:15", "/wave 2026-11-20T10:15"),
)
