"""Choices instead of a missing argument."""

import pytest

from core.domain.positions import PositionSide
from core.domain.replies import Button
from handlers.pickers import position_picker, word_picker
from tests.builders import make_position
from tests.fakes.chat import BINANCE, BYBIT

EXCHANGES = (BINANCE, BYBIT)
POSITIONS = (make_position(id=9), make_position("ETHUSDT", exchange="bybit", side=PositionSide.SHORT, id=12))


def test_each_position_is_an_option() -> None:
    picker = position_picker("Which position?", POSITIONS, "/position", EXCHANGES)
    assert picker.prompt == "Which position?"
    assert picker.options == (
        Button(label="#9 SOLUSDT LONG · Binance", command="/position 9"),
        Button(label="#12 ETHUSDT SHORT · Bybit", command="/position 12"),
    )


def test_the_id_may_stand_in_the_middle() -> None:
    picker = position_picker("Close half of which?", POSITIONS, "/close {} 50", EXCHANGES)
    assert [option.command for option in picker.options] == ["/close 9 50", "/close 12 50"]


def test_what_no_press_can_carry_is_left_out() -> None:
    picker = word_picker("Which?", [("long", f"/why {'ü' * 30}"), ("just", f"/why {'x' * 55}"), ("short", "/why SOL")])
    assert [option.label for option in picker.options] == ["just", "short"]


def test_a_hundred_options_are_offered_and_long_labels_cut() -> None:
    picker = word_picker("Which?", ((f"{'x' * 80}{number}", f"/why {number}") for number in range(150)))
    assert len(picker.options) == 100
    assert picker.options[-1].command == "/why 99"
    assert len(picker.options[0].label) == 60


def test_nothing_to_choose_from_is_no_question() -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        position_picker("Which?", [], "/close", EXCHANGES)
