"""A venue takes no calls for a while."""

from core.domain.delivery import Alert
from core.domain.events import VenueLimited
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = VenueLimited


def render(event: VenueLimited, alert: Alert) -> Reply:
    """Return until when, and what the venue says; the stops do not depend on it."""
    until = texts.time(event.until_at, alert.created_at)
    left = texts.age(event.until_at - alert.created_at)
    said = (f"It says: {texts.cut(event.detail, 300)}",) if event.detail else ()
    return Reply(
        title="The venue limits us",
        lines=(
            f"Nothing is sent to it before {until} ({left}): until then we enter, close and move nothing there.",
            *said,
            "The stops that stand there go on working.",
        ),
        buttons=((Button(label="Health", command="/health"),),),
    )
