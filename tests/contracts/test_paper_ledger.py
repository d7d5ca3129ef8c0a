"""What every ledger of the paper exchange promises, the one in memory and the real one alike."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.exchanges.paper.ledger import PaperLedger
from core.domain.orders import OrderState
from storage.paper_ledger import SqlPaperLedger
from tests.builders import at, make_paper_order, make_request, make_stop_request, money, price, quantity
from tests.fakes.ledger import MemoryLedger
from tests.fakes.sqlite import opened


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PaperLedger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    async with opened(tmp_path) as database:
        yield SqlPaperLedger(database)


async def test_orders_come_back_in_the_order_of_their_first_save(ledger: PaperLedger) -> None:
    entry = make_paper_order("b", created_at=at(1))
    stop = make_paper_order(
        "a",
        OrderState.RESTING,
        request=make_stop_request("a", "96.10"),
        filled_quantity=quantity(0),
        filled_price=None,
        fee_quote=money(0),
    )
    elsewhere = make_paper_order("b", exchange="bybit", request=make_request("b", exchange="bybit"))
    for order in (entry, stop, elsewhere):
        await ledger.save(order)
    assert list(await ledger.load("binance")) == [entry, stop]
    filled = replace(entry, filled_price=price("100.250"), realised_quote=money("-3.5"), detail="isolated 1x")
    await ledger.save(filled)
    assert list(await ledger.load("binance")) == [filled, stop]
    assert list(await ledger.load("bybit")) == [elsewhere]
    assert list(await ledger.load("other")) == []


async def test_real_orders_outlive_the_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as database:
        await SqlPaperLedger(database).save(make_paper_order())
    async with opened(tmp_path) as database:
        assert await SqlPaperLedger(database).load("binance") == [make_paper_order()]
