"""Presses that speak to one wave alone."""

from dataclasses import replace
from datetime import timedelta

from core.domain.waves import WaveProgress, WaveStage
from handlers.wave_words import presses
from tests.builders import NOW, WAVE_AT

WAVE = WaveProgress(
    wave_at=WAVE_AT,
    exchange="binance",
    stage=WaveStage.WAITING,
    received=9,
    candidates=tuple((f"C{number}USDT", "BUY") for number in range(7)),
    veto_until_at=NOW + timedelta(seconds=30),
)


def test_every_press_names_its_exchange_and_its_wave() -> None:
    assert presses.go(WAVE).command == "/veto go binance 2026-11-20T10:00"
    assert presses.skip(WAVE, label="Skip").command == "/veto wave binance 2026-11-20T10:00"
    later = replace(WAVE, wave_at=WAVE_AT + timedelta(minutes=15), exchange="bybit")
    assert presses.words("SOLUSDT", later) == "/veto SOLUSDT bybit 2026-11-20T10:15"


def test_only_skipping_looks_dangerous() -> None:
    assert presses.skip(WAVE).is_danger
    assert not presses.go(WAVE).is_danger


def test_the_first_candidates_can_be_dropped_three_a_row() -> None:
    rows = presses.drops(WAVE, 5)
    assert [[button.label for button in row] for row in rows] == [
        ["Drop C0", "Drop C1", "Drop C2"],
        ["Drop C3", "Drop C4"],
    ]
    assert presses.drops(replace(WAVE, candidates=()), 5) == ()


def test_a_name_too_long_for_a_press_makes_room_for_the_next() -> None:
    longest = "X" * 60
    wave = replace(WAVE, candidates=((longest, "BUY"), ("ü" * 20, "BUY"), *WAVE.candidates))
    (row,) = presses.drops(wave, 2)
    assert [button.label for button in row] == ["Drop C0", "Drop C1"]
    assert presses.words("1000000MOGUSDT", wave).startswith("/veto 1000000MOGUSDT binance")
    assert len(presses.words("1000000MOGUSDT", wave)) < 60
