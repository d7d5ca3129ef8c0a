"""Draws what people see: `python -m tests.gallery FOLDER` writes a picture for every command, card, alert and digest.

Each picture has Telegram on the left, Slack in the middle and the terminal on the right. They are for looking at; the
words themselves are tested elsewhere.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from PIL import Image

from bot.platforms.slack.format import render as to_slack
from bot.platforms.telegram.format import format_reply
from bot.platforms.terminal.format import to_rich
from core.domain.replies import Reply
from handlers.registry import build_registry
from tests.gallery.markups import from_slack, from_telegram, from_terminal
from tests.gallery.paint import SLACK, TELEGRAM, TERMINAL, paint
from tests.gallery.stage import Stage, play_out
from tests.gallery.stakes import alerts_at_stake, mode_at_stake

Shown = Sequence[tuple[str, Reply]]


def draw(shown: Shown, path: Path) -> None:
    """Draw replies, each under its caption, on all three platforms."""
    parts = []
    for number, (theme, width) in enumerate(((TELEGRAM, 700), (SLACK, 760), (TERMINAL, 860))):
        bubbles = []
        for caption, reply in shown:
            if theme is TELEGRAM:
                pieces = format_reply(reply)
                bubbles += [
                    from_telegram(piece.html, [[key.label for key in row] for row in piece.keys], caption)
                    for piece in pieces
                ]
            elif theme is SLACK:
                bubbles.append(from_slack(to_slack(reply).blocks, caption))
            else:
                bubbles.append(from_terminal(to_rich(reply), caption))
        part = path.with_suffix(f".{number}.png")
        paint(bubbles, theme, part, width)
        parts.append(part)
    images = [Image.open(part).copy() for part in parts]
    page = Image.new("RGB", (sum(image.width for image in images), max(image.height for image in images)), "#555555")
    left = 0
    for image in images:
        page.paste(image, (left, 0))
        left += image.width
    page.save(path, optimize=True)
    for part in parts:
        part.unlink()


async def show_commands(stage: Stage, folder: Path) -> None:
    """Draw the answers to the examples of every command; what asks for a confirmation gets it."""
    for command in build_registry().commands:
        shown: list[tuple[str, Reply]] = []
        for words in command.examples or (f"/{command.name}",):
            shown += [(words, reply) for reply in await stage.say(words, confirms=True)]
        draw(shown, folder / f"command_{command.name}.png")


def show_messages(stage: Stage, folder: Path) -> None:
    """Draw the life of the longest cards, and the newest alert of each title's first word."""
    lives = sorted((replies for _, replies in stage.chat.messages if len(replies) > 2), key=len, reverse=True)
    for number, replies in enumerate(lives[:4]):
        draw(
            [("first", replies[0]), ("then", replies[len(replies) // 2]), ("last", replies[-1])],
            folder / f"card_{number}.png",
        )
    alerts = {_kind(replies[-1]): replies[-1] for _, replies in stage.chat.messages}
    for kind, reply in alerts.items():
        draw([("an alert", reply)], folder / f"alert_{kind}.png")


async def show_veto(stage: Stage, folder: Path) -> None:
    """Draw a wave that waits for people, and what somebody makes of it."""
    while not (waiting := [p for p in stage.progress() if p.veto_until_at and len(p.candidates) > 2]):
        await stage.clock.sleep(timedelta(seconds=5))
    symbol, exchange = waiting[0].candidates[0][0], waiting[0].exchange
    await stage.clock.sleep(timedelta(seconds=4))
    lives = [life for _, life in stage.chat.messages if "veto" in life[-1].title]
    shown = [("a wave waits", lives[0][-1])]
    shown += [(f"/veto {symbol}", reply) for reply in await stage.say(f"/veto {symbol} {exchange}")]
    await stage.clock.sleep(timedelta(minutes=2))
    draw([*shown, ("afterwards", lives[0][-1])], folder / "veto.png")


async def show_stakes(folder: Path) -> None:
    """Draw /mode, and every alert as it is where money is at stake."""
    draw(await mode_at_stake(), folder / "mode_live.png")
    for kind, reply in alerts_at_stake():
        draw([(kind, reply)], folder / f"live_{kind}.png")


def _kind(reply: Reply) -> str:
    words = [word.lower() for word in reply.title.split() if word.isalpha() and not word.isupper()]
    return "_".join(words[:2]) or "untitled"


def main(folder: Path) -> None:
    """Draw everything into `folder`."""

    async def scene(stage: Stage) -> None:
        show_messages(stage, folder)
        await show_commands(stage, folder)

    asyncio.run(show_stakes(folder))
    with tempfile.TemporaryDirectory() as database:
        play_out(Path(database), scene)
    with tempfile.TemporaryDirectory() as database:
        play_out(Path(database), lambda stage: show_veto(stage, folder), played=timedelta(minutes=15), veto_s=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
