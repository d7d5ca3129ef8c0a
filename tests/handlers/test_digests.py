"""Many alerts in one message: short, and nothing important without its line."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.delivery import FoldReason
from core.domain.events import OrderRefused, PositionClosed, PricesStale
from core.domain.market import TradingMode
from core.domain.replies import Tone
from tests.builders import NOW
from tests.handlers.cards.reading import GOLDEN, as_golden, whole
from tests.handlers.cards.scenes import example
from tests.handlers.digest_scenes import RENDERER, digest_scenes, make_digest, missed, numbered, refusals


def test_the_words_of_every_reason_are_as_agreed() -> None:
    """The golden file is what people read; a change of words is a change of that file."""
    assert as_golden(digest_scenes()) == (GOLDEN / "digests.txt").read_text(encoding="utf-8")


def test_the_worst_comes_first_and_gives_the_tone() -> None:
    reply = RENDERER.render_digest(missed())
    assert reply.tone is Tone.CRITICAL
    assert [line.split()[1] for line in reply.lines[2:5]] == ["CRITICAL", "CRITICAL", "WARNING"]
    assert reply.lines[-1] == "And 28 more."


@pytest.mark.parametrize("reason", FoldReason)
def test_a_flood_of_long_alerts_stays_a_short_message(reason: FoldReason) -> None:
    event = example(OrderRefused)
    alerts = numbered([replace(event, symbol=f"{n}" + "X" * 300, detail="y" * 9000) for n in range(12)])
    kinds = {f"{'kind' * 10}_{n}": 800 for n in range(12)} if reason is not FoldReason.GROUP else {"order_refused": 1}
    digest = make_digest(reason, alerts, count=10_000, kinds=kinds, elsewhere=9000)
    reply = RENDERER.render_digest(digest)
    assert len(whole(reply)) < 3000
    assert "10,000" in reply.title
    assert reply.footer == "/alerts has all."


def test_one_that_was_told_elsewhere_is_one() -> None:
    digest = replace(missed(), elsewhere=1)
    assert "1 of them was told elsewhere meanwhile." in RENDERER.render_digest(digest).lines
    assert not any("elsewhere" in line for line in RENDERER.render_digest(replace(digest, elsewhere=0)).lines)


def test_an_older_day_is_named() -> None:
    digest = replace(missed(), first_at=NOW - timedelta(days=1))
    assert RENDERER.render_digest(digest).lines[0].startswith("19 Nov 10:20\N{EN DASH}10:19 UTC")


def test_alerts_of_two_modes_say_both() -> None:
    alerts = refusals(2)
    mixed = (replace(alerts[0], mode=TradingMode.LIVE), alerts[1])
    assert RENDERER.render_digest(make_digest(FoldReason.MISSED, mixed)).banner == "LIVE + PAPER"


def test_repeats_that_say_different_things_are_told_by_name() -> None:
    event = example(OrderRefused)
    alerts = numbered([event, replace(event, symbol="XRPUSDT", reason="price_band")])
    lines = RENDERER.render_digest(make_digest(FoldReason.GROUP, alerts)).lines[:2]
    assert [line.endswith(f"(alert {number})") for line, number in zip(lines, (41, 40), strict=True)] == [True, True]


def test_repeats_that_are_all_the_same_say_it_once() -> None:
    event = example(PricesStale)
    lines = RENDERER.render_digest(make_digest(FoldReason.GROUP, numbered([event, event]))).lines
    assert lines[:2] == ("Prices are stale · Binance", "No price of SOLUSDT, ETHUSDT for 1m.")
    assert len(lines) == 4


def test_a_digest_without_its_alerts_still_counts_them() -> None:
    digest = replace(missed(), alerts=())
    reply = RENDERER.render_digest(digest)
    assert (reply.banner, reply.tone) == ("PAPER", Tone.PLAIN)
    assert "14 \N{MULTIPLICATION SIGN} position opened" in reply.lines[0]


def test_the_result_of_a_closed_position_is_in_its_line() -> None:
    reply = RENDERER.render_digest(make_digest(FoldReason.QUIET, numbered([example(PositionClosed)])))
    assert "closed #12: +4.66 USDT" in reply.lines[1]
