"""Digests of every reason; no test is here."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.domain.delivery import Alert, Destination, Digest, FoldReason, Loudness
from core.domain.events import (
    Event,
    FeedLost,
    OrderRefused,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    TaskCrashed,
    WaveFinished,
)
from core.domain.replies import Reply
from handlers.alert_renderer import AlertRenderer
from handlers.registry import build_registry
from tests.builders import NOW
from tests.handlers.cards.scenes import EXCHANGES, Stage, alert, example

RENDERER = AlertRenderer(build_registry(), EXCHANGES, Stage().sources)
SYMBOLS = ("SOLUSDT", "XRPUSDT", "ADAUSDT", "ETHUSDT", "LTCUSDT")


def numbered(events: list[Event], first: int = 40) -> tuple[Alert, ...]:
    """Return an alert an event, a minute after the one before."""
    return tuple(
        replace(alert(event, first + n), created_at=NOW - timedelta(minutes=len(events) - n))
        for n, event in enumerate(events)
    )


def make_digest(reason: FoldReason, alerts: tuple[Alert, ...], **changes: Any) -> Digest:  # noqa: ANN401
    values: dict[str, Any] = {
        "destination": Destination(platform="telegram", address="-1001"),
        "reason": reason,
        "group": "",
        "loudness": Loudness.NORMAL,
        "count": len(alerts),
        "kinds": Counter(each.kind for each in alerts),
        "first_at": alerts[0].created_at,
        "last_at": alerts[-1].created_at,
        "alerts": alerts,
        "last_id": 99,
    }
    return Digest(**{**values, **changes})


def refusals(count: int = 5) -> tuple[Alert, ...]:
    """Return refused orders of different symbols."""
    event = example(OrderRefused)
    return numbered([replace(event, symbol=SYMBOLS[n % len(SYMBOLS)]) for n in range(count)])


def missed() -> Digest:
    """Return what an hour's outage leaves."""
    kinds: list[type[Event]] = [WaveFinished, PositionOpened, PositionClosed, FeedLost, OrderUnknown, TaskCrashed]
    alerts = numbered([example(kind) for kind in kinds])
    counts = {"position_opened": 14, "position_closed": 11, "wave_finished": 5, "feed_lost": 2, "order_unknown": 1}
    first_at = NOW - timedelta(minutes=61)
    return make_digest(
        FoldReason.MISSED, alerts, count=34, kinds={**counts, "task_crashed": 1}, first_at=first_at, elsewhere=5
    )


def digest_scenes() -> dict[str, Reply]:
    """Return a digest of each reason."""
    few = numbered([example(kind) for kind in (WaveFinished, PositionOpened, PositionClosed)])
    crashes = numbered([example(TaskCrashed)] * 3)
    digests = {
        "missed": missed(),
        "quiet hours": make_digest(FoldReason.QUIET, few, first_at=NOW - timedelta(hours=9)),
        "digest": make_digest(FoldReason.DIGEST, few),
        "muted": make_digest(FoldReason.MUTED, refusals(2)),
        "repeats": make_digest(FoldReason.GROUP, refusals(), group="binance:insufficient_funds"),
        "many repeats": make_digest(
            FoldReason.GROUP, refusals(12), count=127, kinds={"order_refused": 127}, first_at=NOW - timedelta(minutes=5)
        ),
        "repeats about no coin": make_digest(FoldReason.GROUP, crashes, group="guardian"),
    }
    return {name: RENDERER.render_digest(digest) for name, digest in digests.items()}
