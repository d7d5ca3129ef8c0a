"""The last waves."""

from datetime import timedelta

from core.domain.waves import WaveState
from tests.builders import NOW, WAVE_AT, make_wave_result
from tests.fakes.chat import FakeChat, text_of

YESTERDAY = WAVE_AT - timedelta(days=1)


async def kept() -> FakeChat:
    chat = FakeChat()
    async with chat.units.writing() as unit:
        await unit.waves.claim(YESTERDAY, NOW)
        await unit.waves.end(YESTERDAY, WaveState.INTERRUPTED, NOW)
        await unit.waves.claim(WAVE_AT, NOW)
        await unit.waves.add_result(make_wave_result("binance"))
        await unit.waves.add_result(make_wave_result("bybit", executed=0, target=5))
        await unit.waves.end(WAVE_AT, WaveState.FINISHED, NOW)
    return chat


async def test_waves_have_a_row_for_each_exchange() -> None:
    reply = await (await kept()).say("/waves")
    assert reply.title == "Last 2 waves"
    assert reply.table is not None
    assert reply.table.rows == (
        ("10:00", "Bi", "10", "6", "3/3"),
        ("10:00", "By", "10", "6", "0/5"),
        ("11-19 10:00", "-", "-", "-", "cut off"),
    )


async def test_a_count_is_taken() -> None:
    chat = await kept()
    assert (await chat.say("/waves 1")).title == "Last 1 wave"
    assert "1 to 30" in text_of(await chat.say("/waves 31"))
    assert "a second count" in text_of(await chat.say("/waves 1 2"))


async def test_the_list_can_be_narrowed() -> None:
    chat = await kept()
    reply = await chat.say("/waves bybit")
    assert reply.title == "Last 1 wave, Bybit"
    assert reply.table is not None
    assert reply.table.rows == (("10:00", "By", "10", "6", "0/5"),)
    assert (await chat.say("/waves yesterday")).title == "Last 1 wave, yesterday"
    assert "/signals SOLUSDT" in text_of(await chat.say("/waves SOLUSDT"))
    assert "No wave has been seen, 2020-01-01." in text_of(await chat.say("/waves 2020-01-01"))


async def test_no_wave_is_said() -> None:
    assert "No wave has been seen." in text_of(await FakeChat().say("/waves"))
