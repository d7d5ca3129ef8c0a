"""`/logs`: the newest lines of the log; keeping them, and masking secrets, belongs to the process."""

from collections.abc import Sequence
from datetime import datetime

from core.domain.people import Role
from core.domain.replies import Button, Reply
from handlers import texts
from handlers.arguments import choose, read_count
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.services import LogLine

LEVELS = ("debug", "info", "warning", "error", "critical")
USUAL_LEVEL = "info"
USUAL_LINES = 15
MOST_LINES = 50
LONGEST_LINE = 240


async def run(request: Request) -> Answer:
    """Answer with the newest lines at or above a level, oldest first."""
    services = request.services
    count, level = _wanted(request.arguments)
    now = services.clock.now()
    lines = tuple(_line(each, now) for each in services.logs(count, level))
    if not lines:
        return Answer(reply=Reply(lines=(f"Nothing at or above {level} is in the log.",), is_private=True))
    presses = {"Again": f"/logs {count} {level}", "More": f"/logs {MOST_LINES} {level}", "Warnings": "/logs 15 warning"}
    buttons = tuple(
        Button(label=label, command=command)
        for label, command in presses.items()
        if label == "Again" or command != presses["Again"]
    )
    title = f"Last {texts.count(len(lines), 'line')} of the log at or above {level}"
    return Answer(reply=Reply(title=title, lines=lines, buttons=(buttons,), is_private=True))


def _wanted(words: Sequence[str]) -> tuple[int, str]:
    """Return how many lines and which level are asked for, in any order."""
    counts = [word for word in words if word.isdecimal()]
    levels = [word for word in words if not word.isdecimal()]
    if len(counts) > 1 or len(levels) > 1:
        raise UsageError("One count and one level at most.")
    count = read_count(counts[0], MOST_LINES) if counts else USUAL_LINES
    return count, choose(levels[0], LEVELS) if levels else USUAL_LEVEL


def _line(line: LogLine, now: datetime) -> str:
    return texts.cut(f"{texts.table_time(line.at, now)}:{line.at:%S} {line.level} {line.text}", LONGEST_LINE)


COMMAND = Command(
    name="logs",
    summary="The newest lines of the log",
    run=run,
    role=Role.ADMIN,
    usage="[n] [debug|info|warning|error|critical]",
    examples=("/logs", "/logs 30 warning"),
)
