"""The card of a wave, from received to done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.verdicts import Verdict
from core.domain.waves import WaveStage
from tests.builders import NOW, make_wave_result
from tests.fakes.events import WAVE_FINISHED
from tests.handlers.cards.reading import GOLDEN, as_golden, whole
from tests.handlers.cards.scenes import WAVE, Stage, in_progress, wave_scenes

UNTIL_AT = NOW + timedelta(seconds=30)


@pytest.fixture
async def stage() -> Stage:
    """A wave that was just claimed."""
    stage = Stage()
    await stage.receive()
    return stage


async def test_the_words_of_every_state_are_as_agreed() -> None:
    """The golden file is what people read; a change of words is a change of that file."""
    assert as_golden(await wave_scenes()) == (GOLDEN / "wave_cards.txt").read_text(encoding="utf-8")


async def test_a_wave_that_was_never_seen_has_no_card() -> None:
    assert await Stage().show(WAVE) is None


async def test_only_the_signals_of_the_exchange_count(stage: Stage) -> None:
    async with stage.units.reading() as unit:
        assert len(await unit.signals.of_wave(WAVE.wave_at)) == 8
    assert (await stage.see(WAVE)).title.startswith("Wave 10:00: 7 signals received")


async def test_what_was_just_claimed_and_what_is_just_looked_at_read_the_same(stage: Stage) -> None:
    claimed = await stage.see(WAVE)
    stage.progress = [in_progress(WaveStage.RECEIVED)]
    assert await stage.see(WAVE) == claimed


async def test_validated_candidates_are_about_to_be_executed(stage: Stage) -> None:
    stage.progress = [in_progress(WaveStage.VALIDATED)]
    assert "executing 0/3" in (await stage.see(WAVE)).title


async def test_what_is_open_is_read_from_the_records(stage: Stage) -> None:
    """The last order is on record before the board knows of it."""
    stage.progress = [in_progress(WaveStage.EXECUTING, opened=())]
    async with stage.units.reading() as unit:
        signals = await unit.signals.of_wave(WAVE.wave_at)
    await stage.judge(signals[:1], Verdict.ORDER_UNKNOWN)
    assert "executing 1/3" in (await stage.see(WAVE)).title


async def test_the_end_comes_before_what_the_board_still_says(stage: Stage) -> None:
    stage.progress = [in_progress(WaveStage.EXECUTING)]
    assert "3/5 opened" in (await stage.see(WAVE, WAVE_FINISHED)).title
    async with stage.units.writing() as unit:
        await unit.waves.add_result(make_wave_result(executed=2, target=3))
    assert "2/3 opened" in (await stage.see(WAVE)).title


async def test_the_other_exchanges_progress_is_not_this_ones(stage: Stage) -> None:
    stage.progress = [replace(in_progress(WaveStage.EXECUTING), exchange="bybit")]
    assert "received" in (await stage.see(WAVE)).title


async def test_a_countdown_that_is_over_has_no_seconds_left(stage: Stage) -> None:
    stage.progress = [in_progress(WaveStage.WAITING, veto_until_at=NOW - timedelta(seconds=2))]
    assert "0 s left" in whole(await stage.see(WAVE))


async def test_everything_struck_out_leaves_nothing_to_be_opened(stage: Stage) -> None:
    stage.progress = [in_progress(WaveStage.WAITING, veto_until_at=UNTIL_AT, candidates=(), vetoed=("SOLUSDT",))]
    text = whole(await stage.see(WAVE))
    assert "Nothing is left to be opened." in text
    assert "Drop" not in text


async def test_what_is_open_already_takes_room(stage: Stage) -> None:
    opened = (("BNBUSDT", "BUY"), ("DOGEUSDT", "BUY"))
    stage.progress = [in_progress(WaveStage.WAITING, veto_until_at=UNTIL_AT, opened=opened)]
    assert "About to be opened: SOL BUY.\nIn reserve: ETH SELL" in whole(await stage.see(WAVE))


async def test_many_candidates_have_few_presses_and_the_rest_in_words(stage: Stage) -> None:
    many = tuple((f"C{n:05d}USDT", "BUY") for n in range(60))
    stage.progress = [in_progress(WaveStage.WAITING, veto_until_at=UNTIL_AT, candidates=many, target=50)]
    reply = await stage.see(WAVE)
    assert [len(row) for row in reply.buttons] == [2, 3, 3, 3, 3]
    assert reply.footer == "/veto SYMBOL drops any other."
    assert "and 38 more" in whole(reply)
    assert len(whole(reply)) < 1500


async def test_a_symbol_too_long_for_a_press_has_none(stage: Stage) -> None:
    names = (("币" * 40, "BUY"), ("SOLUSDT", "BUY"))
    stage.progress = [in_progress(WaveStage.WAITING, veto_until_at=UNTIL_AT, candidates=names)]
    reply = await stage.see(WAVE)
    assert [button.command for button in reply.buttons[1]] == ["/veto SOLUSDT binance 2026-11-20T10:00"]
