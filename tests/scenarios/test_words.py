"""Words as people type them: misspelt, incomplete, with periods and times; the same help on both platforms."""

import re
from datetime import timedelta
from pathlib import Path

from tests.scenarios.talk import (
    OPERATOR,
    SLACK_VIEWER,
    TEAM,
    ask,
    ask_slack,
    audited,
    opened,
    press,
    press_slack,
    rows,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import SLACK_OPERATOR, VIEWER, World

WRONG = {
    "postions": ("There is no command /postions", "did you mean /positions?"),
    "why SLO": ("No signal of SLOUSDT", "Did you mean SOLUSDT?"),
    "position SLO": ("did you mean SOLUSDT?", "Usage: /position [id|SYMBOL]", "Example: /position SOL"),
    "close SOL 150": ("150", "Usage: /close <id|SYMBOL> [percent]", "Example: /close 12"),
    "export 3y": ("“3y” is no period", "24h, 7d", "Usage: /export", "Example: /export outcomes 7d"),
    "export outcoms": ("did you mean outcomes?", "Example: /export outcomes 7d"),
    "params binanse": ("one of binance, bybit", "Usage: /params"),
    "mute stop_moved for ever": ("for 1h", "Example: /mute stop_moved for 1h"),
    "wave 25:00": ("“25:00” is no time", "Example: /wave last"),
    "outcomes 2026-03-02..2026-02-01": ("Usage: /outcomes", "Example: /outcomes 7d SOL"),
}
"""Words that are wrong, and what they are answered."""

PERIODS = {
    "outcomes": "last 24h",
    "outcomes 7d": "last 7d",
    "outcomes 90m": "last 90m",
    "outcomes 2026-03-01..2026-03-02": "2026-03-01",
    "outcomes 2026-03-02 SOL": "2026-03-02",
    "outcomes 7d sol binance 5": "SOLUSDT",
}
"""Periods, and how the answer repeats them."""


def test_wrong_words_are_told_how_it_is_meant(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        for words, told in WRONG.items():
            on_telegram = (await ask(world, OPERATOR, f"/{words}")).text
            on_slack = await ask_slack(world, SLACK_OPERATOR, words)
            assert on_slack.only_for == (None if words.startswith("why") else SLACK_OPERATOR)
            for each in told:
                assert each in on_telegram
                there = re.sub(r"(?<!\S)/", "/wave ", each)
                assert there in on_slack.words.replace("&lt;", "<").replace("&gt;", ">")
            await world.clock.sleep(timedelta(seconds=5))

    play(tmp_path, scene, config=TEAM)


def test_help_is_a_press_away(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        unknown = await ask(world, VIEWER, "/postions")
        assert "/positions" in (await press(world, VIEWER, unknown, "Help")).text
        unknown_there = await ask_slack(world, SLACK_VIEWER, "postions")
        assert "/wave positions" in (await press_slack(world, SLACK_VIEWER, unknown_there, "Help")).words

    play(tmp_path, scene, config=TEAM)


def test_periods_are_understood_and_repeated(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        await press(world, OPERATOR, await ask(world, OPERATOR, "/close SOL"), "Confirm")
        for words, told in PERIODS.items():
            answer = (await ask(world, VIEWER, f"/{words}")).text
            assert told in answer, answer
            assert "SOL" in answer
            await world.clock.sleep(timedelta(seconds=5))

    play(tmp_path, scene, config=TEAM)


def test_plain_words_act_only_where_they_are_meant_for_the_bot(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        assert "No position is open" in (await ask(world, VIEWER, "positions")).text
        assert "I answer commands" in (await ask(world, VIEWER, "how are we doing")).text
        assert "needs the role operator" in (await ask(world, VIEWER, "STOP")).text
        stopped = await ask(world, OPERATOR, "STOP everything")
        assert "Entries are paused" in stopped.text
        (pause,) = rows(world, "SELECT scope, reason FROM pauses")
        assert pause[0] == "all"
        assert [row[2] for row in audited(world)] == ["answered", "unknown_command", "refused", "answered"]

    play(tmp_path, scene, config=TEAM)
