"""What is in the rows of an export."""

from datetime import timedelta

import pytest

from handlers.export_rows import SHEETS, Span
from tests.builders import NOW, WAVE_AT, make_audit_entry, make_position, make_signal
from tests.fakes.chat import BINANCE, FakeChat

SPAN = Span(since_at=NOW - timedelta(days=1), until_at=NOW, is_newest=True, exchanges=(BINANCE,))


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    bare = make_position("ETHUSDT", exchange="bybit", wave_at=None, signal_id=None, created_at=NOW - timedelta(hours=1))
    await chat.keep(signals=[make_signal(1), make_signal(2, exchange_id=7)], positions=[bare])
    async with chat.units.writing() as unit:
        await unit.audit.add(make_audit_entry(at=WAVE_AT))
    return chat


@pytest.mark.parametrize("kind", ["signals", "positions", "audit"])
async def test_every_row_has_a_cell_a_column(chat: FakeChat, kind: str) -> None:
    sheet = SHEETS[kind]
    async with chat.units.reading() as unit:
        rows = await sheet.read(unit, SPAN)
    assert rows
    assert {len(row) for row in rows} == {len(sheet.columns)}
    assert len(set(sheet.columns)) == len(sheet.columns)


async def test_an_exchange_that_is_not_traded_has_its_number_only(chat: FakeChat) -> None:
    async with chat.units.reading() as unit:
        rows = await SHEETS["signals"].read(unit, SPAN)
    names = [dict(zip(SHEETS["signals"].columns, row, strict=True)) for row in rows]
    assert {(row["exchange_id"], row["exchange"]) for row in names} == {(1, "binance"), (7, None)}


async def test_what_is_live_is_in_the_newest_span_only(chat: FakeChat) -> None:
    older = Span(since_at=SPAN.since_at, until_at=NOW, is_newest=False, exchanges=())
    before = Span(since_at=SPAN.since_at, until_at=NOW - timedelta(hours=2), is_newest=True, exchanges=())
    async with chat.units.reading() as unit:
        assert len(await SHEETS["positions"].read(unit, SPAN)) == 1
        assert await SHEETS["positions"].read(unit, older) == []
        assert await SHEETS["positions"].read(unit, before) == []
        assert await SHEETS["outcomes"].read(unit, SPAN) == []
