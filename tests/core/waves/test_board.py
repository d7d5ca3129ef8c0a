"""Line-ups: whoever was taken cannot be struck out, whoever was struck out cannot be taken."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.cards import wave_card
from core.domain.signals import Signal
from core.domain.verdicts import Verdict
from core.domain.waves import ParamsSource, WaveStage
from core.waves.board import LineUp, WaveBoard
from tests.builders import NOW, WAVE_AT, make_signal, make_wave_params, make_wave_signals

SIGNALS = make_wave_signals(4)


def validated(signals: list[Signal] = SIGNALS, exchange: str = "binance") -> LineUp:
    line_up = LineUp(wave_at=WAVE_AT, exchange=exchange, received=len(signals), signals=signals)
    line_up.plan(make_wave_params())
    line_up.narrow(signals, selected=len(signals), valid=len(signals))
    return line_up


def symbols(line_up: LineUp) -> list[str]:
    return [symbol for symbol, _ in line_up.progress.candidates]


def test_candidates_are_told_once_they_are_known() -> None:
    line_up = LineUp(wave_at=WAVE_AT, exchange="binance", received=4, signals=SIGNALS)
    assert line_up.progress.candidates == ()
    line_up.plan(make_wave_params())
    line_up.narrow(SIGNALS[:2], selected=3, valid=2)
    seen = line_up.progress
    assert (seen.stage, seen.received, seen.selected, seen.valid) == (WaveStage.VALIDATED, 4, 3, 2)
    assert (seen.target, seen.params_source) == (3, ParamsSource.WAVE)
    assert seen.candidates == (("C00001USDT", "BUY"), ("C00002USDT", "BUY"))
    assert line_up.card == wave_card(WAVE_AT, "binance")


def test_striking_out_before_validation_takes_all_signals_of_the_symbol() -> None:
    signals = [make_signal(1), make_signal(2), make_signal(3, symbol="ETHUSDT")]
    line_up = LineUp(wave_at=WAVE_AT, exchange="binance", received=3, signals=signals)
    struck = line_up.strike("SOLUSDT", {"author": "Ann"})
    assert [(r.signal.id, r.verdict, r.facts) for r in struck] == [
        ("1", Verdict.VETOED, {"author": "Ann"}),
        ("2", Verdict.VETOED, {"author": "Ann"}),
    ]
    line_up.narrow(signals, selected=3, valid=3)
    assert symbols(line_up) == ["ETHUSDT"]
    assert line_up.progress.vetoed == ("SOLUSDT",)


def test_a_second_veto_finds_nothing() -> None:
    line_up = validated()
    assert len(line_up.strike("C00002USDT", {})) == 1
    assert line_up.strike("C00002USDT", {}) == []
    assert line_up.progress.vetoed == ("C00002USDT",)


def test_the_one_that_was_sent_is_told_until_it_lands() -> None:
    line_up = validated()
    assert line_up.take(SIGNALS[0])
    assert symbols(line_up)[0] == "C00001USDT"
    assert line_up.strike("C00001USDT", {}) == []
    line_up.land(SIGNALS[0], is_open=True)
    assert line_up.opened == (("C00001USDT", "BUY"),)
    assert "C00001USDT" not in symbols(line_up)
    assert line_up.take(SIGNALS[1])
    line_up.land(SIGNALS[1], is_open=False)
    assert (len(line_up.opened), symbols(line_up)) == (1, ["C00003USDT", "C00004USDT"])


def test_a_dropped_one_is_neither_sent_nor_struck_out() -> None:
    line_up = validated()
    line_up.drop(SIGNALS[0])
    assert not line_up.has(SIGNALS[0])
    assert not line_up.take(SIGNALS[0])
    assert line_up.strike("C00001USDT", {}) == []
    assert line_up.struck == ()


def test_a_closed_line_has_nothing_left() -> None:
    line_up = validated()
    line_up.take(SIGNALS[0])
    line_up.close()
    assert (line_up.strike(None, {}), line_up.progress.candidates) == ([], ())


@given(st.lists(st.tuples(st.sampled_from(["take", "strike", "drop", "close"]), st.integers(0, 3))))
def test_nobody_is_both_sent_and_struck_out(moves: list[tuple[str, int]]) -> None:
    line_up = validated()
    sent: list[str] = []
    for verb, index in moves:
        signal = SIGNALS[index]
        if verb == "take" and line_up.take(signal):
            sent.append(signal.symbol)
        elif verb == "strike":
            line_up.strike(signal.symbol, {})
        elif verb == "drop":
            line_up.drop(signal)
        elif verb == "close":
            line_up.close()
    struck = [rejection.signal.symbol for rejection in line_up.struck]
    assert len(set(sent + struck)) == len(sent) + len(struck)


def test_go_ends_a_wait_once() -> None:
    line_up = validated()
    assert not line_up.go(), "nothing waits"
    line_up.wait(NOW + timedelta(seconds=30), trades_by_default=False)
    seen = line_up.progress
    assert (seen.stage, seen.trades_by_default) == (WaveStage.WAITING, False)
    assert seen.veto_until_at == NOW + timedelta(seconds=30)
    assert line_up.go()
    assert line_up.decided.is_set()
    assert not line_up.go()
    line_up.execute()
    assert (line_up.progress.stage, line_up.progress.veto_until_at) == (WaveStage.EXECUTING, None)


def test_a_wait_without_candidates_is_decided() -> None:
    line_up = validated()
    line_up.wait(NOW, trades_by_default=True)
    line_up.strike(None, {})
    assert line_up.decided.is_set()
    assert not line_up.has_go
    struck_before = validated()
    struck_before.strike(None, {})
    struck_before.wait(NOW, trades_by_default=True)
    assert struck_before.decided.is_set()


def test_the_board_tells_by_exchange_and_forgets() -> None:
    board = WaveBoard()
    bybit, binance = validated(exchange="bybit"), validated()
    board.put(bybit)
    board.put(binance)
    assert [p.exchange for p in board.progress()] == ["binance", "bybit"]
    assert board.line_ups("bybit") == [bybit]
    assert board.of(WAVE_AT, "binance") == binance.progress
    board.remove(binance)
    board.remove(binance)
    assert board.of(WAVE_AT, "binance") is None
    assert [p.exchange for p in board.progress()] == ["bybit"]
