"""Buttons and pickers as blocks."""

from bot.platforms.slack.controls import MAX_LABEL, control_blocks
from core.domain.replies import Button, Picker, Reply
from tests.fakes.slack_blocks import buttons_of, find_faults, options_of


def picker(count: int, label: str = "#") -> Picker:
    options = tuple(
        Button(label=f"{label}{number}", command=f"/close {number}", is_danger=True) for number in range(count)
    )
    return Picker(prompt="Which *position*?", options=options)


def test_few_options_are_buttons() -> None:
    blocks, left_out = control_blocks(Reply(picker=picker(5)))
    assert left_out == 0
    assert find_faults(blocks) == []
    assert [button["value"] for button in buttons_of(blocks)] == [f"/close {number}" for number in range(5)]
    assert {button["style"] for button in buttons_of(blocks)} == {"danger"}
    assert blocks[0]["text"]["text"] == "Which \u2217position\u2217?"


def test_many_options_are_one_choice() -> None:
    for count in (6, 100):
        blocks, left_out = control_blocks(Reply(picker=picker(count, "😀" * 50)))
        assert left_out == 0
        assert find_faults(blocks) == []
        assert not buttons_of(blocks)
        options = [option for _, option in options_of(blocks)]
        assert [option["value"] for option in options] == [f"/close {number}" for number in range(count)]
        assert all(len(option["text"]["text"].encode("utf-16-le")) // 2 <= MAX_LABEL for option in options)


def test_a_picker_and_buttons_go_together() -> None:
    buttons = ((Button(label="Cancel", command="/help"),),)
    for count in (3, 30):
        blocks, _ = control_blocks(Reply(picker=picker(count), buttons=buttons))
        assert find_faults(blocks) == []
        assert buttons_of(blocks)[0]["value"] == "/help"


def test_a_picker_without_words_is_still_a_picker() -> None:
    options = tuple(Button(label="\u202e", command=f"/close {number}") for number in range(7))
    blocks, _ = control_blocks(Reply(picker=Picker(prompt="\x00", options=options)))
    assert find_faults(blocks) == []
    assert [option["text"]["text"] for _, option in options_of(blocks)][:2] == ["/close 0", "/close 1"]


def test_a_mark_is_in_every_block() -> None:
    blocks, _ = control_blocks(Reply(picker=picker(7), buttons=((Button(label="a", command="a"),),)), "only-ab")
    assert [block["block_id"] for block in blocks] == ["only-ab:0", "only-ab:1", "only-ab:2"]
    assert find_faults(blocks) == []
