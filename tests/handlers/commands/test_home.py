"""The control panel."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.delivery import Destination, Traffic
from core.domain.replies import Tone
from core.domain.waves import WaveProgress, WaveStage
from tests.builders import NOW, WAVE_AT, make_pause, make_position
from tests.fakes.chat import ADA, OLE, VIC, FakeChat, commands_of, text_of

WAITING = WaveProgress(
    wave_at=WAVE_AT,
    exchange="binance",
    stage=WaveStage.WAITING,
    received=12,
    target=3,
    candidates=(("SOLUSDT", "BUY"), ("ETHUSDT", "SELL")),
    vetoed=("ADAUSDT",),
    veto_until_at=NOW + timedelta(seconds=90),
)


@pytest.fixture
def chat() -> FakeChat:
    return FakeChat()


async def test_everything_is_on_one_screen(chat: FakeChat) -> None:
    await chat.keep(positions=[make_position(), make_position("ETHUSDT", exchange="bybit")])
    chat.prices.set("binance", "SOLUSDT", 110)
    reply = await chat.say("/home")
    text = text_of(reply)
    assert (reply.title, reply.banner, reply.tone) == ("Wavehelm", "PAPER", Tone.PLAIN)
    for piece in (
        "Entries: running",
        "Next wave: 10:15, taken in 4m",
        "Open: 2 (Binance 1, Bybit 1)",
        "Unrealised: +9.90 USDT (+9.90 %), 1 without a price",
        "To deliver: nothing waits",
        "2 | ETH | L | By | -",
        "1 | SOL | L | Bi | +9.90",
        "As of 10:20:00 UTC.",
    ):
        assert piece in text
    assert "To confirm" not in text


async def test_a_wave_that_waits_can_be_vetoed_from_here(chat: FakeChat) -> None:
    executing = replace(
        WAITING,
        exchange="bybit",
        stage=WaveStage.EXECUTING,
        veto_until_at=None,
        opened=(("XRPUSDT", "BUY"),),
        vetoed=(),
    )
    chat.desk.progress = [WAITING, executing]
    reply = await chat.say("/home", by=OLE)
    assert reply.lines == (
        "Wave 10:00 on Binance: trades in 90s unless somebody says otherwise, 1 vetoed. Candidates: SOL BUY, ETH SELL.",
        "Wave 10:00 on Bybit: executing, 1/3 opened.",
    )
    assert commands_of(reply)[:4] == [
        "/veto wave binance 2026-11-20T10:00",
        "/veto go binance 2026-11-20T10:00",
        "/veto SOLUSDT binance 2026-11-20T10:00",
        "/veto ETHUSDT binance 2026-11-20T10:00",
    ]


async def test_a_wave_may_be_left_out_by_default(chat: FakeChat) -> None:
    chat.desk.progress = [replace(WAITING, trades_by_default=False, vetoed=())]
    assert "on Binance: is left out in 90s unless" in text_of(await chat.say("/home"))


async def test_each_role_is_offered_what_it_may_do(chat: FakeChat) -> None:
    chat.desk.progress = [WAITING]
    offered = {by.name: set(commands_of(await chat.say("/home", by=by))) for by in (VIC, OLE, ADA)}
    assert not {command for command in offered["Vic"] if command.startswith(("/veto", "/pause", "/audit", "/close"))}
    assert {"/positions", "/home", "/help"} <= offered["Vic"]
    assert {"/pause all", "/veto wave binance 2026-11-20T10:00"} <= offered["Ole"]
    assert "/audit" not in offered["Ole"]
    assert {"/audit", "/config"} <= offered["Ada"]
    assert offered["Vic"] < offered["Ole"] < offered["Ada"]


async def test_every_press_names_a_command_that_there_is(chat: FakeChat) -> None:
    chat.desk.progress = [WAITING]
    for command in commands_of(await chat.say("/home")):
        assert chat.registry.find(command.split()[0]) is not None


async def test_pauses_faults_and_questions_are_shown(chat: FakeChat) -> None:
    async with chat.units.writing() as unit:
        await unit.pauses.add(make_pause("bybit"))
    reply = await chat.say("/home")
    assert reply.tone is Tone.NOTICE
    assert "Bybit: paused by Ann since 10:20" in text_of(reply)
    chat.flows = [
        Traffic(destination=Destination(platform="slack", address="C1"), waiting=3, is_lost=True, error="archived")
    ]
    await chat.keep(positions=[make_position()])
    await chat.say("/close SOL")
    reply = await chat.say("/home")
    assert reply.tone is Tone.WARNING
    assert "To deliver: slack:C1: LOST (archived), 3 alerts waiting" in text_of(reply)
    assert "To confirm: 1 question waiting" in text_of(reply)


async def test_a_long_book_and_a_long_wave_stay_short(chat: FakeChat) -> None:
    await chat.keep(positions=[make_position(f"C{number}USDT") for number in range(40)])
    many = tuple((f"C{number}USDT", "BUY") for number in range(50))
    chat.desk.progress = [replace(WAITING, candidates=(("ü" * 30, "BUY"), *many))]
    reply = await chat.say("/home")
    assert reply.table is not None
    assert len(reply.table.rows) == 12
    assert "And 28 more." in reply.footer
    drops = [command for command in commands_of(reply) if command.startswith("/veto C")]
    assert len(drops) == 6
    assert "and 43 more" in text_of(reply)
