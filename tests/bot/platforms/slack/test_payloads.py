"""Reading what Slack delivers, hostile deliveries included."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.payloads import read_command, read_event
from handlers.invocation import InvocationKind
from tests.fakes import slack_payloads as payloads

_NAMES = frozenset({"positions", "grant"})
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_bodies = st.dictionaries(
    st.sampled_from(["event", "actions", "user", "channel", "container", "command", "text", "user_id", "channel_id"]),
    _json
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["app_mention", "message", "app_home_opened"]), "user": _json},
        optional={"message": _json, "subtype": st.just("message_changed"), "channel_type": st.just("im"), "tab": _json},
    ),
)


def mention(text: str, **extra: object) -> dict[str, Any]:
    event = payloads.message("app_mention", "U1", "C1", text, ts="1.2", thread_ts=None)
    return payloads.event_callback({**event, **extra}, "Ev1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@U0BOT> positions", "positions"),
        ("hey <@U0BOT>  positions ", "hey positions"),
        ("<@U0BOT> grant <@U42|ann> viewer", "grant U42 viewer"),
        ("<@U0BOT> say <#C7|general> <!here>", "say C7 @here"),
        ("<@U0BOT> see <http://binance.com|binance.com> a &lt; b &amp;&amp; c", "see binance.com a < b && c"),
        ("<@U0BOT> <mailto:a@b.example|a@b.example> <http://x.example>", "a@b.example http://x.example"),
        ("<@U0BOT>", "help"),
    ],
)
def test_people_mean_what_they_typed(text: str, words: str) -> None:
    heard = read_event(mention(text), "U0BOT", _NAMES)
    assert heard is not None
    assert heard.words == words


def test_known_first_words_make_a_command() -> None:
    kinds = []
    for text in ("Positions pnl", "/anything", "how are we doing"):
        heard = read_event(mention(text), "U0BOT", _NAMES)
        assert heard is not None
        kinds.append(heard.kind)
    assert kinds == [InvocationKind.COMMAND, InvocationKind.COMMAND, InvocationKind.TEXT]


def test_one_message_told_as_two_events_has_one_key() -> None:
    first = read_event(mention("x"), "U0BOT", _NAMES)
    event = payloads.message("message", "U1", "C1", "x", ts="1.2", thread_ts=None)
    second = read_event(payloads.event_callback({**event, "channel_type": "im"}, "Ev2"), "U0BOT", _NAMES)
    assert first is not None
    assert second is not None
    assert first.key == second.key


@pytest.mark.parametrize(
    "extra",
    [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"user": "U0BOT"}, {"user": None}, {"type": "reaction_added"}],
)
def test_what_is_not_for_us_is_left_alone(extra: dict[str, object]) -> None:
    assert read_event(mention("x", **extra), "U0BOT", _NAMES) is None


def test_messages_with_files_and_thread_replies_count() -> None:
    for subtype in ("file_share", "thread_broadcast"):
        assert read_event(mention("x", subtype=subtype), "U0BOT", _NAMES) is not None


def changed(old: str = "hi", new: str = "positions", by: str | None = "9.9") -> dict[str, Any]:
    return payloads.event_callback(payloads.edited("U1", "D1", "1.2", old, new, edited_ts=by), "Ev3")


def test_an_edited_command_is_heard_again() -> None:
    heard = read_event(changed(), "U0BOT", _NAMES)
    assert heard is not None
    assert (heard.words, heard.kind, heard.is_private) == ("positions", InvocationKind.EDIT, True)
    again = read_event(changed(by="10.1"), "U0BOT", _NAMES)
    assert again is not None
    assert again.key != heard.key


@pytest.mark.parametrize(
    "body",
    [
        changed(new="just talk"),
        changed(by=None),
        changed(old="positions"),
        payloads.event_callback(payloads.edited("U0BOT", "D1", "1.2", "a", "positions", edited_ts="9.9"), "Ev4"),
    ],
    ids=["talk", "a link's preview", "nothing changed", "our own"],
)
def test_other_changes_are_not(body: dict[str, Any]) -> None:
    assert read_event(body, "U0BOT", _NAMES) is None


def test_a_change_in_a_channel_is_not_for_us() -> None:
    body = changed()
    body["event"]["channel_type"] = "channel"
    assert read_event(body, "U0BOT", _NAMES) is None


def test_an_opened_home_tab() -> None:
    heard = read_event(payloads.event_callback(payloads.home_opened("U1", "home", "1.2"), "Ev5"), "U0BOT", _NAMES)
    assert heard is not None
    assert (heard.words, heard.kind, heard.channel) == ("/home", InvocationKind.HOME, "U1")
    messages = payloads.event_callback(payloads.home_opened("U1", "messages", "1.2"), "Ev6")
    assert read_event(messages, "U0BOT", _NAMES) is None


def test_a_delivery_that_cannot_be_told_apart_has_no_key() -> None:
    heard = read_command({"command": "/Wave", "user_id": "U1", "channel_id": "C1", "text": "status"})
    assert heard is not None
    assert (heard.key, heard.words, heard.response_url) == ("", "status", None)


@given(body=_bodies)
def test_nonsense_never_raises(body: dict[str, Any]) -> None:
    read_command(body)
    read_event(body, "U0BOT", _NAMES)
