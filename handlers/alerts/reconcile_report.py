"""Differences between our positions and the venue's."""

from core.domain.delivery import Alert
from core.domain.events import ReconcileReport
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = ReconcileReport
MOST_FINDINGS = 15


def render(event: ReconcileReport, _alert: Alert) -> Reply:
    """Return the findings as they are."""
    more = len(event.findings) - MOST_FINDINGS
    last = (f"And {more} more.",) if more > 0 else ()
    return Reply(
        title=f"Reconciled: {texts.count(len(event.findings), 'difference')}",
        lines=(*event.findings[:MOST_FINDINGS], *last),
        buttons=((Button(label="Positions", command="/positions"),),),
    )
