import pytest

from bot.platforms.telegram.keys import MOST_KEYS, Key, keyboard, options_left_out
from core.domain.replies import Button, Picker, Reply


def options(count: int) -> Picker:
    made = tuple(Button(label=f"SYM{number}", command=f"/close {number}") for number in range(count))
    return Picker(prompt="Which?", options=made)


def row(count: int) -> tuple[Button, ...]:
    return tuple(Button(label=f"Go {number}", command=f"/go {number}") for number in range(count))


def test_options_stand_two_a_row_above_the_buttons() -> None:
    keys = keyboard(Reply(picker=options(3), buttons=(row(3),)))
    assert [[key.label for key in line] for line in keys] == [["SYM0", "SYM1"], ["SYM2"], ["Go 0", "Go 1", "Go 2"]]
    assert keys[1][0] == Key(label="SYM2", words="/close 2")


@pytest.mark.parametrize(("count", "buttons", "left_out"), [(100, 0, 0), (100, 2, 2), (98, 2, 0), (5, 120, 5)])
def test_a_hundred_is_the_most_and_buttons_come_first(count: int, buttons: int, left_out: int) -> None:
    picker = options(count)
    reply = Reply(picker=picker, buttons=(row(buttons),))
    keys = [key for line in keyboard(reply) for key in line]
    assert options_left_out(reply, picker) == left_out
    assert len(keys) == min(MOST_KEYS, count + buttons)
    assert sum(key.words.startswith("/close") for key in keys) == count - left_out


def test_too_many_buttons_are_rearranged_and_cut() -> None:
    keys = keyboard(Reply(buttons=(row(20), (), *(row(1),) * 120)))
    assert sum(map(len, keys)) == MOST_KEYS
    assert [len(line) for line in keys[:4]] == [8, 8, 4, 1]


def test_labels_are_clean_short_and_never_empty() -> None:
    labels = ["\u202e</b>\nClose", "x" * 80, "\u200b"]
    made = tuple(Button(label=label, command="/x 1") for label in labels)
    [keys] = keyboard(Reply(buttons=(made,)))
    assert [key.label for key in keys] == ["</b> Close", "x" * 39 + "…", "/x 1"]
    [[danger]] = keyboard(Reply(buttons=((Button(label="Close", command="/close 1", is_danger=True),),)))
    assert danger.label == "❗ Close"


def test_the_longest_command_fits() -> None:
    [[key]] = keyboard(Reply(buttons=((Button(label="x", command="/" + "é" * 29),),)))
    assert len(key.words.encode()) <= 64
