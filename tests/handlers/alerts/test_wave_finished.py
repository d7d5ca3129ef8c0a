"""The alert at the end of a wave."""

from datetime import timedelta

from core.domain.delivery import Alert
from core.domain.market import TradingMode
from handlers.alerts.wave_finished import render
from handlers.wave_words.finished import finished
from tests.builders import NOW
from tests.fakes.events import WAVE_FINISHED


def test_it_is_told_as_it_was_seen_when_the_alert_was_made() -> None:
    alert = Alert(
        id=1,
        kind=WAVE_FINISHED.kind,
        severity=WAVE_FINISHED.severity,
        mode=TradingMode.PAPER,
        created_at=NOW + timedelta(days=1),
        event=WAVE_FINISHED,
    )
    shown = render(WAVE_FINISHED, alert)
    assert shown.title == "Wave 20 Nov 10:00: 3/5 opened"
    assert shown == finished(WAVE_FINISHED, alert.created_at)
