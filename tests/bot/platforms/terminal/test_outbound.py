"""Alerts on the terminal."""

import io
from pathlib import Path

import pytest

from bot.platforms.terminal.exports import Exports
from bot.platforms.terminal.outbound import TerminalMessenger
from bot.platforms.terminal.screen import Screen
from core.domain.delivery import Destination, Loudness
from core.domain.errors import Undeliverable
from core.domain.replies import Reply

TERMINAL = Destination(platform="terminal")
NOWHERE = Exports(Path("/nonexistent/exports"))


async def test_an_alert_is_shown_and_each_has_a_name_of_its_own() -> None:
    out = io.StringIO()
    messenger = TerminalMessenger(Screen(out, is_interactive=False, exports=NOWHERE))
    names = [await messenger.send(TERMINAL, Reply(lines=("Paused.",), alert_id=n), Loudness.SILENT) for n in (1, 2)]
    assert out.getvalue() == "Paused. (alert 1)\n\nPaused. (alert 2)\n\n"
    assert len(set(names)) == 2


async def test_another_platform_is_refused() -> None:
    messenger = TerminalMessenger(Screen(io.StringIO(), is_interactive=False, exports=NOWHERE))
    with pytest.raises(Undeliverable):
        await messenger.send(Destination(platform="slack", address="C1"), Reply(), Loudness.NORMAL)


async def test_nothing_lives_on_a_terminal_so_an_edit_shows_it_again() -> None:
    out = io.StringIO()
    messenger = TerminalMessenger(Screen(out, is_interactive=False, exports=NOWHERE))
    assert messenger.ready_at(TERMINAL) is None
    name = await messenger.send(TERMINAL, Reply(lines=("Close?",)), Loudness.NORMAL, thread="terminal-7")
    await messenger.edit(TERMINAL, name, Reply(lines=("Closed.",)))
    assert out.getvalue() == "Close?\n\nClosed.\n\n"
