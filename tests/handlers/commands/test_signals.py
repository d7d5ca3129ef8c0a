"""The newest signals."""

from datetime import timedelta

import pytest

from core.domain.verdicts import Verdict
from tests.builders import WAVE_AT, make_signal, make_verdict
from tests.fakes.chat import FakeChat, text_of


@pytest.fixture
async def chat() -> FakeChat:
    chat = FakeChat()
    signals = [
        make_signal(1, wave_at=WAVE_AT - timedelta(days=1)),
        make_signal(2, symbol="ETHUSDT", score_week="71.6"),
        make_signal(3, symbol="ADAUSDT", exchange_id=2),
    ]
    await chat.keep(signals=signals)
    await chat.judge(make_verdict(signals[0], Verdict.STALE), make_verdict(signals[1]))
    return chat


async def test_signals_have_their_wave_score_and_fate(chat: FakeChat) -> None:
    reply = await chat.say("/signals")
    assert reply.table is not None
    assert set(reply.table.rows) == {
        ("10:00", "Bi", "ETH", "B", "132", "+"),
        ("10:00", "By", "ADA", "B", "130", "?"),
        ("11-19 10:00", "Bi", "SOL", "B", "130", "-"),
    }
    assert reply.table.rows[-1][0] == "11-19 10:00"


@pytest.mark.parametrize(
    ("words", "rows"), [("/signals SOL", 1), ("/signals 2", 2), ("/signals bybit 5", 1), ("/signals 1d 1", 1)]
)
async def test_the_list_can_be_narrowed(chat: FakeChat, words: str, rows: int) -> None:
    reply = await chat.say(words)
    assert reply.table is not None
    assert len(reply.table.rows) == rows


async def test_a_symbol_without_signals_names_the_last_wave(chat: FakeChat) -> None:
    async with chat.units.writing() as unit:
        await unit.waves.collect(WAVE_AT)
    text = text_of(await chat.say("/signals XQZWUSDT"))
    assert "No signal has been received, XQZWUSDT." in text
    assert "The last wave was 10:00 with 2 signals." in text


async def test_a_period_shows_its_waves_newest_first(chat: FakeChat) -> None:
    reply = await chat.say("/signals yesterday")
    assert reply.table is not None
    assert [row[0] for row in reply.table.rows] == ["11-19 10:00"]
    assert reply.title == "Last 1 signal, yesterday"
