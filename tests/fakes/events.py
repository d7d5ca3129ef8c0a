"""One event of every kind with realistic facts, for whoever renders, routes or stores them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from core.domain import events
from core.domain.events import Event
from core.domain.positions import ExitReason, PositionSide
from core.domain.waves import ParamsSource, WaveProgress, WaveStage
from tests.builders import NOW, WAVE_AT, make_wave_result, money, price, quantity, ratio

WAVE_FINISHED = events.WaveFinished(
    at=NOW,
    exchange="binance",
    result=make_wave_result(received=12, selected=8, valid=7, executed=3, target=5),
    executed=(("SOLUSDT", "BUY"), ("ETHUSDT", "SELL"), ("ADAUSDT", "BUY")),
    verdicts=(("not_selected", 4), ("executed", 3), ("low_volume", 1)),
)

EVENTS: Sequence[Event] = (
    events.Started(at=NOW, version="0.1.0", open_positions=2, found=("SOLUSDT: stop placed again at 137.47",)),
    events.Stopped(at=NOW, reason="SIGTERM", open_positions=1),
    WAVE_FINISHED,
    events.WaveWaiting(
        at=NOW,
        exchange="binance",
        until_at=NOW + timedelta(seconds=30),
        progress=WaveProgress(
            wave_at=WAVE_AT,
            exchange="binance",
            stage=WaveStage.WAITING,
            received=7,
            selected=6,
            valid=3,
            target=2,
            params_source=ParamsSource.WAVE,
            candidates=(("SOLUSDT", "BUY"), ("ETHUSDT", "SELL"), ("ADAUSDT", "BUY")),
            veto_until_at=NOW + timedelta(seconds=30),
        ),
    ),
    events.WaveInterrupted(at=NOW, exchange="binance", wave_at=WAVE_AT, placed=2, not_continued=1),
    events.PositionOpened(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity("0.7"),
        entry_price=price("143.2"),
        stop_price=price("137.47"),
        size_quote=money("100.24"),
        leverage=1,
        wave_at=WAVE_AT,
    ),
    events.PositionReduced(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity("0.3"),
        left=quantity("0.4"),
        price=price("150"),
        reason=ExitReason.CLOSED_BY_PERSON,
    ),
    events.PositionClosed(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        entry_price=price("143.2"),
        exit_price=price("150"),
        reason=ExitReason.TRAILING_STOP,
        pnl_quote=money("4.66"),
        return_ratio=ratio("0.0465"),
        fees_quote=money("0.1"),
        held=timedelta(hours=1, minutes=12),
    ),
    events.StopMoved(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        old_price=price("137.47"),
        new_price=price("146.2"),
    ),
    events.ParamsChanged(
        at=NOW,
        exchange="binance",
        changes=(("stop_loss", Decimal(4), Decimal("2.5")), ("max_trades", None, Decimal(5))),
        source="wave",
        wave_at=WAVE_AT,
    ),
    events.ParamsUnusual(at=NOW, exchange="binance", problems=(("stop_loss", "900", "above 50"),), wave_at=WAVE_AT),
    events.OrderRefused(
        at=NOW,
        exchange="binance",
        symbol="SOLUSDT",
        side="BUY",
        leg="entry",
        reason="insufficient_funds",
        detail="Margin is insufficient.",
    ),
    events.OrderUnknown(
        at=NOW,
        exchange="binance",
        symbol="SOLUSDT",
        side="BUY",
        leg="entry",
        client_order_id="wh-1a2b3c",
        detail="no answer within 10 s",
    ),
    events.OrderSettled(
        at=NOW, exchange="binance", symbol="SOLUSDT", leg="entry", client_order_id="wh-1a2b3c", was_filled=True
    ),
    events.UnprotectedPosition(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        action="it is closed at market",
        detail="the venue refused the stop",
    ),
    events.ClosedOutside(at=NOW, exchange="binance", position_id=12, symbol="SOLUSDT"),
    events.PositionLiquidated(
        at=NOW,
        exchange="binance",
        position_id=12,
        symbol="SOLUSDT",
        side=PositionSide.LONG,
        quantity=quantity("0.7"),
        left=quantity(0),
        price=price("101.3"),
    ),
    events.ReconcileReport(at=NOW, exchange="binance", findings=("XRPUSDT is open at the venue, not here.",)),
    events.FeedLost(at=NOW, source="signals", reason="connection refused", since_at=NOW - timedelta(minutes=1)),
    events.FeedRestored(at=NOW, source="signals", outage=timedelta(minutes=7)),
    events.PricesStale(at=NOW, exchange="binance", symbols=("SOLUSDT", "ETHUSDT"), age=timedelta(seconds=75)),
    events.Paused(
        at=NOW, scope="bybit", reason="news", author="telegram:1001 (Ann)", until_at=NOW + timedelta(hours=2)
    ),
    events.Resumed(at=NOW, scope="all", author="slack:U1 (Bo)"),
    events.TaskCrashed(at=NOW, task="guardian", error="KeyError: 'SOLUSDT'", restarts=2),
    events.DeliveryLost(at=NOW, destination="telegram:-1001", error="Forbidden: bot was kicked from the group"),
    events.DeliveryRestored(at=NOW, destination="telegram:-1001"),
    events.LiveStarted(
        at=NOW,
        exchanges=("binance", "bybit"),
        size_quote=money("50"),
        leverage=2,
        balances=(("binance", money("1234.5"), money("1000")),),
        released_by="telegram:1001 (Ann)",
        released_at=NOW - timedelta(days=1),
    ),
    events.LiveReleased(at=NOW, author="telegram:1001 (Ann)", exchanges=("binance", "bybit")),
    events.LiveHeld(at=NOW, author="slack:U1 (Bo)"),
    events.VenueLimited(at=NOW, exchange="binance", detail="Too many requests.", until_at=NOW + timedelta(seconds=90)),
    events.VenueRestored(at=NOW, exchange="binance", outage=timedelta(seconds=95)),
    events.CallHeldBack(
        at=NOW, exchange="bybit", symbol="SOLUSDT", call="stop", detail="SL price is beyond the mark price."
    ),
)
