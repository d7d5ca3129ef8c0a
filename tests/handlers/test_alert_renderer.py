"""What every alert has, whatever its kind."""

from dataclasses import fields
from pathlib import Path

import pytest

from core.domain.delivery import Alert
from core.domain.events import Event, Severity, event_types
from core.domain.market import TradingMode
from core.domain.replies import Tone
from handlers.alert_renderer import AlertRenderer
from handlers.registry import build_registry, make_registry
from tests.builders import NOW
from tests.fakes.chat import BINANCE, BYBIT, commands_of, text_of
from tests.fakes.events import EVENTS

RENDERER = AlertRenderer(build_registry(), (BINANCE, BYBIT))


def alert(event: Event, **changes: object) -> Alert:
    values = {
        "id": 17,
        "kind": event.kind,
        "severity": event.severity,
        "mode": TradingMode.PAPER,
        "created_at": NOW,
        "event": event,
    }
    return Alert(**{**values, **changes})  # type: ignore[arg-type]


def test_every_kind_of_event_is_among_the_examples() -> None:
    assert {event.kind for event in EVENTS} == set(event_types())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
@pytest.mark.parametrize("mode", TradingMode)
def test_every_alert_has_banner_number_title_and_known_presses(event: Event, mode: TradingMode) -> None:
    reply = RENDERER.render(alert(event, mode=mode))
    assert (reply.banner, reply.alert_id) == (mode.value.upper(), 17)
    assert reply.title
    assert "None" not in text_of(reply)
    known = build_registry()
    assert all(known.find(command.split()[0]) for command in commands_of(reply))
    assert reply == RENDERER.render(alert(event, mode=mode))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_the_exchange_is_named_by_its_title(event: Event) -> None:
    title = RENDERER.render(alert(event)).title
    assert title.endswith("· Binance") == (event.exchange == "binance")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_what_is_critical_looks_critical(event: Event) -> None:
    tone = RENDERER.render(alert(event)).tone
    assert (tone is Tone.CRITICAL) == (event.severity is Severity.CRITICAL)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_without_a_module_is_told_by_its_facts(event: Event) -> None:
    only_fallback = make_registry((), {"": build_registry().renderers[""]})
    reply = AlertRenderer(only_fallback, (BINANCE, BYBIT)).render(alert(event))
    assert reply.title.startswith(event.kind.replace("_", " ").capitalize())
    assert reply.banner == "PAPER"
    assert len(reply.fields) == len(fields(event)) - 2


def test_the_fallback_writes_numbers_and_times_as_usual() -> None:
    only_fallback = make_registry((), {"": build_registry().renderers[""]})
    renderer = AlertRenderer(only_fallback, ())
    told = {event.kind: text_of(renderer.render(alert(event))) for event in EVENTS}
    assert "outage: 7m" in told["feed_restored"]
    assert "changes: stop_loss, 4, 2.5, max_trades, -, 5" in told["params_changed"]
    assert "until at: 12:20" in told["paused"]


def test_the_words_of_every_alert_are_as_agreed() -> None:
    """The golden file is what people read; a change of words is a change of that file."""
    pieces = [text_of(RENDERER.render(alert(event))).strip() for event in EVENTS]
    golden = Path(__file__).with_name("golden") / "alerts.txt"
    assert "\n\n".join(pieces) + "\n" == golden.read_text(encoding="utf-8")
