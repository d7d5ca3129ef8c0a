"""Chats that refuse the bot for good, or get another address: who is told, once, and what comes when it is over."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.events import Event, ReconcileReport
from tests.scenarios.virtual_world import VirtualWorld, numbers_told, play
from tests.scenarios.world import ADMIN, CHANNEL, CONFIG, GROUP

BOTH = f'to: ["telegram:{GROUP}", "slack:{CHANNEL}"]'
WITH_FALLBACK = CONFIG.replace(BOTH, f'to: ["telegram:{GROUP}"], fallback: "slack:{CHANNEL}"')
NEW_GROUP = -1009999
ONLY_LOOKING = CONFIG.replace(
    'slack: { "U0001": operator }', f'slack: {{ "U0001": operator }}\n  chats: {{ "telegram:{GROUP}": viewer }}'
)
LOST, RESTORED = "takes no messages any more", "takes messages again"
A_RESTART_S = 3


def differences(world: VirtualWorld, *names: str) -> Sequence[Event]:
    now = world.clock.now()
    return [ReconcileReport(at=now, exchange="binance", findings=(f"difference {name}",)) for name in names]


def holding(texts: Sequence[str], *words: str) -> list[str]:
    return [text for text in texts if all(word in text for word in words)]


async def restart(world: VirtualWorld) -> None:
    await world.stop()
    await world.pass_by(seconds=A_RESTART_S)
    await world.start()


def block_group(world: VirtualWorld) -> Callable[[], None]:
    """Let the group throw the bot out; returns what lets it in again."""
    world.telegram.block(GROUP)
    chat = world.telegram.state.chats[GROUP]
    return lambda: setattr(chat, "is_blocked", False)


def revoke_telegram(world: VirtualWorld) -> Callable[[], None]:
    old, world.telegram.token = world.telegram.token, "123456789:AAanother-token_of-the-test-server"
    return lambda: setattr(world.telegram, "token", old)


def archive_channel(world: VirtualWorld) -> Callable[[], None]:
    world.slack.archive(CHANNEL)
    return lambda: world.slack.workspace.channels.update({CHANNEL: ""})


def revoke_slack(world: VirtualWorld) -> Callable[[], None]:
    old, world.slack.workspace.bot_token = world.slack.workspace.bot_token, "xoxb-another"
    return lambda: setattr(world.slack.workspace, "bot_token", old)


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        pytest.param(block_group, "bot was kicked", id="thrown out of the group"),
        pytest.param(revoke_telegram, "TELEGRAM_BOT_TOKEN", id="token revoked"),
    ],
)
def test_a_lost_telegram_is_told_on_slack_once_and_when_it_is_back(
    tmp_path: Path, lose: Callable[[VirtualWorld], Callable[[], None]], why: str
) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=2)
        mend = lose(world)
        await world.record(*differences(world, "one"))
        await world.until(lambda: holding(world.in_channel, LOST), timedelta(seconds=10))
        (told,) = holding(world.in_channel, LOST)
        assert f"telegram:{GROUP}" in told
        assert why in told
        health = await world.ask_slack("health")
        assert "Not well" in health
        assert "LOST since 10:02" in health

        await world.wave("SOLUSDT")
        if lose is block_group:
            # A token that is refused at a start ends the process: somebody is there to mend it.
            await restart(world)
        await world.pass_by(minutes=20)
        assert len(holding(world.in_channel, LOST)) == 1, "once an episode, over a restart"
        assert "LOST" in await world.ask_slack("health")

        mend()
        await world.record(*differences(world, "two"))
        await world.pass_by(minutes=6)
        assert len(holding(world.in_channel, RESTORED)) == 1
        assert len(holding(world.in_group, RESTORED)) == 1
        assert "All is well" in await world.ask_slack("health")
        await world.record(*differences(world, "three"))
        await world.pass_by(seconds=5)
        assert holding(world.in_group, "difference three")
        for name in ("one", "two", "three"):
            assert len(holding(world.in_channel, f"difference {name}\n")) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        pytest.param(archive_channel, "the channel is archived", id="channel archived"),
        pytest.param(revoke_slack, "no longer accepts the bot token", id="token revoked"),
    ],
)
def test_a_lost_slack_is_told_on_telegram_once_and_when_it_is_back(
    tmp_path: Path, lose: Callable[[VirtualWorld], Callable[[], None]], why: str
) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=2)
        mend = lose(world)
        await world.record(*differences(world, "one"))
        await world.until(lambda: holding(world.in_group, LOST), timedelta(seconds=10))
        (told,) = holding(world.in_group, LOST)
        assert f"slack:{CHANNEL}" in told
        assert why in told
        world.telegram.say(ADMIN, GROUP, "/health")
        (health,) = await world.until(lambda: holding(world.in_group, "Not well"))
        assert "LOST since 10:02" in health
        await world.pass_by(minutes=20)
        assert len(holding(world.in_group, LOST)) == 1
        mend()
        await world.record(*differences(world, "two"))
        await world.pass_by(minutes=2)
        assert len(holding(world.in_group, RESTORED)) == 1
        assert holding(world.in_channel, "(alert 4)") or holding(world.in_channel, "difference two")
        await world.record(*differences(world, "three"))
        await world.pass_by(seconds=5)
        assert "difference three" in world.in_channel[-1]

    play(tmp_path, scene)


def test_the_fallback_is_told_at_once_what_a_lost_chat_would_have_been(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        mend = block_group(world)
        await world.record(*differences(world, "one", "two"))
        await world.wave("SOLUSDT")
        await world.pass_by(seconds=20)
        numbers = sorted(number for text in world.in_channel for number in numbers_told(text))
        assert numbers == [2, 3, 4, 5, 6], "everything, and that the chat is lost"
        await world.pass_by(minutes=5)
        mend()
        await world.pass_by(minutes=2)
        (digest,) = holding(world.in_group, "While this chat was away")
        assert sorted(numbers_told(digest)) == sorted({*numbers} - {4})
        assert "4 of them were told elsewhere" in digest
        assert holding(world.in_group, RESTORED)
        await world.pass_by(minutes=14)
        known = len(world.in_channel)
        await world.wave("ADAUSDT")
        await world.pass_by(minutes=1)
        assert holding(world.in_group, "ADAUSDT LONG opened")
        assert len(world.in_channel) == known

    play(tmp_path, scene, config=WITH_FALLBACK)


def test_a_group_that_becomes_a_supergroup_is_followed_with_its_ceiling(tmp_path: Path) -> None:
    def there(world: VirtualWorld) -> list[str]:
        return [message.text for message in world.telegram.messages(NEW_GROUP)]

    async def check_ceiling(world: VirtualWorld) -> None:
        refused = len(holding(there(world), "in this chat nobody has it"))
        world.telegram.say(ADMIN, NEW_GROUP, "/pause all for 1h")
        await world.until(lambda: len(holding(there(world), "in this chat nobody has it")) > refused)
        world.telegram.say(ADMIN, NEW_GROUP, "/version")
        await world.until(lambda: "Wavehelm 0" in there(world)[-1])

    async def scene(world: VirtualWorld) -> None:
        await world.publish("SOLUSDT", stop_loss_filter=3, trailing_activation_filter=1)
        await world.pass_by(minutes=1)
        old = list(world.in_group)
        world.telegram.migrate(GROUP, NEW_GROUP)
        await world.pass_by(seconds=5)
        await world.record(*differences(world, "one"))
        await world.until(lambda: holding(there(world), "difference one"))
        await check_ceiling(world)

        await restart(world)
        await world.until(lambda: holding(there(world), "Started", "1 position"))
        await world.record(*differences(world, "two"))
        await world.until(lambda: holding(there(world), "difference two"))
        await check_ceiling(world)
        world.telegram.say(ADMIN, None, "/close 1")
        await world.until(lambda: world.telegram.messages(ADMIN))
        world.telegram.press(ADMIN, world.telegram.messages(ADMIN)[-1], "Confirm")
        await world.until(lambda: holding(there(world), "SOLUSDT LONG closed #1: "))
        assert holding(there(world), "SOLUSDT LONG closed #1 ·", "Result"), "its card comes anew where people are now"
        assert world.in_group == old

    play(tmp_path, scene, config=ONLY_LOOKING)


def test_a_move_that_nobody_told_of_is_found_out_by_the_next_alert(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=1)
        world.telegram.add_chat(NEW_GROUP)
        world.telegram.state.chats[GROUP].moved_to = NEW_GROUP
        await world.record(*differences(world, "one", "two"))
        await world.pass_by(seconds=10)
        texts = [message.text for message in world.telegram.messages(NEW_GROUP)]
        assert [number for text in texts for number in numbers_told(text)] == [2, 3]
        await restart(world)
        await world.pass_by(seconds=10)
        calls = [params for method, params in world.telegram.calls if method == "sendMessage"]
        assert [str(params["chat_id"]) for params in calls].count(str(GROUP)) == 2, (
            "its first words, and the refused one"
        )

    play(tmp_path, scene)


def test_an_alert_is_told_again_where_it_was_told(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.wave("SOLUSDT")
        await world.pass_by(minutes=1)
        (card,) = holding(world.in_group, "SOLUSDT LONG opened")
        number = numbers_told(card)[0]
        world.telegram.say(ADMIN, GROUP, f"/resend {number}")
        await world.until(lambda: len(holding(world.in_group, "SOLUSDT LONG opened")) == 2)
        await world.until(lambda: len(holding(world.in_channel, "SOLUSDT LONG opened")) == 2)
        await world.pass_by(minutes=1)
        assert len(holding(world.in_group, "SOLUSDT LONG opened")) == 2
        assert holding(world.in_group, f"Alert #{number} is told again")
        world.telegram.say(ADMIN, GROUP, "/resend 999")
        await world.until(lambda: holding(world.in_group, "No alert #999"))

    play(tmp_path, scene)
