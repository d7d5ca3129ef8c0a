"""Striking candidates out of a wave in progress."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.replies import Tone
from core.domain.signals import Side
from core.domain.verdicts import Verdict
from core.domain.waves import WaveProgress, WaveStage, WaveState
from handlers import texts
from tests.builders import NOW, WAVE_AT, make_signal, make_verdict
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of


def progress(exchange: str = "binance", stage: WaveStage = WaveStage.WAITING, **changes: object) -> WaveProgress:
    values = {
        "received": 5,
        "candidates": (("SOLUSDT", Side.BUY.value), ("ETHUSDT", Side.SELL.value)),
        "veto_until_at": NOW + timedelta(seconds=30) if stage is WaveStage.WAITING else None,
        **changes,
    }
    return WaveProgress(wave_at=WAVE_AT, exchange=exchange, stage=stage, **values)  # type: ignore[arg-type]


@pytest.fixture
def chat() -> FakeChat:
    """A wave that waits on both exchanges."""
    chat = FakeChat()
    chat.desk.progress = [progress(), progress("bybit", candidates=(("SOLUSDT", "BUY"),))]
    return chat


async def test_without_a_name_everything_is_offered(chat: FakeChat) -> None:
    reply = await chat.say("/veto", by=OLE)
    assert commands_of(reply) == [
        "/veto wave binance 2026-11-20T10:00",
        "/veto go binance 2026-11-20T10:00",
        "/veto SOLUSDT binance 2026-11-20T10:00",
        "/veto ETHUSDT binance 2026-11-20T10:00",
        "/veto wave bybit 2026-11-20T10:00",
        "/veto go bybit 2026-11-20T10:00",
        "/veto SOLUSDT bybit 2026-11-20T10:00",
    ]
    assert reply.picker is not None
    assert [option.label for option in reply.picker.options[:3]] == [
        "Skip the wave on Binance",
        "Go now on Binance",
        "SOL BUY on Binance",
    ]


@pytest.mark.parametrize("words", ["/veto", "/veto SOL", "/veto wave", "/veto go"])
async def test_no_wave_no_veto(words: str) -> None:
    reply = await FakeChat().say(words)
    assert reply.lines == ("No wave is in progress.", "The next one is taken at 10:24:00 UTC.")


async def test_waves_taken_as_they_arrive_have_no_time() -> None:
    chat = FakeChat()
    chat.next_wave = None
    assert (await chat.say("/veto")).lines == ("No wave is in progress.",)


@pytest.mark.parametrize("word", ["SOL", "sol", "SOLUSDT", "sol/usdt"])
async def test_a_symbol_is_struck_out_everywhere(chat: FakeChat, word: str) -> None:
    reply = await chat.say(f"/veto {word}", by=OLE)
    assert reply.lines == ("Struck out on Binance: SOL.", "Struck out on Bybit: SOL.")
    assert (reply.banner, reply.tone) == ("PAPER", Tone.GOOD)
    assert chat.desk.calls == ["veto SOLUSDT everywhere"]
    entry = (await chat.audit())[-1]
    assert entry.before == "binance SOL, ETH; bybit SOL"
    assert entry.after == "binance SOLUSDT vetoed; bybit SOLUSDT vetoed"


async def test_an_exchange_can_be_named(chat: FakeChat) -> None:
    assert (await chat.say("/veto SOL Bybit")).lines == ("Struck out on Bybit: SOL.",)
    assert chat.desk.calls == ["veto SOLUSDT bybit"]


async def test_the_wave_can_be_skipped(chat: FakeChat) -> None:
    reply = await chat.say("/veto wave binance")
    assert reply.lines == ("Struck out on Binance: SOL, ETH.",)
    again = await chat.say("/veto wave binance")
    assert again.lines == ("Nothing was left to strike out.",)
    assert (await chat.audit())[-1].after is None


async def test_what_is_open_is_too_late(chat: FakeChat) -> None:
    chat.desk.progress = [progress(stage=WaveStage.EXECUTING, opened=(("ADAUSDT", "BUY"),))]
    reply = await chat.say("/veto ADA")
    assert reply.lines == ("Too late on Binance: ADA open already; /close ends a position.",)
    assert reply.tone is Tone.NOTICE
    whole = await chat.say("/veto wave")
    assert whole.lines[0] == "Struck out on Binance: SOL, ETH."
    assert whole.lines[1].startswith("Too late on Binance: ADA open already")


async def test_an_order_on_its_way_is_too_late(chat: FakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(**_: object) -> list[tuple[str, str]]:
        return []

    monkeypatch.setattr(chat.desk, "veto", nothing)
    reply = await chat.say("/veto ETH")
    assert reply.lines == ("Too late on Binance: the order of ETH is on its way.",)


async def test_what_was_struck_out_before_is_said(chat: FakeChat) -> None:
    await chat.say("/veto ETH")
    assert (await chat.say("/veto ETH")).lines == ("ETH was struck out on Binance before.",)


async def test_go_ends_the_wait(chat: FakeChat) -> None:
    assert (await chat.say("/veto go bybit")).lines == ("Bybit: traded now, without what is struck out.",)
    assert (await chat.audit())[-1].after == "bybit trading"
    assert (await chat.say("/veto go bybit")).lines == ("Nothing waits for a veto.",)


async def test_a_symbol_of_no_wave_gets_the_nearest(chat: FakeChat) -> None:
    assert "did you mean ETHUSDT?" in text_of(await chat.say("/veto ETJ"))
    assert "is in no wave in progress." in text_of(await chat.say("/veto 12345678"))
    assert chat.desk.calls == []


async def test_before_candidates_are_chosen_any_known_symbol_may_be_named() -> None:
    chat = FakeChat()
    await chat.keep(signals=[make_signal()])
    chat.desk.progress = [progress(stage=WaveStage.RECEIVED, candidates=())]
    reply = await chat.say("/veto sol")
    assert chat.desk.calls == ["veto SOLUSDT everywhere"]
    assert reply.lines == ("SOLUSDT is not in line for the wave in progress.",)
    assert commands_of(await chat.say("/veto")) == ["/veto wave binance 2026-11-20T10:00"]


async def test_sent_orders_leave_nothing_to_choose() -> None:
    chat = FakeChat()
    chat.desk.progress = [progress(stage=WaveStage.EXECUTING, candidates=())]
    assert (await chat.say("/veto")).lines == ("Nothing is left to strike out: the orders of this wave are sent.",)


@pytest.mark.parametrize(
    "words",
    [
        "/veto SOL binance now",
        "/veto SOL kraken",
        "/veto SOL binance bybit",
        "/veto SOL binance 10:00 10:15",
        "/veto SOL binance 10:07",
    ],
)
async def test_wrong_words_get_the_usage(chat: FakeChat, words: str) -> None:
    assert "Usage: /veto <SYMBOL|wave|go> [exchange] [wave]" in text_of(await chat.say(words))
    assert chat.desk.calls == []


# --- presses of one wave ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["/veto {} binance 2026-11-20T10:00", "/veto {} 10:00 Binance"])
@pytest.mark.parametrize("what", ["wave", "go", "SOLUSDT"])
async def test_a_press_reaches_its_own_wave(chat: FakeChat, words: str, what: str) -> None:
    await chat.say(words.format(what), by=OLE)
    verb = "go" if what == "go" else f"veto {what}"
    assert chat.desk.calls == [f"{verb} binance of 10:00"]


async def test_a_wave_without_an_exchange_means_all_of_them(chat: FakeChat) -> None:
    assert (await chat.say("/veto SOL 10:00")).lines == ("Struck out on Binance: SOL.", "Struck out on Bybit: SOL.")
    assert chat.desk.calls == ["veto SOLUSDT everywhere of 10:00"]


@pytest.mark.parametrize("what", ["wave", "go", "SOLUSDT"])
async def test_an_old_press_never_reaches_a_later_wave(what: str) -> None:
    chat = FakeChat()
    bought, left_out = make_signal(), make_signal(2, symbol="ETHUSDT", side=Side.SELL)
    await chat.keep(signals=[bought, left_out])
    await chat.judge(
        make_verdict(bought, facts={"quantity": "0.7", "price": "143.2", "position_id": 7}),
        make_verdict(left_out, Verdict.VETOED, facts={"author": "telegram:2 (Ole)", "via": "symbol"}),
    )
    async with chat.units.writing() as unit:
        await unit.waves.claim(WAVE_AT, NOW)
        await unit.waves.end(WAVE_AT, WaveState.FINISHED, NOW)
    chat.desk.progress = [replace(progress(), wave_at=WAVE_AT + timedelta(minutes=15))]
    reply = await chat.say(f"/veto {what} binance {texts.wave_key(WAVE_AT)}", by=OLE)
    assert chat.desk.calls == []
    assert chat.desk.progress[0].vetoed == ()
    assert (reply.title, reply.tone) == ("Wave 10:00 on Binance is over", Tone.NOTICE)
    said = "At 10:20 SOL was bought: 0.7 at 143.20 (position #7)."
    assert reply.lines == ((said,) if what == "SOLUSDT" else ("Binance: SOL opened; 1 vetoed.",))
    assert (await chat.audit())[-1].after is None


async def test_a_viewer_may_not(chat: FakeChat) -> None:
    await chat.say("/veto SOL", by=VIC)
    assert chat.desk.calls == []
