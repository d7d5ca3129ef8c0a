"""A part of the process failed."""

from core.domain.delivery import Alert
from core.domain.events import TaskCrashed
from core.domain.replies import Button, Reply
from handlers import texts

EVENT = TaskCrashed


def render(event: TaskCrashed, _alert: Alert) -> Reply:
    """Return which part and what it said last; it is started again."""
    times = f" ({event.restarts} times by now)" if event.restarts > 1 else ""
    lines = (f"It is started again{times}.", texts.cut(event.error, 300))
    return Reply(
        title=f"{event.task} failed",
        lines=tuple(line for line in lines if line),
        buttons=((Button(label="Health", command="/health"),),),
    )
