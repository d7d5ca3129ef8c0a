"""Where copies of questions can go, and where they cannot."""

import pytest

from bot.app.copying import MessengerCopies
from core.domain.errors import Undeliverable
from core.domain.replies import Reply


async def test_what_a_command_from_the_shell_was_answered_is_left_as_it_is() -> None:
    await MessengerCopies().edit("socket", "", Reply(title="Expired"))


async def test_a_platform_that_is_not_set_up_is_said() -> None:
    with pytest.raises(Undeliverable, match="slack is not set up"):
        await MessengerCopies().edit("slack:C0001", "1.2", Reply(title="Expired"))
    with pytest.raises(Undeliverable, match="telegram is not set up"):
        await MessengerCopies().send("telegram:-1001", Reply(title="A question"))
