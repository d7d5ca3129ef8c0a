"""A chat that takes nothing any more."""

from dataclasses import replace

from handlers.alerts.delivery_lost import render
from tests.fakes.events import EVENTS
from tests.handlers.cards.scenes import alert

LOST = next(event for event in EVENTS if event.kind == "delivery_lost")


def test_an_error_of_any_length_is_cut() -> None:
    reply = render(replace(LOST, error="x" * 9000), alert(LOST))  # type: ignore[call-arg, arg-type]
    assert len(reply.lines[0]) < 330


def test_without_an_error_nothing_is_said_of_it() -> None:
    reply = render(replace(LOST, error=""), alert(LOST))  # type: ignore[call-arg, arg-type]
    assert len(reply.lines) == 1
