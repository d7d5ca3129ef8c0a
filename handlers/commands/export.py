"""`/export`: what is kept, as a CSV file in the chat; how cells are written safely belongs to `spreadsheets`."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from core.domain.people import Role
from core.domain.replies import File, Reply
from core.ports.storage import UnitOfWork
from handlers import texts
from handlers.arguments import nearest
from handlers.export_rows import SHEETS, Row, Sheet, Span
from handlers.invocation import Answer, Command, Request, UsageError, require
from handlers.pickers import word_picker
from handlers.services import Services
from handlers.spreadsheets import row_line, title_line
from handlers.time_arguments import Period, find_period

DEFAULT_PERIOD = "7d"
LONGEST_PERIOD = timedelta(days=366)
LONGEST_WORD = 25
MOST_ROWS = 50_000
MOST_BYTES = 20_000_000
"""Well below what chats take; the newest rows that fit are in the file."""


async def run(request: Request) -> Answer:
    """Answer with a file; without a word what should be in it, ask."""
    services = request.services
    kind, word = _wanted(request)
    period = _period(word, services)
    if kind is None:
        allowed = [name for name, sheet in SHEETS.items() if request.role >= sheet.role]
        options = [(name.capitalize(), f"/export {name} {word}") for name in allowed]
        return Answer(reply=Reply(picker=word_picker(f"What should be in the file ({period.title})?", options)))
    sheet = SHEETS[kind]
    require(request, sheet.role)
    async with services.units.reading() as unit:
        lines, is_cut = await _lines(sheet, unit, period, services)
    banner = texts.banner(services.mode) if sheet.role < Role.ADMIN else None
    if not lines:
        return Answer(reply=Reply(banner=banner, lines=(f"There is no {sheet.noun}: {period.title}.",)))
    summary = f"{texts.count(len(lines), sheet.noun)}, {period.title}"
    file = File(
        name=f"wavehelm-{kind}-{period.since_at:%Y%m%dT%H%M}-{period.until_at:%Y%m%dT%H%M}.csv",
        content=b"".join([title_line(sheet.columns), *reversed(lines)]),
        media_type="text/csv",
        summary=summary,
    )
    more = ("There are more; these are the newest that fit into one file. Ask for a shorter period.",)
    return Answer(reply=Reply(title=summary, banner=banner, lines=more if is_cut else (), file=file))


def _wanted(request: Request) -> tuple[str | None, str]:
    """Return what should be in the file, and the word for the period."""
    kind, period = None, None
    for word in request.arguments:
        if word.lower() in SHEETS and kind is None:
            kind = word.lower()
        elif period is None and find_period(word, request.services.clock.now()) is not None:
            period = word
        else:
            guess = nearest(word, SHEETS)
            hint = f"did you mean {guess}?" if guess and guess != kind else f"one of {texts.listing(SHEETS)}."
            raise UsageError(f"{texts.quoted(word)} is neither a period nor a thing to export; {hint}")
    return kind, period or DEFAULT_PERIOD


def _period(word: str, services: Services) -> Period:
    period = find_period(word, services.clock.now())
    if period is None or len(word) > LONGEST_WORD:
        raise UsageError(f"{texts.quoted(word)} is no period; write 24h, 7d or 2026-11-01..2026-11-07.")
    if period.until_at - period.since_at > LONGEST_PERIOD:
        raise UsageError(f"One file has {LONGEST_PERIOD.days} days at most.")
    return period


async def _lines(sheet: Sheet, unit: UnitOfWork, period: Period, services: Services) -> tuple[list[bytes], bool]:
    """Return the rows of a file, the newest first, and whether there are more than fit."""
    lines: list[bytes] = []
    size = 0
    async for rows in _newest_first(sheet, unit, period, services):
        for row in rows:
            line = row_line(row)
            size += len(line)
            if len(lines) >= MOST_ROWS or size > MOST_BYTES:
                return lines, True
            lines.append(line)
    return lines, False


async def _newest_first(
    sheet: Sheet, unit: UnitOfWork, period: Period, services: Services
) -> AsyncIterator[Sequence[Row]]:
    """Yield the rows of a period step by step, backwards; in between others have their turn."""
    until_at = period.until_at
    while until_at > period.since_at:
        is_last = until_at - period.since_at <= sheet.step
        since_at = period.since_at if is_last else until_at - sheet.step
        is_newest = until_at == period.until_at
        span = Span(since_at=since_at, until_at=until_at, is_newest=is_newest, exchanges=services.exchanges)
        yield await sheet.read(unit, span)
        await services.clock.sleep(timedelta(0))
        until_at = since_at


COMMAND = Command(
    name="export",
    summary="What is kept, as a CSV file",
    run=run,
    role=Role.VIEWER,
    usage="<signals|positions|outcomes|audit> [period]",
    examples=("/export outcomes 7d", "/export signals 2026-11-01..2026-11-07"),
)
