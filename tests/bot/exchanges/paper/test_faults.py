"""Faults on demand and at random."""

from collections import Counter

from bot.exchanges.paper.faults import FaultKind, FaultRates, PaperFaults
from core.domain.orders import OrderLeg, RefusalReason
from tests.builders import make_request, make_stop_request, ratio


def test_nothing_goes_wrong_unless_told() -> None:
    faults = PaperFaults()
    assert all(faults.next_for(make_request(f"entry-{n}")) is None for n in range(100))


def test_scripted_faults_strike_once_in_line_and_their_symbol_only() -> None:
    faults = PaperFaults()
    faults.refuse("SOLUSDT", RefusalReason.INSUFFICIENT_FUNDS)
    faults.lose_answer("SOLUSDT")
    assert faults.next_for(make_request(symbol="ETHUSDT")) is None
    struck = [faults.next_for(make_request()) for _ in range(3)]
    assert [fault and fault.kind for fault in struck] == [FaultKind.REFUSE, FaultKind.LOSE_ANSWER, None]
    assert struck[0] is not None
    assert struck[0].reason is RefusalReason.INSUFFICIENT_FUNDS


def test_the_same_seed_brings_the_same_faults_at_about_their_rates() -> None:
    rates = FaultRates(refuse=ratio("0.1"), lose_request=ratio("0.1"), lose_answer=ratio("0.1"))

    def run(seed: int) -> list[FaultKind | None]:
        faults = PaperFaults(rates, seed)
        return [fault.kind if (fault := faults.next_for(make_request())) else None for _ in range(1_000)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    counted = Counter(run(7))
    assert all(60 < counted[kind] < 140 for kind in (FaultKind.REFUSE, FaultKind.LOSE_REQUEST, FaultKind.LOSE_ANSWER))


def test_rates_of_stops_and_entries_keep_to_their_legs() -> None:
    certain = ratio(1)
    stops_only = PaperFaults(FaultRates(refuse_stop=certain))
    assert stops_only.next_for(make_request()) is None
    assert stops_only.next_for(make_stop_request()) is not None
    entries_only = PaperFaults(FaultRates(insufficient_funds=certain))
    assert entries_only.next_for(make_request(leg=OrderLeg.EXIT)) is None
    fault = entries_only.next_for(make_request())
    assert fault is not None
    assert fault.reason is RefusalReason.INSUFFICIENT_FUNDS
