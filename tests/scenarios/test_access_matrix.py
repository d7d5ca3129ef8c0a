"""Every command in every way that people can say it on Telegram and Slack, by everybody: rights hold for all of them.

Generated from the registry, through the real platforms; that the dispatcher judges right by itself is tested there.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.people import Role
from handlers.invocation import Command
from handlers.registry import build_registry
from tests.fakes.slack_workspace import SlackMessage
from tests.fakes.telegram_chats import Shown
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SLACK_ADMIN,
    SLACK_VIEWER,
    TEAM,
    ask,
    forged,
    open_symbols,
    opened,
    rows,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import ADMIN, CHANNEL, GROUP, SLACK_OPERATOR, SLACK_STRANGER, STRANGER, VIEWER, World

TELEGRAM = {STRANGER: Role.NOBODY, VIEWER: Role.VIEWER, OPERATOR: Role.OPERATOR, ADMIN: Role.ADMIN}
SLACK = {
    SLACK_STRANGER: Role.NOBODY,
    SLACK_VIEWER: Role.VIEWER,
    SLACK_OPERATOR: Role.OPERATOR,
    SLACK_ADMIN: Role.ADMIN,
}
MENTIONED = "C0002"
PACE = timedelta(seconds=30)
"""Between two commands, so that nobody says more in a minute than is listened to."""

EFFECTIVE = {
    "ack": "/ack 1",
    "close": "/close SOL",
    "closeall": "/closeall",
    "grant": "/grant telegram:7777 admin",
    "mute": "/mute started for 1h",
    "pause": "/pause all",
    "resend": "/resend 1 here",
    "resume": "/resume all",
    "revoke": f"/revoke telegram:{VIEWER}",
    "unmute": "/unmute all",
    "veto": "/veto wave",
}
"""Words that would change something here, where the example of the command would not."""

KEPT = (
    "SELECT * FROM pauses",
    "SELECT * FROM grants",
    "SELECT * FROM stop_list",
    "SELECT * FROM mutes",
    "SELECT * FROM settings WHERE key <> 'lease'",
    "SELECT * FROM params",
    "SELECT * FROM orders",
    "SELECT id, state, quantity FROM positions",
    "SELECT id, acked_by, acked_at FROM alerts",
)
"""All that a command can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Words to say, and who may say them."""

    name: str
    words: str
    role: Role
    acts: bool
    is_everyday: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to say them: what the audit calls the chat, the kind and the words then."""

    person: str
    chat: str
    kind: str
    words: str
    is_allowed: bool


def cases() -> Iterator[Case]:
    for command in build_registry().commands:
        yield _case(command, EFFECTIVE.get(command.name) or next(iter(command.examples), f"/{command.name}"))
    yield Case(name="stoplist", words="/stoplist add ADA", role=Role.OPERATOR, acts=True)
    yield Case(name="export", words="/export audit 24h", role=Role.ADMIN, acts=False)


def _case(command: Command, words: str) -> Case:
    return Case(name=command.name, words=words, role=command.role, acts=command.acts, is_everyday=command.is_everyday)


async def on_telegram(world: World, case: Case, person: int, anchors: dict[int, Shown]) -> list[Way]:
    """Let `person` say it in each way that Telegram knows."""
    anchor = anchors[person]
    world.telegram.say(person, None, case.words)
    world.telegram.say(person, None, case.words.removeprefix("/"))
    world.telegram.say(person, GROUP, case.words.replace(case.name, f"{case.name}@wavehelm_bot", 1))
    assert anchor.reply_to is not None
    world.telegram.edit(person, None, anchor.reply_to, case.words)
    world.telegram.press(person, forged(anchor, case.words), "forged")
    may, private = TELEGRAM[person] >= case.role, f"telegram:{person}"
    return [
        Way(person=str(person), chat=chat, kind=kind, words=words, is_allowed=is_allowed)
        for chat, kind, words, is_allowed in (
            (private, "command", case.words, may),
            (private, "text", case.words.removeprefix("/"), may),
            (f"telegram:{GROUP}", "command", case.words, may),
            (private, "edit", case.words, may and not case.acts),
            (private, "button", case.words, may),
        )
    ]


async def on_slack(world: World, case: Case, person: str) -> list[Way]:
    """Let `person` say it in each way that Slack knows."""
    bare = case.words.removeprefix("/")
    room = world.slack.workspace.room(person)
    blocks = [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "forged",
                    "value": case.words,
                    "text": {"type": "plain_text", "text": "forged"},
                }
            ],
        }
    ]
    await world.slack.command(person, CHANNEL, "/wave", bare)
    await world.slack.mention(person, MENTIONED, bare)
    ts = await world.slack.direct(person, bare, channel=room)
    await world.slack.edit(person, ts, "something else", case.words, channel=room)
    pressed = SlackMessage(channel=room, ts=world.slack.workspace.next_ts(), text="", blocks=blocks)
    await world.slack.press(person, pressed, "forged")
    world.slack.workspace.views[person] = {"type": "home", "blocks": blocks}
    await world.slack.press_home(person, "forged")
    await world.slack.shortcut(person, case.name)
    may = SLACK[person] >= case.role
    in_private, in_view = f"slack:{room}", f"slack:{person}"
    # A shortcut carries no argument: it asks for no more than the command itself does.
    may_bare = SLACK[person] >= next(c.role for c in build_registry().commands if c.name == case.name)
    said = [
        (f"slack:{CHANNEL}", "command", bare, may),
        (f"slack:{MENTIONED}", "command", bare, may),
        (in_private, "command", bare, may),
        (in_private, "edit", case.words, may and not case.acts),
        (in_private, "button", case.words, may),
        (in_view, "button", case.words, may),
        (in_view, "shortcut", f"/{case.name}", may_bare),
    ]
    if case.is_everyday:
        await world.slack.command(person, CHANNEL, f"/{case.name}", bare.partition(" ")[2])
        said.append((f"slack:{CHANNEL}", "command", case.words, may))
    return [Way(person=person, chat=chat, kind=kind, words=words, is_allowed=ok) for chat, kind, words, ok in said]


async def say(world: World, case: Case, anchors: dict[int, Shown], *, allowed: bool) -> int:
    """Let all those say it in every way who may, or all those who may not; returns how often it was judged, rightly."""
    ((before,),) = rows(world, "SELECT coalesce(max(id), 0) FROM audit")
    ways: list[Way] = []
    for person, role in TELEGRAM.items():
        if (role >= case.role) is allowed:
            ways += await on_telegram(world, case, person, anchors)
    for slack_person, role in SLACK.items():
        if (role >= case.role) is allowed:
            ways += await on_slack(world, case, slack_person)
    query = "SELECT person_id, chat, kind, words, outcome FROM audit WHERE id > ?"
    with suppress(TimeoutError):
        await world.telegram.wait_for(lambda: len(rows(world, query, before)) >= len(ways), PATIENCE_S)
    found = Counter((*row[:4], row[4] != "refused") for row in rows(world, query, before))
    assert found == Counter((way.person, way.chat, way.kind, way.words, way.is_allowed) for way in ways)
    await world.clock.sleep(PACE)
    return len(ways)


async def prepare(world: World) -> dict[int, Shown]:
    """Let there be something to change; returns a message in the private chat of everybody on Telegram."""
    await opened(world, "SOLUSDT")
    await ask(world, ADMIN, "/pause bybit")
    return {person: await ask(world, person, "/whoami") for person in TELEGRAM}


def test_who_may_not_is_refused_however_it_is_said_and_nothing_changes(tmp_path: Path) -> None:
    async def scene(world: World) -> int:
        anchors = await prepare(world)
        kept = [rows(world, query) for query in KEPT]
        count = sum([await say(world, case, anchors, allowed=False) for case in cases()])
        assert [rows(world, query) for query in KEPT] == kept
        return count

    assert play(tmp_path, scene, config=TEAM) > 500


def test_who_may_is_heard_however_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(world: World) -> int:
        anchors = await prepare(world)
        kept = [rows(world, query) for query in KEPT]
        count = sum([await say(world, case, anchors, allowed=True) for case in cases()])
        assert [rows(world, query) for query in KEPT] != kept
        # Asked is not confirmed.
        assert open_symbols(world) == ["SOLUSDT"]
        assert not rows(world, "SELECT * FROM grants")
        return count

    with caplog.at_level(logging.WARNING):
        assert play(tmp_path, scene, config=TEAM) > 500
    assert not [record for record in caplog.records if record.getMessage() == "command_failed"]
