"""How a wave ended, in words."""

from dataclasses import replace

from core.domain.events import WaveFinished
from core.domain.replies import Reply, Tone
from handlers.wave_words.finished import finished
from tests.builders import NOW, make_wave_result
from tests.fakes.chat import commands_of
from tests.fakes.events import WAVE_FINISHED


def shown(event: WaveFinished) -> Reply:
    return finished(event, NOW)


def nothing(**changes: object) -> WaveFinished:
    result = make_wave_result(received=12, selected=8, valid=0, executed=0, target=5)
    return replace(WAVE_FINISHED, result=result, executed=(), **changes)  # type: ignore[arg-type]


def test_the_card_says_the_funnel_the_symbols_and_why_not_the_others() -> None:
    reply = shown(WAVE_FINISHED)
    assert reply.title == "Wave 10:00: 3/5 opened"
    assert reply.tone is Tone.GOOD
    assert reply.lines == (
        "12 received → 8 selected → 7 valid → 3/5 opened.",
        "Opened: SOL BUY, ETH SELL, ADA BUY.",
        "The others: 4 ranked too low, 1 low volume.",
        "Params: the wave. Took 4.2 s.",
    )
    assert commands_of(reply) == ["/wave 2026-11-20T10:00", "/why 2026-11-20T10:00", "/positions"]


def test_nothing_traded_is_explained_by_the_note() -> None:
    note = "entries were paused by Ann since 10:02 (news)"
    reply = shown(nothing(note=note, verdicts=(("paused", 12),)))
    assert reply.title == "Wave 10:00: 0/5 opened"
    assert reply.lines[1] == f"Nothing traded: {note}."
    assert reply.tone is Tone.PLAIN


def test_a_person_in_the_note_is_called_by_name() -> None:
    reply = shown(nothing(note="paused by telegram:1001 (Ann): news (big)", verdicts=(("paused", 12),)))
    assert reply.lines[1] == "Nothing traded: paused by Ann: news (big)."


def test_nothing_traded_for_one_reason_is_said_in_one_line() -> None:
    reply = shown(nothing(verdicts=(("below_score", 12),)))
    assert reply.lines[1:] == ("Nothing traded: all 12 below score.", "Params: the wave. Took 4.2 s.")
    assert shown(nothing(verdicts=(("stale", 1),))).lines[1] == "Nothing traded: 1 too old."


def test_nothing_traded_for_several_reasons_names_the_first_and_lists_them() -> None:
    reply = shown(nothing(verdicts=(("below_score", 9), ("low_volume", 3))))
    assert reply.lines[1:3] == ("Nothing traded: mostly 9 below score.", "Verdicts: 9 below score, 3 low volume.")


def test_reasons_of_which_none_prevails_are_listed_once() -> None:
    reply = shown(nothing(verdicts=(("below_score", 1), ("low_open_interest", 1), ("vetoed", 1))))
    assert reply.lines[1:] == ("Nothing traded: 1 below score, 1 low OI, 1 vetoed.", "Params: the wave. Took 4.2 s.")


def test_an_empty_wave_and_unknown_orders_have_their_words() -> None:
    assert shown(nothing(verdicts=())).lines[1] == "Nothing traded: no signal could be used."
    unknown = replace(WAVE_FINISHED, executed=(), verdicts=(("order_unknown", 3),))
    assert shown(unknown).lines[1] == "Opened, but not confirmed by the venue yet."
    unknown = replace(WAVE_FINISHED, executed=(), verdicts=(("order_unknown", 3), ("vetoed", 3)))
    assert shown(unknown).lines[2] == "Verdicts: 3 order unknown, 3 vetoed."


def test_a_verdict_of_a_newer_program_does_not_break_the_card() -> None:
    assert shown(replace(WAVE_FINISHED, verdicts=(("moonlit", 4),))).lines[2].startswith("Params")
