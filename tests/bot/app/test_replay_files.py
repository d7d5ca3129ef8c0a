"""The files of a replay: written whole, the same every time, and no other file touched."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app.replay_files import MESSAGES, MessageFile, prepare_folder, write_results
from core.domain.delivery import Destination, Loudness
from core.domain.errors import ConfigurationError
from core.domain.positions import ExitReason, Position, PositionState
from core.domain.replies import Reply
from core.insight.replay_report import ReplayFacts
from tests.builders import at, make_position, make_verdict, money, price, quantity
from tests.fakes.clock import FakeClock


def closed(number: int, pnl: str, minutes: int) -> Position:
    return make_position(
        id=number,
        state=PositionState.CLOSED,
        exit_price=price(100),
        exit_quantity=quantity(1),
        exit_reason=ExitReason.STOP_LOSS,
        pnl_quote=money(pnl),
        closed_at=at(minutes),
    )


def facts_of(*positions: Position) -> ReplayFacts:
    balances = {"binance": Decimal(10_000)}
    return ReplayFacts(
        results=[], verdicts=[make_verdict()], positions=positions, changes=[], balances=balances, signals=3
    )


@pytest.mark.parametrize(
    ("positions", "summary"),
    [
        ((), "3 signals, 1 verdicts; 0 positions opened, 0 closed, +0.00 USDT; see "),
        ((make_position(),), "3 signals, 1 verdicts; 1 positions opened, 0 closed, +0.00 USDT; see "),
        (
            (closed(1, "10.5", 30), closed(2, "-12.25", 10), make_position(id=3)),
            "3 signals, 1 verdicts; 3 positions opened, 2 closed, -1.75 USDT; see ",
        ),
    ],
    ids=["nothing", "open", "closed"],
)
def test_report_and_picture_are_there_and_always_the_same(
    tmp_path: Path, positions: tuple[Position, ...], summary: str
) -> None:
    seen = set()
    for name in ("one", "two"):
        out = tmp_path / name
        prepare_folder(out)
        assert write_results(out, facts_of(*positions)) == f"{summary}{out / 'report.json'}"
        assert {path.name for path in out.iterdir()} == {"report.json", "equity.png"}
        seen.add(((out / "report.json").read_bytes(), (out / "equity.png").read_bytes()))
    ((report, picture),) = seen
    assert picture.startswith(b"\x89PNG")
    assert report.endswith(b"}\n")
    assert json.loads(report)["totals"]["positions_opened"] == len(positions)


async def test_a_message_is_one_line_with_what_a_person_would_read(tmp_path: Path) -> None:
    messages = MessageFile(tmp_path / MESSAGES, FakeClock())
    to = Destination(platform="replay", address=MESSAGES)
    first = Reply(title="Größe", lines=("one\ntwo", 'says "so"'), alert_id=7)
    assert await messages.send(to, first, Loudness.SILENT) == f"replay:{MESSAGES}#7"
    await messages.send(to, Reply(title="next", alert_id=8), Loudness.NORMAL)
    messages.close()
    text = (tmp_path / MESSAGES).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["at"], line["alert"], line["loudness"]) for line in lines] == [
        ("2025-10-26T12:00:00+00:00", 7, "silent"),
        ("2025-10-26T12:00:00+00:00", 8, "normal"),
    ]
    assert lines[0]["text"] == 'Größe (alert 7)\none two\nsays "so"'
    assert "Größe" in text


def test_results_of_an_earlier_replay_give_way_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    prepare_folder(out)
    ours = ["wavehelm.db", "wavehelm.db-wal", "wavehelm.db-shm", MESSAGES, "report.json", "equity.png"]
    for name in [*ours, "notes.txt", "wavehelm.db.bak"]:
        (out / name).write_text("old")
    prepare_folder(out)
    assert {path.name for path in out.iterdir()} == {"notes.txt", "wavehelm.db.bak"}


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"--out .*file/out cannot be written"):
        prepare_folder(tmp_path / "file" / "out")
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        prepare_folder(tmp_path)
