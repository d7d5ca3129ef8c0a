"""What Slack's refusals mean for the caller, and what a person can do about each; calling is `web`'s business."""

from bot.platforms.slack.web import CallRefused
from core.domain.errors import DestinationLost, MessageGone, Undeliverable

MARKUP = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "block_mismatch"})
"""The layout is refused; the same words go through as plain text."""

THREADLESS = frozenset(
    {"cannot_reply_to_message", "restricted_action_non_threadable_channel", "restricted_action_thread_locked"}
    | {"invalid_thread_ts", "thread_not_found"}
)
"""Nothing can be written in that thread; in the channel it can."""

_GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})
_REINSTALL = (
    "Slack no longer accepts the bot token ({code}); install the app again and put its new token into the settings"
)
_ADMIN = "the workspace does not let apps write there; ask its admin or send to another channel"
_PERSON = "Slack knows no such person, or the account is closed; take another destination"
_LOST = (
    {
        "channel_not_found": "no such channel, or the app is not in it; check the id, or type /invite @wavehelm there",
        "not_in_channel": "the app is not in that channel; type /invite @wavehelm there",
        "is_archived": "the channel is archived; restore it or send to another one",
        "messages_tab_disabled": "the app's messages tab is off; install the app again from its manifest",
        "missing_scope": "the app lacks a permission{needed}; update its manifest (wavehelm slack-manifest) and "
        "install it again",
        "team_not_found": "the workspace is gone; install the app in another one",
    }
    | dict.fromkeys(
        ("account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed", "no_permission"),
        _REINSTALL,
    )
    | dict.fromkeys(
        ("access_denied", "ekm_access_denied", "posting_to_general_channel_denied", "team_access_not_granted"), _ADMIN
    )
    | dict.fromkeys(("cannot_dm_bot", "user_disabled", "user_not_found", "user_not_visible"), _PERSON)
)
_REASONS = {"user_not_in_channel": "that person is not in the channel"}


def translate(error: CallRefused, target: str) -> Undeliverable | MessageGone:
    """Return what a refused message to `target` is raised as."""
    if error.code in _GONE:
        return MessageGone(f"the message in {target} cannot be edited: {reason(error)}")
    text = f"Slack takes no message for {target}: {reason(error)}"
    return DestinationLost(text) if _is_lost(error.code) else Undeliverable(text)


def reason(error: CallRefused) -> str:
    """Return why, with what to do about it where that is known."""
    text = _LOST.get(error.code) or _REASONS.get(error.code)
    if text is None:
        text = _ADMIN if _is_lost(error.code) else "Slack says {code}"
    return text.format(code=error.code, needed=f" ({error.needed})" if error.needed else "")


def _is_lost(code: str) -> bool:
    return code in _LOST or (code.startswith("restricted_action") and code not in THREADLESS)
