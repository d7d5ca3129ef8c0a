"""What every alert has, whatever its kind."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from core.domain.cards import Card
from core.domain.delivery import Alert
from core.domain.events import Event, Severity, event_types
from core.domain.market import TradingMode
from core.domain.replies import Button, Tone
from handlers.alert_renderer import AlertRenderer
from handlers.registry import build_registry, make_registry
from tests.builders import NOW
from tests.fakes.chat import BINANCE, BYBIT, commands_of, text_of
from tests.fakes.events import EVENTS, WAVE_FINISHED
from tests.handlers.cards.scenes import POSITION, WAVE, Stage, position_scenes, wave_scenes

SOURCES = Stage().sources
RENDERER = AlertRenderer(build_registry(), (BINANCE, BYBIT), SOURCES)


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
def test_what_is_urgent_offers_to_take_care_of_it_after_its_own_presses(event: Event) -> None:
    own = build_registry().renderers.get(event.kind, build_registry().renderers[""])(event, alert(event)).buttons
    shown = RENDERER.render(alert(event)).buttons
    row = (Button(label="Ack", command="/ack 17"),)
    assert shown == ((*own, row) if event.severity >= Severity.WARNING and not event.is_relief else own)
    taken = RENDERER.render(alert(event, acked_by="telegram:1 (Ann)", acked_at=NOW))
    assert taken.buttons == own


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_without_a_module_is_told_by_its_facts(event: Event) -> None:
    only_fallback = make_registry((), {"": build_registry().renderers[""]})
    reply = AlertRenderer(only_fallback, (BINANCE, BYBIT), SOURCES).render(alert(event))
    assert reply.title.startswith(event.kind.replace("_", " ").capitalize())
    assert reply.banner == "PAPER"
    assert len(reply.fields) == len(fields(event)) - 2


def test_the_fallback_writes_numbers_and_times_as_usual() -> None:
    only_fallback = make_registry((), {"": build_registry().renderers[""]})
    renderer = AlertRenderer(only_fallback, (), SOURCES)
    told = {event.kind: text_of(renderer.render(alert(event))) for event in EVENTS}
    assert "outage: 7m" in told["feed_restored"]
    assert "changes: stop_loss, 4, 2.5, max_trades, -, 5" in told["params_changed"]
    assert "until at: 12:20" in told["paused"]


def test_the_words_of_every_alert_are_as_agreed() -> None:
    """The golden file is what people read; a change of words is a change of that file."""
    pieces = [text_of(RENDERER.render(alert(event))).strip() for event in EVENTS]
    golden = Path(__file__).with_name("golden") / "alerts.txt"
    assert "\n\n".join(pieces) + "\n" == golden.read_text(encoding="utf-8")


# --- cards --------------------------------------------------------------------------------------------------------


async def test_a_card_has_banner_exchange_and_the_number_of_its_newest_alert() -> None:
    stage = Stage()
    await stage.keep()
    reply = await stage.renderer.render_card(POSITION, alert(WAVE_FINISHED, mode=TradingMode.LIVE))
    assert reply is not None
    assert (reply.banner, reply.alert_id) == ("LIVE", 17)
    assert reply.title.endswith("#1 · Binance")


async def test_a_card_without_an_alert_has_the_mode_of_the_process() -> None:
    stage = Stage()
    await stage.receive()
    reply = await stage.see(WAVE)
    assert (reply.banner, reply.alert_id) == ("PAPER", None)


@pytest.mark.parametrize("kind", ["wave", "position"])
async def test_the_presses_of_cards_are_known_commands(kind: str) -> None:
    scenes = await (wave_scenes() if kind == "wave" else position_scenes())
    known = build_registry()
    pressed = {command.split()[0] for reply in scenes.values() for command in commands_of(reply)}
    assert pressed
    assert {word for word in pressed if known.find(word) is None} == set()


async def test_a_card_that_tells_of_something_urgent_offers_to_take_care_of_it() -> None:
    stage = Stage()
    await stage.keep(stop_price=None)
    bare = next(event for event in EVENTS if event.kind == "unprotected_position")
    said = alert(bare)
    card = await stage.renderer.render_card(POSITION, said)
    taken = await stage.renderer.render_card(POSITION, replace(said, acked_by="telegram:1 (Ann)", acked_at=NOW))
    assert card is not None
    assert taken is not None
    assert commands_of(card) == [*commands_of(taken), "/ack 17"]


async def test_a_card_of_an_unknown_kind_is_not_shown() -> None:
    assert await Stage().show(Card(kind="moon", subject="1", exchange="binance")) is None
