"""A wave that waits for people: they strike out, skip or say go on either platform, and otherwise the default holds."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.fakes.slack_workspace import SlackMessage
from tests.fakes.telegram_chats import Shown
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SETTLED,
    SLACK_VIEWER,
    TEAM,
    ask,
    open_symbols,
    press,
    press_slack,
    restart,
    rows,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import CHANNEL, GROUP, SLACK_OPERATOR, VIEWER, World

WINDOW = TEAM.replace("delay_s: 0 }", "delay_s: 0, veto_window_s: 30 }")
WINDOW_OR_NOTHING = TEAM.replace("delay_s: 0 }", "delay_s: 0, veto_window_s: 30, veto_default: skip }")
LENGTH = timedelta(seconds=30)
COINS = ("SOLUSDT", "ADAUSDT", "XRPUSDT", "DOGEUSDT")


async def line_up(world: World) -> tuple[Shown, SlackMessage]:
    """Let a wave come in, and return its two cards once they ask for a veto."""
    await world.publish(*COINS)
    on_telegram = await world.telegram.wait_for(
        lambda: [m for m in world.telegram.messages(GROUP) if "veto until" in m.text], PATIENCE_S
    )
    on_slack = await world.slack.wait_for(
        lambda: [m for m in world.slack.messages(CHANNEL) if "veto until" in m.words], PATIENCE_S
    )
    return on_telegram[0], on_slack[0]


def verdicts(world: World) -> dict[str, str]:
    """Return what became of each symbol."""
    return dict(rows(world, "SELECT symbol, verdict FROM verdicts"))


async def until(world: World, look: Callable[[], object]) -> None:
    """Wait until `look` finds something."""
    await world.telegram.wait_for(look, PATIENCE_S)


def left_s(words: str) -> int:
    """Return the seconds that a card says are left."""
    found = re.search(r"(\d+) s left", words)
    assert found is not None, words
    return int(found[1])


def test_what_one_person_strikes_out_on_slack_is_not_traded_and_both_cards_say_so(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        on_telegram, on_slack = await line_up(world)
        for words in (on_telegram.text, on_slack.words):
            assert "veto until 10:00:30 UTC" in words
            assert "About to be opened: SOL BUY, ADA BUY, XRP BUY." in words
            assert "In reserve: DOGE BUY." in words
            assert "s left" in words
            assert "then it is traded as it stands" in words
        assert list(on_slack.buttons) == ["Go now", "Skip wave", "Drop SOL", "Drop ADA", "Drop XRP", "Drop DOGE"]

        refused = await press_slack(world, SLACK_VIEWER, on_slack, "Drop ADA")
        assert "needs the role operator" in refused.words
        assert open_symbols(world) == []

        await world.slack.press(SLACK_OPERATOR, on_slack, "Drop SOL")
        await until(world, lambda: verdicts(world) == {"SOLUSDT": "vetoed"})
        await until(world, lambda: "Struck out" in on_telegram.text and "Struck out" in on_slack.words)
        for words, buttons in ((on_telegram.text, str(on_telegram.buttons)), (on_slack.words, str(on_slack.buttons))):
            assert "About to be opened: ADA BUY, XRP BUY, DOGE BUY." in words
            assert "Struck out: SOL." in words
            assert "Drop SOL" not in buttons
        assert open_symbols(world) == []

        await world.clock.sleep(LENGTH + SETTLED)
        assert open_symbols(world) == ["ADAUSDT", "XRPUSDT", "DOGEUSDT"]
        for words in (on_telegram.text, on_slack.words):
            assert "3/3 opened" in words
            assert "1 vetoed" in words
        assert "was not traded: u0001 vetoed it" in (await ask(world, VIEWER, "/why SOL")).text

    play(tmp_path, scene, config=WINDOW)


def test_both_cards_count_down(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        on_telegram, on_slack = await line_up(world)
        assert left_s(on_telegram.text) > 20
        assert left_s(on_slack.words) > 20
        for most_s in (20, 10):
            await world.clock.sleep(timedelta(seconds=10))
            assert left_s(on_telegram.text) <= most_s
            assert left_s(on_slack.words) <= most_s

    play(tmp_path, scene, config=WINDOW)


def test_go_now_ends_the_wait(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        on_telegram, on_slack = await line_up(world)
        old, began_at = replace(on_telegram), world.clock.now()
        world.telegram.press(OPERATOR, on_telegram, "Go now")
        await until(world, lambda: len(open_symbols(world)) == 3)
        assert world.clock.now() - began_at < timedelta(seconds=5)
        await until(world, lambda: "3/3 opened" in on_telegram.text and "3/3 opened" in on_slack.words)
        await until(world, lambda: any("traded now" in m.text for m in world.telegram.messages(GROUP)))
        late = (await press(world, OPERATOR, old, "Drop SOL")).text
        assert "is over" in late
        assert "SOL was bought" in late
        assert open_symbols(world) == ["SOLUSDT", "ADAUSDT", "XRPUSDT"]

    play(tmp_path, scene, config=WINDOW)


def test_a_skipped_wave_opens_nothing(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        on_telegram, on_slack = await line_up(world)
        await world.slack.press(SLACK_OPERATOR, on_slack, "Skip wave")
        await until(world, lambda: len(verdicts(world)) == len(COINS))
        assert set(verdicts(world).values()) == {"vetoed"}
        await world.clock.sleep(LENGTH + SETTLED)
        assert open_symbols(world) == []
        assert "4 vetoed" in on_telegram.text
        assert not any("Drop" in label for row in on_telegram.buttons for label, _ in row)
        assert "u0001 vetoed what was left of its wave" in (await ask(world, VIEWER, "/why DOGE")).text

    play(tmp_path, scene, config=WINDOW)


def test_silence_trades_the_wave_or_leaves_it_out_as_configured(tmp_path: Path) -> None:
    async def scene(world: World) -> tuple[list[str], str, str]:
        on_telegram, _ = await line_up(world)
        waiting = on_telegram.text
        await world.clock.sleep(LENGTH + SETTLED)
        return open_symbols(world), waiting, (await ask(world, VIEWER, "/why SOL")).text

    for folder in ("trade", "skip"):
        (tmp_path / folder).mkdir()
    symbols, waiting, why = play(tmp_path / "trade", scene, config=WINDOW)
    assert symbols == ["SOLUSDT", "ADAUSDT", "XRPUSDT"]
    assert "then it is traded as it stands" in waiting
    assert "was bought" in why
    symbols, waiting, why = play(tmp_path / "skip", scene, config=WINDOW_OR_NOTHING)
    assert symbols == []
    assert "left out, unless somebody says go" in waiting
    assert "waited for a person's word, and nobody said go" in why


def test_a_veto_outlives_the_process_that_heard_it(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        _, on_slack = await line_up(world)
        await world.slack.press(SLACK_OPERATOR, on_slack, "Drop SOL")
        await until(world, lambda: "SOLUSDT" in verdicts(world))
        await restart(world)
        await world.clock.sleep(LENGTH + SETTLED)
        assert "SOLUSDT" not in open_symbols(world)
        assert verdicts(world)["SOLUSDT"] == "vetoed"
        assert "u0001 vetoed it" in (await ask(world, VIEWER, "/why SOL")).text

    play(tmp_path, scene, config=WINDOW)
