"""The files that a replay leaves: report.json, messages.jsonl, wavehelm.db, equity.png."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bot.charts.equity import draw_equity
from bot.platforms.terminal.format import to_plain
from core.domain.delivery import Destination, Loudness
from core.domain.errors import ConfigurationError
from core.domain.money import ZERO
from core.domain.replies import Reply
from core.insight.replay_report import ReplayFacts, build_report
from core.ports.edges import Clock

MESSAGES = "messages.jsonl"
_REPORT = "report.json"
_DATABASE = ("wavehelm.db", "wavehelm.db-wal", "wavehelm.db-shm")


class MessageFile:
    """Implements Messenger: one JSON line a message."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._clock = clock

    def ready_at(self, destination: Destination) -> datetime | None:
        """Return None: a file has no limits."""
        del destination
        return None

    async def send(self, destination: Destination, reply: Reply, loudness: Loudness, thread: str | None = None) -> str:
        """Write what a person would have been told, and when."""
        del thread
        line = {
            "at": self._clock.now().isoformat(),
            "alert": reply.alert_id,
            "loudness": loudness.value,
            "text": to_plain(reply),
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return f"{destination}#{reply.alert_id}"

    async def edit(self, destination: Destination, message_ref: str, reply: Reply) -> None:
        """Write `reply` as a message of its own: what a file holds stays."""
        await self.send(destination, reply, Loudness.SILENT, message_ref)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def prepare_folder(out: Path) -> None:
    """Make the folder of the results; those of an earlier replay give way, nothing else is touched.

    Raises:
        ConfigurationError: it cannot be made or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in (*_DATABASE, MESSAGES, _REPORT, "equity.png"):
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--out {out} cannot be written: {error}") from error


def write_results(out: Path, facts: ReplayFacts) -> str:
    """Write report and picture, and return a sentence on what came of the replay."""
    report = build_report(facts)
    (out / _REPORT).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    closed = sorted((p.closed_at, p.id, p.pnl_quote or ZERO) for p in facts.positions if p.closed_at is not None)
    points: list[tuple[datetime, Decimal]] = []
    total = ZERO
    for closed_at, _, pnl_quote in closed:
        total += pnl_quote
        points.append((closed_at, total))
    draw_equity(points, f"Replay: {len(closed)} positions closed, {total:+.2f} USDT", out / "equity.png")
    return (
        f"{facts.signals} signals, {len(facts.verdicts)} verdicts; {len(facts.positions)} positions opened, "
        f"{len(closed)} closed, {total:+.2f} USDT; see {out / _REPORT}"
    )
