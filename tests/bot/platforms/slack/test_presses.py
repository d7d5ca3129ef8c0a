"""Reading presses, choices and shortcuts, hostile deliveries included."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.names import block_mark
from bot.platforms.slack.presses import read_press, read_shortcut
from handlers.invocation import InvocationKind
from tests.fakes import slack_payloads as payloads

BUTTON = {"type": "button", "action_id": "press:0:0", "block_id": "b0", "value": "/close 1"}
SELECT = {
    "type": "static_select",
    "action_id": "pick",
    "block_id": "b0",
    "selected_option": {"text": {"type": "plain_text", "text": "#7"}, "value": "/close 7"},
}
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_parts = st.fixed_dictionaries(
    {},
    optional={
        "id": _json,
        "type": _json | st.sampled_from(["button", "static_select", "view"]),
        "value": _json,
        "selected_option": _json,
        "block_id": _json,
        "message_ts": _json,
    },
)
_bodies = st.fixed_dictionaries(
    {},
    optional={
        "actions": _json | st.lists(_parts, max_size=2),
        "user": _json | _parts,
        "channel": _json | _parts,
        "container": _json | _parts,
        "callback_id": _json,
    },
)


def press(action: dict[str, Any], *, is_ephemeral: bool = False) -> dict[str, Any]:
    return payloads.block_action(
        "U1", "C1", action, {"ts": "2.1", "text": "", "blocks": []}, None, is_ephemeral=is_ephemeral
    )


@pytest.mark.parametrize(("action", "words"), [(BUTTON, "/close 1"), (SELECT, "/close 7")])
def test_buttons_and_choices_stand_for_their_words(action: dict[str, Any], words: str) -> None:
    heard = read_press(press(action))
    assert heard is not None
    assert (heard.words, heard.kind) == (words, InvocationKind.BUTTON)
    assert (heard.message, heard.channel, heard.is_private, heard.is_view) == ("C1/2.1", "C1", False, False)


def test_a_press_in_a_thread_is_answered_there() -> None:
    heard = read_press(payloads.block_action("U1", "D1", BUTTON, {"ts": "2.1"}, "1.1"))
    assert heard is not None
    assert (heard.thread, heard.is_private, heard.message) == ("1.1", True, "D1/2.1")


def test_what_one_person_alone_sees_is_known_by_its_mark() -> None:
    marked = {**BUTTON, "block_id": f"{block_mark('0123456789ab')}:0"}
    heard = read_press(press(marked, is_ephemeral=True))
    assert heard is not None
    assert heard.message == "C1/ephemeral:0123456789ab"
    unmarked = read_press(press(BUTTON, is_ephemeral=True))
    assert unmarked is not None
    assert unmarked.message == "C1/ephemeral:2.1"


def test_a_press_in_the_home_tab_is_private() -> None:
    heard = read_press(payloads.view_action("U1", BUTTON, {"type": "home", "blocks": []}, "t"))
    assert heard is not None
    assert (heard.channel, heard.is_private, heard.is_view) == ("U1", True, True)
    assert (heard.message, heard.response_url) == ("", None)


@pytest.mark.parametrize(
    "action",
    [
        {"type": "static_select", "value": "/close 1"},
        {"type": "static_select", "selected_option": None},
        {"type": "overflow", "selected_option": {"value": "/close 1"}},
        {"type": "button"},
        {},
    ],
)
def test_controls_that_are_not_ours_are_left_alone(action: dict[str, Any]) -> None:
    assert read_press(press(action)) is None


def test_a_shortcut_is_its_command() -> None:
    heard = read_shortcut(payloads.shortcut("U1", "positions", "t1"))
    assert heard is not None
    assert (heard.words, heard.kind, heard.key) == ("/positions", InvocationKind.SHORTCUT, "t1")
    assert (heard.channel, heard.is_private, heard.response_url) == ("U1", True, None)
    assert read_shortcut({**payloads.shortcut("U1", "positions", "t1"), "user": None}) is None


@given(body=_bodies)
def test_nonsense_never_raises(body: dict[str, Any]) -> None:
    read_press(body)
    read_shortcut(body)
