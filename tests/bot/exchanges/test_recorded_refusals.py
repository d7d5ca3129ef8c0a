"""Stop moves that a venue refused 1,324 times in 65 minutes, replayed with the same impatience at the adapter."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from core.domain.orders import RefusalReason, Refused
from core.domain.signals import Side
from tests.builders import make_request, make_stop_request, price, quantity
from tests.contracts.venue_benches import BybitBench

LONGEST_PAUSE = timedelta(minutes=5)


def recorded(folder: Path) -> list[tuple[datetime, str, str]]:
    """Return when stops were refused, of which symbol, and the venue's words."""
    with gzip.open(folder / "positions" / "trailing_events_20251023.csv.gz", "rt", encoding="utf-8") as lines:
        return [
            (
                datetime.fromtimestamp(int(row["ts_ms"]) / 1000, UTC),
                row["symbol"],
                row["detail"].removeprefix("10001 "),
            )
            for row in csv.DictReader(lines)
            if row["kind"] == "exchange_rejected_sl"
        ]


async def test_a_stop_that_is_refused_every_few_seconds_is_held_back_and_told_once(
    shared_data: Path, bybit_bench: BybitBench
) -> None:
    """The guard above asks far less (see the scenarios)."""
    bench, refusals = bybit_bench, recorded(shared_data)
    assert Counter(symbol for _, symbol, _ in refusals) == {"PRCLUSDT": 728, "SAROSUSDT": 596}
    sides = {symbol: Side.BUY if "Buy position" in words else Side.SELL for _, symbol, words in refusals}
    for symbol, side in sides.items():
        bench.server.list_contract(symbol, "0.0388", price_step=Decimal("0.00001"))
        bench.server.account.trade_by_hand(symbol, side, Decimal(1000))
    await bench.restart()
    reasons: dict[str, list[RefusalReason]] = {symbol: [] for symbol in sides}
    sent_at: dict[str, list[datetime]] = {symbol: [] for symbol in sides}
    passed = refusals[0][0] - bench.clock.now()
    for number, (at, symbol, words) in enumerate(refusals):
        bench.clock.pass_time(max(at - passed - bench.clock.now(), timedelta(0)))
        side = sides[symbol].opposite
        refusal = bench.server.refuse(bench.stop_path, 10001, words)
        request = make_stop_request(f"wh-{number}", "0.03946", symbol=symbol, side=side, quantity=quantity(1000))
        outcome = await bench.exchange.replace_stop("wh-old", request)
        assert isinstance(outcome, Refused)
        reasons[symbol].append(outcome.reason)
        if refusal.used:
            sent_at[symbol].append(bench.clock.now())
        bench.server.faults.clear()
    for symbol, sent in sent_at.items():
        assert set(reasons[symbol]) == {RefusalReason.STOP_CROSSED, RefusalReason.HELD_BACK}
        assert reasons[symbol].count(RefusalReason.STOP_CROSSED) == len(sent)
        # Five at first, then after 30 s, a minute, two, four, and every five minutes.
        assert len(sent) <= 5 + 4 + timedelta(minutes=65) // LONGEST_PAUSE
        assert all(later - earlier >= LONGEST_PAUSE for earlier, later in pairwise(sent[8:]))
    assert [told[1:3] for told in bench.held_back.told] == [("stop", "PRCLUSDT"), ("stop", "SAROSUSDT")]


async def test_what_closes_is_not_held_back_with_it(shared_data: Path, bybit_bench: BybitBench) -> None:
    bench, (_, _, words) = bybit_bench, recorded(shared_data)[0]
    bench.server.account.trade_by_hand("SOLUSDT", Side.BUY, Decimal(2))
    bench.server.refuse(bench.stop_path, 10001, words, times=None)
    for number in range(8):
        await bench.exchange.place(make_stop_request(f"wh-{number}", 95, quantity=quantity(2)))
    close = make_request("wh-exit", quantity=quantity(2), side=Side.SELL, reduce_only=True)
    closed = await bench.exchange.place(close)
    assert not isinstance(closed, Refused)
    assert bench.server.account.trades[-1].price == price(100)
