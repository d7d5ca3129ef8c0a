"""Everything on one screen."""

from datetime import timedelta

from core.domain.delivery import Destination, Traffic
from core.domain.positions import ExitReason, PositionState
from core.domain.replies import Tone
from handlers.services import HealthItem
from tests.builders import NOW, make_pause, make_position, money, price, quantity
from tests.fakes.chat import FakeChat, text_of


async def test_status_has_every_figure() -> None:
    chat = FakeChat()
    closed = make_position(
        "BTCUSDT",
        state=PositionState.CLOSED,
        exit_price=price(104),
        exit_quantity=quantity(1),
        exit_reason=ExitReason.TRAILING_STOP,
        pnl_quote=money("3.9"),
        closed_at=NOW - timedelta(minutes=5),
    )
    yesterday = make_position(
        "ETHUSDT", state=PositionState.CLOSED, pnl_quote=money(-50), closed_at=NOW - timedelta(days=1)
    )
    await chat.keep(positions=[make_position(), make_position(exchange="bybit"), closed, yesterday])
    chat.prices.set("binance", "SOLUSDT", 110)
    text = text_of(await chat.say("/status"))
    assert "Mode: PAPER" in text
    assert "Entries: running" in text
    assert "Feed: ok, connected" in text
    assert "Next wave: 10:15, taken in 4m" in text
    assert "Open: 2 (Binance 1, Bybit 1)" in text
    assert "Unrealised: +9.90 USDT (+9.90 %), 1 without a price" in text
    assert "Today: +3.90 USDT realised, 1 closed" in text
    assert "To deliver: nothing waits" in text


async def test_status_shows_pauses_and_faults() -> None:
    chat = FakeChat()
    chat.health_items = [HealthItem(name="feed", is_ok=False, detail="no answer since 10:01")]
    chat.next_wave = None
    async with chat.units.writing() as unit:
        await unit.pauses.add(make_pause("bybit", until_at=NOW + timedelta(hours=2)))
    reply = await chat.say("/status")
    text = text_of(reply)
    assert reply.tone is Tone.WARNING
    assert "Entries: paused: Bybit" in text
    assert "Bybit: paused by Ann since 10:20, until 12:20 (2h left) (news)" in text
    assert "Feed: LOST, no answer since 10:01" in text
    assert "Faults: feed (see /health)" in text
    assert "Next wave: when its signals come" in text
    assert "Open: 0" in text
    assert "Unrealised: 0.00 USDT" in text


async def test_a_wave_being_taken_is_said_so() -> None:
    chat = FakeChat()
    chat.next_wave = (NOW - timedelta(seconds=3), NOW - timedelta(minutes=5))
    assert "Next wave: 10:15, being taken" in text_of(await chat.say("/status"))


async def test_a_destination_that_fails_is_told() -> None:
    chat = FakeChat()
    slack = Destination(platform="slack", address="C1")
    chat.flows = [Traffic(destination=slack, waiting=4, failing_since=NOW - timedelta(minutes=18), error="timed out")]
    reply = await chat.say("/status")
    assert reply.tone is Tone.WARNING
    assert "To deliver: slack:C1: failing since 10:02 (timed out), 4 alerts waiting" in text_of(reply)
    assert "Faults: slack:C1 (see /health)" in text_of(reply)
