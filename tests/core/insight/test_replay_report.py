"""What a replay's report says, to the letter, and in which order."""

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.domain.params import ParamChange
from core.domain.positions import ExitReason, Position, PositionSide, PositionState
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import ParamsSource, WaveResult
from core.insight.replay_report import ReplayFacts, build_report
from tests.builders import (
    NOW,
    WAVE_AT,
    at,
    make_param_change,
    make_position,
    make_signal,
    make_verdict,
    make_wave_result,
    money,
    price,
    quantity,
)


def facts_of(
    *,
    results: Sequence[WaveResult] = (),
    verdicts: Sequence[VerdictRecord] = (),
    positions: Sequence[Position] = (),
    changes: Sequence[ParamChange] = (),
    balances: dict[str, Decimal] | None = None,
    signals: int = 0,
) -> ReplayFacts:
    return ReplayFacts(
        results=results,
        verdicts=verdicts,
        positions=positions,
        changes=changes,
        balances=balances or {},
        signals=signals,
    )


def closed(
    pnl: str, reason: ExitReason = ExitReason.STOP_LOSS, *, number: int = 1, fees: Decimal | str = "0.05"
) -> Position:
    """Return a position of one coin, opened at 100 and closed for `pnl`."""
    return make_position(
        id=number,
        state=PositionState.CLOSED,
        fees_quote=money(fees),
        pnl_quote=money(pnl),
        exit_price=price(100),
        exit_quantity=quantity(1),
        exit_reason=reason,
        closed_at=at(30),
    )


def test_a_replay_in_which_nothing_happened_has_every_part() -> None:
    assert build_report(facts_of()) == {
        "waves": [],
        "verdicts": [],
        "positions": [],
        "params": [],
        "totals": {
            "signals": 0,
            "verdicts": {},
            "positions_opened": 0,
            "positions_closed": 0,
            "positions_open": 0,
            "exit_reasons": {},
            "wins": 0,
            "losses": 0,
            "pnl_quote": "0",
            "fees_quote": "0",
            "balance_quote": {},
        },
    }


def test_a_wave_is_told_with_its_funnel_in_the_order_of_time_and_exchange() -> None:
    results = [
        make_wave_result("bybit", params_source=None, target=0),
        make_wave_result("binance", wave_at=WAVE_AT + timedelta(minutes=15)),
        make_wave_result("binance", topped_up=1, refused=2, executed=2),
    ]
    waves = build_report(facts_of(results=results))["waves"]
    assert isinstance(waves, list)
    assert waves[0] == {
        "wave_at": "2026-11-20T10:00:00+00:00",
        "exchange": "binance",
        "received": 10,
        "selected": 6,
        "valid": 5,
        "topped_up": 1,
        "executed": 2,
        "refused": 2,
        "duplicates": 1,
        "target": 3,
        "target_reached": False,
        "params_source": "wave",
    }
    assert [(wave["wave_at"][11:16], wave["exchange"]) for wave in waves] == [
        ("10:00", "binance"),
        ("10:00", "bybit"),
        ("10:15", "binance"),
    ]
    assert [(wave["target_reached"], wave["params_source"]) for wave in waves[1:]] == [(False, None), (True, "wave")]
    assert ParamsSource.WAVE.value == "wave"


def test_a_verdict_is_told_with_its_facts_by_name() -> None:
    verdict = make_verdict(make_signal(7), Verdict.BELOW_SCORE, facts={"score": "59.5", "limit": "60", "is_week": True})
    assert build_report(facts_of(verdicts=[verdict]))["verdicts"] == [
        {
            "signal_id": "7",
            "exchange_id": 1,
            "symbol": "SOLUSDT",
            "wave_at": "2026-11-20T10:00:00+00:00",
            "verdict": "below_score",
            "facts": {"is_week": True, "limit": "60", "score": "59.5"},
        }
    ]


def test_verdicts_stand_by_wave_exchange_and_number() -> None:
    later = WAVE_AT + timedelta(minutes=15)
    verdicts = [
        make_verdict(make_signal(2, wave_at=later)),
        make_verdict(make_signal(10)),
        make_verdict(make_signal(9)),
        make_verdict(make_signal(1, exchange_id=2)),
        make_verdict(make_signal("no-time"), Verdict.INVALID, wave_at=None),
    ]
    told = build_report(facts_of(verdicts=verdicts))["verdicts"]
    assert isinstance(told, list)
    assert [(row["exchange_id"], row["signal_id"]) for row in told] == [
        (1, "no-time"),
        (1, "9"),
        (1, "10"),
        (2, "1"),
        (1, "2"),
    ]
    assert told[0]["wave_at"] is None


def test_a_closed_position_is_told_in_exact_texts() -> None:
    position = make_position(
        id=3,
        side=PositionSide.SHORT,
        state=PositionState.CLOSED,
        entry="143.2000",
        size="0.70",
        exit_price=price("150"),
        exit_quantity=quantity("0.7"),
        exit_reason=ExitReason.TRAILING_STOP,
        fees_quote=money("0.10"),
        pnl_quote=money("-4.86"),
        closed_at=at(12, seconds=0.25),
    )
    assert build_report(facts_of(positions=[position]))["positions"] == [
        {
            "exchange": "binance",
            "symbol": "SOLUSDT",
            "side": "short",
            "quantity": "0.7",
            "entry_at": "2026-11-20T10:20:00+00:00",
            "entry_price": "143.2",
            "exit_at": "2026-11-20T10:32:00.250000+00:00",
            "exit_price": "150",
            "exit_reason": "trailing_stop",
            "pnl_quote": "-4.86",
            "return_pct": "-4.8484",
            "fees_quote": "0.1",
        }
    ]


def test_an_open_position_has_no_result() -> None:
    (row,) = rows_of(facts_of(positions=[make_position()]))
    assert {name for name, value in row.items() if value is None} == {
        "exit_at",
        "exit_price",
        "exit_reason",
        "pnl_quote",
        "return_pct",
    }


def rows_of(facts: ReplayFacts) -> list[dict[str, object]]:
    rows = build_report(facts)["positions"]
    assert isinstance(rows, list)
    return rows


def test_positions_stand_as_they_were_opened() -> None:
    positions = [make_position(symbol, id=number) for number, symbol in ((10, "CUSDT"), (9, "BUSDT"), (1, "AUSDT"))]
    assert [row["symbol"] for row in rows_of(facts_of(positions=positions))] == ["AUSDT", "BUSDT", "CUSDT"]


def test_the_history_of_params_keeps_its_order() -> None:
    changes = [
        make_param_change("stop_loss", old=None, new=Decimal("4.50")),
        make_param_change("max_trades", old=Decimal(10), new=None, source="person", wave_at=None),
    ]
    assert build_report(facts_of(changes=changes))["params"] == [
        {
            "exchange_id": 1,
            "name": "stop_loss",
            "old": None,
            "new": "4.5",
            "changed_at": "2026-11-20T10:20:00+00:00",
            "source": "wave",
            "wave_at": "2026-11-20T10:00:00+00:00",
        },
        {
            "exchange_id": 1,
            "name": "max_trades",
            "old": "10",
            "new": None,
            "changed_at": "2026-11-20T10:20:00+00:00",
            "source": "person",
            "wave_at": None,
        },
    ]


def test_totals_count_what_was_closed_and_name_what_is_open() -> None:
    positions = [
        closed("10.50", ExitReason.TRAILING_STOP, number=1),
        closed("-4.25", number=2, fees="0.10"),
        closed("-1", number=3),
        closed("0", ExitReason.AGED, number=4),
        make_position(id=5),
        make_position(id=6, state=PositionState.CLOSING),
    ]
    verdicts = [make_verdict(verdict=kind) for kind in (Verdict.LATE, Verdict.EXECUTED, Verdict.LATE)]
    report = build_report(
        facts_of(
            positions=positions,
            verdicts=verdicts,
            balances={"bybit": Decimal("10000.00"), "binance": Decimal("10005.250")},
            signals=7,
        )
    )
    assert report["totals"] == {
        "signals": 7,
        "verdicts": {"executed": 1, "late": 2},
        "positions_opened": 6,
        "positions_closed": 4,
        "positions_open": 2,
        "exit_reasons": {"aged": 1, "stop_loss": 2, "trailing_stop": 1},
        "wins": 1,
        "losses": 2,
        "pnl_quote": "5.25",
        "fees_quote": "0.35",
        "balance_quote": {"binance": "10005.25", "bybit": "10000"},
    }
    assert list(json.loads(json.dumps(report))["totals"]["balance_quote"]) == ["binance", "bybit"]


def test_nothing_is_not_below_nothing() -> None:
    (row,) = rows_of(facts_of(positions=[closed("-0.00")]))
    assert (row["pnl_quote"], row["return_pct"]) == ("0", "0")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8))
def test_money_is_written_exactly_and_in_one_way(value: Decimal) -> None:
    (row,) = rows_of(facts_of(positions=[closed("0", fees=value)]))
    text = row["fees_quote"]
    assert isinstance(text, str)
    assert Decimal(text) == value
    assert "E" not in text.upper()
    (longer,) = rows_of(facts_of(positions=[closed("0", fees=f"{value:f}0" if value else "-0.0")]))
    assert longer["fees_quote"] == text


@given(st.permutations([make_verdict(make_signal(number)) for number in range(1, 12)]))
def test_the_order_of_arrival_changes_nothing(verdicts: list[VerdictRecord]) -> None:
    told = build_report(facts_of(verdicts=verdicts, signals=len(verdicts)))
    assert told == build_report(facts_of(verdicts=sorted(verdicts, key=lambda v: int(v.signal_id)), signals=11))
    assert NOW.isoformat() not in json.dumps(told)
