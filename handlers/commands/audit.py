"""`/audit`: what people asked for and what came of it, and whether the record is whole; keeping it is for dispatch."""

from datetime import datetime

from core.domain.people import AuditEntry, Role
from core.domain.replies import Button, Reply, Tone
from handlers import texts
from handlers.arguments import read_count
from handlers.invocation import Answer, Command, Request, UsageError

DEFAULT_ROWS = 10
MOST_ROWS = 40
LONGEST_NAME = 20
LONGEST_WORDS = 80


async def run(request: Request) -> Answer:
    """Answer with the newest rows, or with the result of a check of all rows."""
    if len(request.arguments) > 1:
        raise UsageError("One count, or verify.")
    word = request.arguments[0].lower() if request.arguments else str(DEFAULT_ROWS)
    if word == "verify":
        return Answer(reply=await _verified(request))
    if not word.isdecimal():
        raise UsageError(f"{texts.quoted(word)} is neither a count nor verify.")
    services = request.services
    async with services.units.reading() as unit:
        newest = await unit.audit.recent(read_count(word, MOST_ROWS))
    now = services.clock.now()
    return Answer(
        reply=Reply(
            title=f"Last {texts.count(len(newest), 'request')}",
            lines=tuple(_line(entry, now) for entry in newest) or ("Nobody has asked for anything yet.",),
            footer="The newest first. /export audit has them all in a file.",
            buttons=((Button(label="Verify", command="/audit verify"),),),
            is_private=True,
        )
    )


async def _verified(request: Request) -> Reply:
    async with request.services.units.reading() as unit:
        broken = await unit.audit.verify()
    if broken is None:
        return Reply(
            title="The audit is whole",
            tone=Tone.GOOD,
            lines=("Every row is as it was written, behind the row that was written before it.",),
        )
    return Reply(
        title="The audit was changed",
        tone=Tone.CRITICAL,
        lines=(
            f"Row {broken} is not as it was written, or the row before it was removed.",
            "What comes after it cannot be trusted, either. Keep a copy of the database and look into it.",
        ),
    )


def _line(entry: AuditEntry, now: datetime) -> str:
    """Return one row; what people wrote comes last, so that it cannot pass for anything else."""
    who = _one_line(entry.person.name or entry.person.id, LONGEST_NAME)
    where = f"{entry.person.platform}, {entry.role.name.lower()}"
    kind = "" if entry.kind == "command" else f" by {entry.kind}"
    line = f"{texts.time(entry.at, now)} {who} ({where}){kind}, {entry.outcome.replace('_', ' ')}"
    if entry.before is not None or entry.after is not None:
        before, after = (_one_line(text or "nothing", LONGEST_WORDS) for text in (entry.before, entry.after))
        line += f" ({before} → {after})"
    return f"{line}: {_one_line(entry.words, LONGEST_WORDS)}"


def _one_line(text: str, width: int) -> str:
    return texts.cut(" ".join(text.split()), width)


COMMAND = Command(
    name="audit",
    summary="Who asked for what, and whether the record is whole",
    run=run,
    role=Role.ADMIN,
    usage="[n|verify]",
    examples=("/audit 20", "/audit verify"),
)
