"""What Slack sends over the socket, in its own shapes; when it is sent is the server's business."""

from typing import Any

BOT_TOKEN = "xoxb-test-1"
APP_TOKEN = "xapp-test-1"
APP = "A0001"
BOT = "B0001"
BOT_USER = "U0BOT"
TEAM = "T0001"
IDENTITY = {"user_id": BOT_USER, "bot_id": BOT, "team_id": TEAM, "user": "wavehelm", "team": "Desk"}


def escape(text: str) -> str:
    """Return `text` as Slack hands on what people type."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def envelope(kind: str, envelope_id: str, body: dict[str, Any], attempt: int) -> dict[str, Any]:
    """Wrap a payload for the socket; events say which delivery this is."""
    wrapped: dict[str, Any] = {
        "type": kind,
        "envelope_id": envelope_id,
        "payload": body,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        wrapped |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
    return wrapped


def slash_command(
    user: str, channel: str, name: str, text: str, *, trigger_id: str, response_url: str
) -> dict[str, Any]:
    """Return the payload of a slash command."""
    return {
        "token": "unused",
        "team_id": TEAM,
        "team_domain": "desk",
        "api_app_id": APP,
        "channel_id": channel,
        "channel_name": "directmessage" if channel.startswith("D") else "trading",
        "user_id": user,
        "user_name": user.lower(),
        "command": name,
        "text": text,
        "is_enterprise_install": "false",
        "trigger_id": trigger_id,
        "response_url": response_url,
    }


def message(kind: str, user: str, channel: str, text: str, *, ts: str, thread_ts: str | None) -> dict[str, Any]:
    """Return a message or app_mention event."""
    event = {"type": kind, "user": user, "team": TEAM, "channel": channel, "text": text, "ts": ts, "event_ts": ts}
    return event if thread_ts is None else {**event, "thread_ts": thread_ts}


def event_callback(event: dict[str, Any], event_id: str) -> dict[str, Any]:
    """Return the payload around an event."""
    return {
        "type": "event_callback",
        "token": "unused",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": event,
        "event_id": event_id,
        "event_time": 1761480000,
        "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}],
    }


def edited(user: str, channel: str, ts: str, old: str, new: str, *, edited_ts: str | None) -> dict[str, Any]:
    """Return the event of a changed private message; without `edited_ts` nobody edited it."""
    message: dict[str, Any] = {"type": "message", "user": user, "team": TEAM, "text": new, "ts": ts}
    if edited_ts is not None:
        message |= {"edited": {"user": user, "ts": edited_ts}}
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": channel,
        "channel_type": "im",
        "message": message,
        "previous_message": {"type": "message", "user": user, "team": TEAM, "text": old, "ts": ts},
        "ts": f"{ts}9",
        "event_ts": f"{ts}9",
    }


def home_opened(user: str, tab: str, ts: str) -> dict[str, Any]:
    """Return the event of an opened tab of the app."""
    return {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": tab, "event_ts": ts}


def block_action(
    user: str,
    channel: str,
    action: dict[str, Any],
    shown: dict[str, Any],
    thread_ts: str | None,
    *,
    is_ephemeral: bool = False,
) -> dict[str, Any]:
    """Return the payload of a control used in a message; what only one person sees is not repeated in it."""
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": shown["ts"],
        "channel_id": channel,
        "is_ephemeral": is_ephemeral,
    }
    if thread_ts is not None:
        container["thread_ts"] = thread_ts
    body = {
        "type": "block_actions",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "desk"},
        "user": _user(user),
        "channel": {"id": channel, "name": "trading"},
        "container": container,
        "actions": [{**action, "action_ts": "1761480000.000001"}],
    }
    return body if is_ephemeral else {**body, "message": shown}


def view_action(user: str, action: dict[str, Any], view: dict[str, Any], trigger_id: str) -> dict[str, Any]:
    """Return the payload of a control used in the Home tab: no channel, no address for answers."""
    return {
        "type": "block_actions",
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "desk"},
        "user": _user(user),
        "container": {"type": "view", "view_id": f"V{user}"},
        "view": {**view, "id": f"V{user}"},
        "trigger_id": trigger_id,
        "actions": [{**action, "action_ts": "1761480000.000001"}],
    }


def shortcut(user: str, callback_id: str, trigger_id: str) -> dict[str, Any]:
    """Return the payload of a global shortcut."""
    return {
        "type": "shortcut",
        "token": "unused",
        "action_ts": "1761480000.000001",
        "team": {"id": TEAM, "domain": "desk"},
        "user": _user(user),
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": callback_id,
        "trigger_id": trigger_id,
    }


def _user(user: str) -> dict[str, str]:
    return {"id": user, "username": user.lower(), "team_id": TEAM}
