"""Slack beyond its channels: the control panel in App Home, shortcuts, errors for one person, the manifest."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import yaml
from typer.testing import CliRunner

from bot.app.process import ProcessOptions
from bot.cli.entry import app
from bot.exchanges.paper.faults import PaperFaults
from tests.fakes.slack_blocks import buttons_of, texts_of
from tests.fakes.slack_manifest import find_faults
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SLACK_ADMIN,
    SLACK_VIEWER,
    TEAM,
    ask,
    ask_slack,
    audited,
    open_symbols,
    opened,
    press_slack,
    rows,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import CHANNEL, GROUP, SLACK_OPERATOR, SLACK_STRANGER, World

ACTING = {"Pause all", "Resume", "Close all"}


def panel(world: World, person: str) -> str:
    """Return what stands in the Home tab of `person`."""
    return "\n".join(texts_of(world.slack.workspace.views[person]["blocks"]))


def presses(world: World, person: str) -> set[str]:
    """Return the labels of the buttons there."""
    return {str(button["text"]["text"]) for button in buttons_of(world.slack.workspace.views[person]["blocks"])}


async def open_home(world: World, person: str) -> None:
    """Open the tab and wait until it is there."""
    await world.slack.open_home(person)
    await world.slack.wait_for(lambda: person in world.slack.workspace.views, PATIENCE_S)


def test_an_opened_panel_follows_what_others_do(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        await open_home(world, SLACK_OPERATOR)
        shown = panel(world, SLACK_OPERATOR)
        for words in ("PAPER", "running", "1 Binance", "SOL", "nothing waits"):
            assert words in shown

        # Long enough for the next look to come at once, before the alert of the pause is out.
        await world.clock.sleep(timedelta(seconds=10))
        await ask(world, OPERATOR, "/pause all for 2h news", GROUP)
        await world.slack.wait_for(lambda: "paused: everything" in panel(world, SLACK_OPERATOR), PATIENCE_S)
        assert "by Person 1003" in panel(world, SLACK_OPERATOR)
        assert "(news)" in panel(world, SLACK_OPERATOR)
        assert "1 alert waiting" in panel(world, SLACK_OPERATOR)
        await world.slack.wait_for(lambda: "nothing waits" in panel(world, SLACK_OPERATOR), PATIENCE_S)

    play(tmp_path, scene, config=TEAM)


def test_buttons_of_the_panel_act_for_those_who_may(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        for person in (SLACK_VIEWER, SLACK_OPERATOR, SLACK_ADMIN, SLACK_STRANGER):
            await open_home(world, person)
        assert not ACTING & presses(world, SLACK_VIEWER)
        assert presses(world, SLACK_OPERATOR) >= ACTING
        assert presses(world, SLACK_ADMIN) - presses(world, SLACK_OPERATOR) >= {"Settings", "Audit"}
        assert "slack:U0666" in panel(world, SLACK_STRANGER)
        assert not presses(world, SLACK_STRANGER)

        await world.slack.press_home(SLACK_OPERATOR, "Pause all")
        await world.slack.wait_for(lambda: "paused: everything" in panel(world, SLACK_OPERATOR), PATIENCE_S)
        await world.slack.press_home(SLACK_OPERATOR, "Close all")
        room = world.slack.workspace.room(SLACK_OPERATOR)
        (question,) = await world.slack.wait_for(
            lambda: [m for m in world.slack.messages(room) if "Confirm" in m.buttons], PATIENCE_S
        )
        assert "Closed" in (await press_slack(world, SLACK_OPERATOR, question, "Confirm")).words
        assert open_symbols(world) == []

        # A viewer who kept the panel of better days.
        world.slack.workspace.views[SLACK_VIEWER] = world.slack.workspace.views[SLACK_OPERATOR]
        await world.slack.press_home(SLACK_VIEWER, "Resume")
        viewers = world.slack.workspace.room(SLACK_VIEWER)
        await world.slack.wait_for(
            lambda: any("needs the role operator" in m.words for m in world.slack.messages(viewers)), PATIENCE_S
        )
        assert [row[0] for row in rows(world, "SELECT scope FROM pauses WHERE ended_at IS NULL")] == ["all"]
        assert audited(world)[-1] == (SLACK_VIEWER, "/resume", "refused")

    play(tmp_path, scene, config=TEAM)


def _is_told(world: World, room: str, words: str) -> bool:
    return any(words in message.words for message in world.slack.messages(room))


def test_shortcuts_are_answered_in_private(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        room = world.slack.workspace.room(SLACK_OPERATOR)
        for name, told in (
            ("positions", "1 position open"),
            ("pause", "Entries are paused"),
            ("resume", "Entries run"),
        ):
            await world.slack.shortcut(SLACK_OPERATOR, name)
            await world.slack.wait_for(partial(_is_told, world, room, told), PATIENCE_S)
        assert [row[2] for row in audited(world)] == ["answered"] * 3

    play(tmp_path, scene, config=TEAM)


def test_errors_are_shown_to_the_one_who_made_them(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        for words in ("close", "positions"):
            assert (await ask_slack(world, SLACK_OPERATOR, words)).only_for is None
        for words in ("nonsense", "close NOPE", "grant U0009 viewer", "wave 25:00"):
            assert (await ask_slack(world, SLACK_OPERATOR, words)).only_for == SLACK_OPERATOR
            await world.clock.sleep(timedelta(seconds=2))
        assert (await ask_slack(world, SLACK_STRANGER, "positions")).only_for == SLACK_STRANGER

    play(tmp_path, scene, config=TEAM)


def test_slack_is_acknowledged_while_a_command_takes_its_time(tmp_path: Path) -> None:
    """The server lets the test fail for an acknowledgement that takes 3 s, of its own time or of ours."""
    faults = PaperFaults()

    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        question = await ask_slack(world, SLACK_OPERATOR, "close SOL")
        faults.lose_request("SOLUSDT", hangs=True)
        asked_at = world.clock.now()
        await world.slack.press(SLACK_OPERATOR, question, "Confirm")
        assert world.clock.now() - asked_at < timedelta(seconds=1)
        for _ in range(3):
            await world.slack.command(SLACK_VIEWER, CHANNEL, "/wave", "status")
            await world.clock.sleep(timedelta(seconds=1))
        assert not question.edits
        assert sum("Status" in m.words for m in world.slack.messages(CHANNEL)) == 3
        await world.slack.wait_for(lambda: question.edits, PATIENCE_S)
        assert world.clock.now() - asked_at >= timedelta(seconds=5)
        assert world.slack.slowest_ack_s < 3

    options = ProcessOptions(faults=faults, price_interval=timedelta(seconds=10))
    play(tmp_path, scene, config=TEAM, options=options)


def test_the_printed_manifest_is_one_that_slack_takes() -> None:

    printed = CliRunner().invoke(app, ["slack-manifest"])
    assert printed.exit_code == 0
    assert find_faults(yaml.safe_load(printed.stdout)) == []
