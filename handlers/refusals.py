"""Sentences for everything that is not an answer: refusals, hints, apologies; when to say them is for `dispatch`."""

from datetime import timedelta

from core.domain.people import Person, Role
from core.domain.replies import Button, Reply, Tone
from handlers import texts
from handlers.access import Decision, Denial
from handlers.invocation import Command

_HELP = ((Button(label="Help", command="/help"),),)


def unlisted(person: Person) -> Reply:
    """Return the one refusal that somebody gets who is not on the list; it names the id that an admin has to add."""
    return _notice(f"You are not on the list of this bot. Your id is {person.platform}:{person.id}.")


def denied(decision: Decision, command: Command, needed: Role | None = None) -> Reply:
    """Return why a listed person may not run `command`, or the part of it that needs the role `needed`."""
    role = (command.role if needed is None else needed).name.lower()
    needs = f"needs the role {role}" if needed is None else f"needs the role {role} for that"
    reasons = {
        Denial.ROLE: f"{needs}; you are {decision.role.name.lower()}",
        Denial.CEILING: f"{needs}; in this chat nobody has it",
        Denial.DISABLED: "is switched off here",
    }
    reason = reasons.get(decision.denial, "is not yours to use") if decision.denial else "is not yours to use"
    return _notice(f"/{command.name} {reason}.")


def throttled(times: int, wait: timedelta) -> Reply:
    """Return what a person hears once who asks too often."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    return _notice(f"That was more than {times} a minute. I listen again in {seconds}s.")


def too_long(limit: int) -> Reply:
    """Return what is said to an oversized text."""
    return _notice(f"That is too long to be a command; {limit:,} characters at most.")


def edited(command: Command) -> Reply:
    """Return why an edited message does not act."""
    return _notice(f"An edited message does not act, so nothing was done. Send /{command.name} as a new message.")


def late(command: Command, age: timedelta) -> Reply:
    """Return why words that arrive long after they were said do not act."""
    said = f"You said /{command.name} {texts.age(age)} ago and I only hear it now, so nothing was done."
    return _notice(f"{said} Send it again if you still mean it.")


def plain_words() -> Reply:
    """Return the hint for words that are no command."""
    return Reply(lines=("I answer commands: /status, /positions, /why SOL, /pause. /help has all.",), buttons=_HELP)


def unknown_command(word: str, guess: str | None) -> Reply:
    """Return what is said to a word that is no command."""
    name = texts.cut(word.removeprefix("/"), 40)
    hint = f"did you mean /{guess}?" if guess else "/help has all."
    return Reply(lines=(f"There is no command /{name}; {hint}",), tone=Tone.NOTICE, is_private=True, buttons=_HELP)


def misused(command: Command, problem: str) -> Reply:
    """Return how `command` is used, after what is wrong with the arguments."""
    usage = f"Usage: /{command.name} {command.usage}".rstrip()
    example = (f"Example: {command.examples[0]}",) if command.examples else ()
    return _notice(problem, usage, *example)


def later(command: Command, reason: str, wait: timedelta) -> Reply:
    """Return what is said when the same may work after a while."""
    when = f"Try again in {texts.age(wait)}." if wait >= timedelta(seconds=1) else "Try again in a moment."
    return _warning(f"/{command.name} does not work now: {reason.rstrip('.')}.", when)


def not_possible(command: Command, reason: str) -> Reply:
    """Return what is said when the trade cannot do what was asked, whoever asks."""
    return _notice(texts.sentence(reason), f"Nothing was changed by /{command.name}.")


def unknown_outcome(command: Command, reason: str) -> Reply:
    """Return what is said when nobody knows yet whether something was done."""
    told = f" ({reason.rstrip('.')})" if reason else ""
    return _warning(
        f"/{command.name} was sent, and it is not known yet what came of it{told}.",
        "It is being looked up; do not repeat it. /positions shows what is open.",
    )


def failed(command: Command, incident: str) -> Reply:
    """Return the apology for a fault of ours; details are in the log only."""
    return _warning(f"Sorry, /{command.name} failed; this is our fault. The log has it as incident {incident}.")


def _notice(*lines: str) -> Reply:
    return Reply(lines=lines, tone=Tone.NOTICE, is_private=True)


def _warning(*lines: str) -> Reply:
    return Reply(lines=lines, tone=Tone.WARNING, is_private=True)
