"""Choices where an argument is missing, and files as files, on both platforms."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.fakes.slack_workspace import SlackMessage
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SLACK_VIEWER,
    TEAM,
    ask,
    ask_slack,
    new_on_slack,
    open_symbols,
    opened,
    press,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import ADMIN, CHANNEL, SLACK_OPERATOR, VIEWER, World

PICKED = {
    "position": ("Which position?", "#1 SOLUSDT LONG · Binance", "Entry"),
    "close": ("Which position is to be closed?", "#1 SOLUSDT LONG · Binance", "Close SOLUSDT long #1 at market?"),
    "why": ("Why what?", "SOLUSDT", "was bought"),
    "export": ("What should be in the file (last 7d)?", "Signals", "6 signals"),
    "mute": ("Which kind is to be muted here for an hour?", "started", "started"),
    "stoplist add": ("Which symbol is not to be traded?", "ADAUSDT", "No new position in ADAUSDT"),
}
"""A command without its argument: what is asked, a choice, and what comes of it."""

LONG_CHOICES = {"why", "stoplist add"}
"""More than a row of buttons: those are selects on Slack."""

COINS = ("SOLUSDT", "ADAUSDT", "XRPUSDT", "DOGEUSDT", "ETHUSDT", "BTCUSDT")


def test_a_missing_argument_is_picked_on_telegram(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, *COINS, count=3)
        for words, (prompt, label, result) in PICKED.items():
            picker = await ask(world, OPERATOR, f"/{words}")
            assert prompt in picker.text
            assert all(len(row) <= 2 for row in picker.buttons)
            answer = await press(world, OPERATOR, picker, label)
            assert result in answer.text, words
            await world.clock.sleep(timedelta(seconds=5))

    play(tmp_path, scene, config=TEAM)


def test_a_missing_argument_is_picked_on_slack(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, *COINS, count=3)
        for words, (prompt, label, result) in PICKED.items():
            picker = await ask_slack(world, SLACK_OPERATOR, words)
            controls = [e for b in picker.blocks if b["type"] == "actions" for e in b["elements"]]
            assert {control["type"] for control in controls} == {"static_select" if picker.choices else "button"}
            assert bool(picker.choices) == (words in LONG_CHOICES)
            assert prompt in picker.words
            answer = await pick(world, picker, label)
            files = "".join(file.comment for file in world.slack.workspace.files.shown(CHANNEL))
            assert result in f"{answer}{files}", words
            await world.clock.sleep(timedelta(seconds=5))

    play(tmp_path, scene, config=TEAM)


async def pick(world: World, picker: SlackMessage, label: str) -> str:
    """Let the operator choose, and return what is answered in words, or in those that come with a file."""
    known = list(world.slack.workspace.messages)
    use = world.slack.pick if picker.choices else world.slack.press
    await use(SLACK_OPERATOR, picker, label)
    if label == "Signals":
        await world.slack.wait_for(lambda: world.slack.workspace.files.shown(CHANNEL), PATIENCE_S)
        return ""
    return (await new_on_slack(world, known, SLACK_OPERATOR, CHANNEL)).words


def test_a_picked_position_is_closed_after_a_confirmation(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT", "ADAUSDT")
        question = await press(world, OPERATOR, await ask(world, OPERATOR, "/close"), "#2 ADAUSDT LONG · Binance")
        assert "closed at" in (await press(world, OPERATOR, question, "Confirm")).text
        assert open_symbols(world) == ["SOLUSDT"]

    play(tmp_path, scene, config=TEAM)


def test_exports_are_files_that_a_spreadsheet_reads(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT", "ADAUSDT")
        question = await ask(world, OPERATOR, "/close SOL")
        await press(world, OPERATOR, question, "Confirm")

        on_telegram = await ask(world, VIEWER, "/export positions 24h")
        assert on_telegram.file is not None
        name, content = on_telegram.file
        assert name.endswith(".csv")
        symbols = [(row["symbol"], row["state"]) for row in table(content)]
        assert symbols == [("SOLUSDT", "closed"), ("ADAUSDT", "open")]
        assert "2 positions, last 24h" in on_telegram.text

        await world.slack.command(SLACK_VIEWER, CHANNEL, "/wave", "export outcomes 24h")
        (on_slack,) = await world.slack.wait_for(lambda: world.slack.workspace.files.shown(CHANNEL), PATIENCE_S)
        assert on_slack.name.endswith(".csv")
        (row,) = table(on_slack.content or b"")
        assert (row["symbol"], row["exit_reason"]) == ("SOLUSDT", "closed_by_person")
        assert "1 closed position, last 24h" in on_slack.comment

        day = await ask(world, VIEWER, "/export signals 2026-03-02..2026-03-02")
        assert day.file is not None
        assert [row["symbol"] for row in table(day.file[1])] == ["SOLUSDT", "ADAUSDT"]
        assert (await ask(world, VIEWER, "/export signals 2026-02-01..2026-02-07")).file is None

        assert "needs the role admin" in (await ask(world, VIEWER, "/export audit")).text
        audit = await ask(world, ADMIN, "/export audit 24h")
        assert audit.file is not None
        said = [(row["words"], row["outcome"]) for row in table(audit.file[1])]
        assert said[0] == ("/close SOL", "asked")
        assert said[-1] == ("/export audit", "refused")

    play(tmp_path, scene, config=TEAM)


def table(content: bytes) -> Sequence[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
