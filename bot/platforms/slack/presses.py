"""What people press and pick, as Slack delivers it, read into what was heard; pure. Their look is in `controls`."""

from bot.platforms.slack.names import MessageName, mark_of
from bot.platforms.slack.payloads import Body, Heard, is_direct, part_of, text_of
from core.domain.people import Person
from handlers.invocation import InvocationKind


def read_press(body: Body) -> Heard | None:
    """Return what a pressed button or a choice stands for, or None if it was no control of ours."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    person, words = _person(body), _words(action)
    if person is None or not words:
        return None
    container = part_of(body, "container")
    is_view = text_of(container, "type") == "view"
    # In the Home tab there is no chat: the person's own id reaches the private one.
    channel = person.id if is_view else text_of(part_of(body, "channel"), "id") or text_of(container, "channel_id")
    if not channel:
        return None
    return Heard(
        key=text_of(body, "trigger_id"),
        person=person,
        channel=channel,
        words=words,
        kind=InvocationKind.BUTTON,
        thread=text_of(container, "thread_ts") or None,
        response_url=text_of(body, "response_url") or None,
        is_private=is_view or is_direct(channel),
        message="" if is_view else _message(container, channel, mark_of(text_of(action, "block_id"))),
        is_view=is_view,
    )


def read_shortcut(body: Body) -> Heard | None:
    """Return what a global shortcut stands for: the command that it is called after, without arguments."""
    person, name = _person(body), text_of(body, "callback_id")
    if person is None or not name:
        return None
    return Heard(
        key=text_of(body, "trigger_id"),
        person=person,
        channel=person.id,
        words=f"/{name}",
        kind=InvocationKind.SHORTCUT,
        is_private=True,
    )


def _words(action: Body) -> str:
    kind = action.get("type")
    if kind == "button":
        return text_of(action, "value")
    return text_of(part_of(action, "selected_option"), "value") if kind == "static_select" else ""


def _message(container: Body, channel: str, mark: str) -> str:
    sent = text_of(container, "message_ts")
    if not mark and container.get("is_ephemeral"):
        mark = sent
    name = MessageName(channel=channel, ts=sent, mark=mark)
    return str(name) if mark or sent else ""


def _person(body: Body) -> Person | None:
    user = part_of(body, "user")
    who = text_of(user, "id")
    return Person(platform="slack", id=who, name=text_of(user, "username") or text_of(user, "name")) if who else None
