"""People of a desk who talk to the bot and wait for what it says; what they say belongs to the scenes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.slack_workspace import SlackMessage
from tests.fakes.telegram_chats import Shown
from tests.scenarios.world import ADMIN, CHANNEL, CONFIG, SLACK_OPERATOR, VIEWER, World

OPERATOR = 1003
SLACK_VIEWER, SLACK_ADMIN = "U0002", "U0003"
TEAM = CONFIG.replace(
    f'telegram: {{ "{ADMIN}": admin, "{VIEWER}": viewer }}',
    f'telegram: {{ "{ADMIN}": admin, "{VIEWER}": viewer, "{OPERATOR}": operator }}',
).replace(
    f'slack: {{ "{SLACK_OPERATOR}": operator }}',
    f'slack: {{ "{SLACK_OPERATOR}": operator, "{SLACK_VIEWER}": viewer, "{SLACK_ADMIN}": admin }}',
)
"""One of each role on both platforms."""

PATIENCE_S = 60
SETTLED = timedelta(seconds=10)
"""Until a wave is traded and everybody has been told, in the time that the chats' limits allow."""


async def ask(world: World, person: int, text: str, chat: int | None = None, **details: Any) -> Shown:  # noqa: ANN401
    """Let `person` write on Telegram (None: in private) and return the answer to it."""
    said = world.telegram.say(person, chat, text, **details)
    return await answer_to(world, said, chat if chat is not None else person)


async def answer_to(world: World, said: int, chat: int) -> Shown:
    """Return the bot's answer to the Telegram message `said`."""

    def found() -> Shown | None:
        return next((message for message in world.telegram.messages(chat) if message.reply_to == said), None)

    return await _telegram(world, found)


async def press(world: World, person: int, message: Shown, label: str) -> Shown:
    """Let `person` press a button on Telegram; returns the answer, which may be that message itself, changed."""
    current = world.telegram.state.shown[message.chat_id, message.message_id]
    edits = current.edits
    known = {shown.message_id for shown in world.telegram.messages(message.chat_id)}
    world.telegram.press(person, message, label)

    def found() -> Shown | None:
        if current.edits > edits:
            return current
        answers = (m for m in world.telegram.messages(message.chat_id) if m.reply_to == message.message_id)
        return next((answer for answer in answers if answer.message_id not in known), None)

    return await _telegram(world, found)


def forged(message: Shown, words: str) -> Shown:
    """Return `message` with a button that it never had."""
    return replace(message, buttons=[[("forged", words)]])


async def ask_slack(world: World, person: str, words: str, channel: str = CHANNEL) -> SlackMessage:
    """Let `person` type /wave on Slack and return the answer."""
    known = list(world.slack.workspace.messages)
    await world.slack.command(person, channel, "/wave", words)
    return await new_on_slack(world, known, person, channel)


async def press_slack(world: World, person: str, message: SlackMessage, label: str) -> SlackMessage:
    """Let `person` press a button on Slack; returns the answer, which may be that message itself, changed."""
    known = list(world.slack.workspace.messages)
    current = next(each for each in known if (each.channel, each.ts) == (message.channel, message.ts))
    edits = current.edits
    await world.slack.press(person, message, label)

    def found() -> SlackMessage | None:
        return current if current.edits > edits else _new(world, known, person, message.channel)

    return await _slack(world, found)


async def new_on_slack(world: World, known: list[SlackMessage], person: str, channel: str) -> SlackMessage:
    """Return the message that was not among `known` and that `person` sees in `channel`, and that is an answer."""
    return await _slack(world, lambda: _new(world, known, person, channel))


def _new(world: World, known: list[SlackMessage], person: str, channel: str) -> SlackMessage | None:
    room = world.slack.workspace.room(channel)
    return next(
        (
            message
            for message in world.slack.workspace.messages
            if message.channel == room and message.only_for in {None, person} and not any(message is k for k in known)
        ),
        None,
    )


async def _telegram(world: World, found: Callable[[], Shown | None]) -> Shown:
    shown = await world.telegram.wait_for(found, PATIENCE_S)
    assert shown is not None
    return shown


async def _slack(world: World, found: Callable[[], SlackMessage | None]) -> SlackMessage:
    shown = await world.slack.wait_for(found, PATIENCE_S)
    assert shown is not None
    return shown


def rows(world: World, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what the database holds, read behind the bot's back."""
    with closing(sqlite3.connect(world.database)) as connection:
        return connection.execute(query, values).fetchall()


async def opened(world: World, *symbols: str, count: int = 0) -> None:
    """Let positions be opened (in the first `count` symbols, or in all), and wait until everybody has been told."""
    await world.publish(*symbols)
    await world.telegram.wait_for(lambda: len(open_symbols(world)) == (count or len(symbols)), PATIENCE_S)
    await world.clock.sleep(SETTLED)


def open_symbols(world: World) -> list[str]:
    """Return the symbols that are open."""
    return [symbol for (symbol,) in rows(world, "SELECT symbol FROM positions WHERE state = 'open' ORDER BY id")]


def audited(world: World) -> list[tuple[str, str, str]]:
    """Return who (by id) said what, and what came of it, in the order of the record."""
    return [(*row,) for row in rows(world, "SELECT person_id, words, outcome FROM audit ORDER BY id")]


async def restart(world: World) -> None:
    """Let the bot end in order and begin anew; for a moment nobody runs, as a process starts no faster."""
    await world.stop()
    await world.clock.sleep(timedelta(seconds=2))
    await world.start()
