"""The card of a position, from opened to closed."""

from core.domain.events import PositionOpened
from core.domain.positions import PositionSide, PositionState
from core.domain.replies import Tone
from tests.builders import make_position, money, price
from tests.handlers.cards.reading import GOLDEN, as_golden, whole
from tests.handlers.cards.scenes import POSITION, Stage, example, position_scenes


async def test_the_words_of_every_state_are_as_agreed() -> None:
    """The golden file is what people read; a change of words is a change of that file."""
    assert as_golden(await position_scenes()) == (GOLDEN / "position_cards.txt").read_text(encoding="utf-8")


async def test_what_was_never_opened_has_no_card() -> None:
    stage = Stage()
    assert await stage.show(POSITION) is None
    async with stage.units.writing() as unit:
        await unit.positions.add(make_position(state=PositionState.OPENING))
    assert await stage.show(POSITION) is None


async def test_a_shorts_distances_are_in_its_favour() -> None:
    stage = Stage()
    await stage.keep(side=PositionSide.SHORT, stop_price=price(140), stop_version=2)
    assert "Stop: 140.00 (locks in +2.23 %)" in whole(await stage.see(POSITION))


async def test_the_price_alone_is_not_told_before_something_has_happened() -> None:
    stage = Stage()
    await stage.keep()
    stage.prices.set("binance", "SOLUSDT", 150)
    assert "P&L" not in whole(await stage.see(POSITION, example(PositionOpened)))


async def test_no_price_no_worth() -> None:
    stage = Stage()
    await stage.keep(stop_version=2)
    assert "P&L" not in whole(await stage.see(POSITION))


async def test_a_result_that_is_not_known_has_no_colour() -> None:
    stage = Stage()
    await stage.keep(state=PositionState.CLOSED, pnl_quote=None)
    reply = await stage.see(POSITION)
    assert (reply.tone, reply.fields[0].value) == (Tone.PLAIN, "unknown")
    even = Stage()
    await even.keep(state=PositionState.CLOSED, pnl_quote=money(0))
    assert (await even.see(POSITION)).tone is Tone.GOOD


async def test_a_symbol_too_long_for_a_press_has_none() -> None:
    stage = Stage()
    await stage.keep(symbol="币" * 40, state=PositionState.CLOSED, pnl_quote=money(1))
    assert [button.label for button in (await stage.see(POSITION)).buttons[0]] == ["Outcome"]
