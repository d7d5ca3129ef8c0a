"""Orders and positions."""

from dataclasses import replace

import pytest

from core.domain.errors import Bug
from core.domain.orders import OrderState
from core.domain.positions import ExitReason, PositionSide, PositionState
from core.ports.storage import Units
from tests.builders import (
    at,
    make_fill,
    make_leg,
    make_order,
    make_position,
    make_request,
    money,
    price,
    quantity,
)


async def test_an_order_from_intent_to_result(units: Units) -> None:
    intent = make_order("a", created_at=at(1))
    result = replace(
        intent,
        state=OrderState.FILLED,
        filled_quantity=quantity("0.10"),
        filled_price=price("101.5"),
        fee_quote=money(0),
    )
    early = make_order("b", OrderState.UNKNOWN, detail="timed out")
    async with units.writing() as unit:
        await unit.positions.add(make_position(state=PositionState.OPENING))
        await unit.orders.add(intent)
        await unit.orders.add(early)
        assert await unit.orders.unsettled() == [early, intent]
        await unit.orders.save(result)
    async with units.reading() as unit:
        assert await unit.orders.get("a") == result
        assert await unit.orders.get("c") is None
        assert await unit.orders.unsettled() == [early]
        assert await unit.orders.of_position(1) == [early, result]
        assert await unit.orders.of_position(2) == []


async def test_orders_that_cannot_be(units: Units) -> None:
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        await unit.orders.add(make_order("a"))
        with pytest.raises(Bug, match="a"):
            await unit.orders.add(make_order("a", request=make_request("a", symbol="XRPUSDT")))
        with pytest.raises(Bug, match="position 9"):
            await unit.orders.add(make_order("b", position_id=9))
        with pytest.raises(Bug, match="not stored"):
            await unit.orders.save(make_order("c"))
    async with units.reading() as unit:
        assert await unit.orders.of_position(1) == [make_order("a")]


async def test_a_position_from_opening_to_closed(units: Units) -> None:
    async with units.writing() as unit:
        opening = await unit.positions.add(make_position(state=PositionState.OPENING, side=PositionSide.SHORT))
        assert opening.id == 1
        assert await unit.positions.live() == [opening]
        opened = opening.opened(make_fill("1.50", "100.10"))
        await unit.positions.save(opened)
        assert await unit.positions.get(1) == opened
        closed = opened.reduced(make_fill("1.50", "90", filled_at=at(5)), ExitReason.TRAILING_STOP)
        await unit.positions.save(closed)
    async with units.reading() as unit:
        assert await unit.positions.get(1) == closed
        assert await unit.positions.get(2) is None
        assert await unit.positions.live() == []
        assert await unit.positions.ended() == [closed]


async def test_a_symbol_holds_one_live_position(units: Units) -> None:
    async with units.writing() as unit:
        first = await unit.positions.add(make_position())
        with pytest.raises(Bug, match="SOLUSDT"):
            await unit.positions.add(make_position(state=PositionState.OPENING))
        other = await unit.positions.add(make_position(exchange="bybit"))
        await unit.positions.save(first.moved_to(PositionState.CLOSED))
        again = await unit.positions.add(make_position())
        with pytest.raises(Bug, match="SOLUSDT"):
            await unit.positions.save(first)
        with pytest.raises(Bug, match="not stored"):
            await unit.positions.save(make_position(id=99, symbol="XRPUSDT"))
    async with units.reading() as unit:
        assert await unit.positions.live() == [other, again]


async def test_a_fill_counts_once(units: Units) -> None:
    entry, stop = make_leg(client_order_id="a", filled_at=at(1)), make_leg(client_order_id="b")
    async with units.writing() as unit:
        await unit.positions.add(make_position())
        for leg in (entry, stop, replace(entry, quantity=quantity(9))):
            await unit.positions.add_leg(leg)
        with pytest.raises(Bug, match="position 9"):
            await unit.positions.add_leg(make_leg(9, "c"))
    async with units.reading() as unit:
        assert await unit.positions.legs(1) == [stop, entry]
        assert await unit.positions.legs(2) == []


async def test_ended_positions_newest_first(units: Units) -> None:
    closed = [
        make_position(
            symbol, exchange=exchange, state=PositionState.CLOSED, closed_at=at(minutes), pnl_quote=money("-1.5")
        )
        for symbol, exchange, minutes in (("AUSDT", "binance", 1), ("AUSDT", "bybit", 3), ("BUSDT", "binance", 2))
    ]
    async with units.writing() as unit:
        first, last, middle = [await unit.positions.add(position) for position in closed]
        await unit.positions.add(make_position(state=PositionState.FAILED, closed_at=at(2)))
        await unit.positions.add(make_position(state=PositionState.CLOSING))
        assert await unit.positions.ended() == [last, middle, first]
        assert await unit.positions.ended(limit=1) == [last]
        assert await unit.positions.ended(since=at(2)) == [last, middle]
        assert await unit.positions.ended(until=at(2)) == [first]
        assert await unit.positions.ended(exchange="binance", symbol="AUSDT") == [first]
