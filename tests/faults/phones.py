"""What people see on their phones, in one form for all platforms. What should be there is checked in `alert_checks`."""

from tests.faults.alert_checks import Message
from tests.faults.world import World


def messages_at(world: World, destination: str) -> list[Message]:
    """Return what the bot shows at a destination, in the order of arrival."""
    platform, _, address = destination.partition(":")
    if platform == "slack":
        return [
            Message(
                ref=f"{address}/{message.ts}",
                text=message.text,
                under=None if message.thread_ts is None else f"{address}/{message.thread_ts}",
            )
            for message in world.slack.messages(address)
        ]
    return [
        Message(
            ref=f"{address}/{message.message_id}",
            text=message.text,
            under=None if message.reply_to is None else f"{address}/{message.reply_to}",
        )
        for message in world.chat.messages(int(address))
    ]
