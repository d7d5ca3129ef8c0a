"""What is said about questions that wait for a confirmation, from asking to their end; pure, it decides nothing."""

from dataclasses import replace
from datetime import timedelta

from core.domain.people import Person
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.confirming.approvals import Need
from handlers.confirming.one_time_codes import CodeCheck
from handlers.confirming.questions import Ending, Entry, Question

CONFIRM = "confirm"
CANCEL = "cancel"

UNKNOWN = "There is no such question, so nothing was done. It may be old, or from before a restart; ask anew."
WHICH = "Name the question, as its message does: /confirm 0a1b2c3d4e."
EDITED = "An edited message does not answer a question. Send a new one, or press the button."
ELSEWHERE = "That question was asked elsewhere; answer it where it is shown."
NOT_THERE = "That is not the message that asks it, so nothing was done. Press the button of the message itself."
CODELESS = "needs a one-time code, and none is set up for you. Nothing was done."
CHANGED = "This has changed since you were asked, so nothing was done."
STALE = f"{CHANGED} Look at it again."

_CODE_TEXTS = {
    CodeCheck.WRONG: "That one-time code is not right, so nothing was done.",
    CodeCheck.USED: "That one-time code was used already; wait for the next one.",
    CodeCheck.LOCKED: "Too many one-time codes were wrong; no more are taken for a while.",
}
_ENDINGS = {
    Ending.RUNNING: "is being carried out",
    Ending.DONE: "was confirmed already",
    Ending.CANCELLED: "was cancelled",
    Ending.EXPIRED: "has expired",
    Ending.CHANGED: "was asked anew, as things had changed",
}


def name(person: Person) -> str:
    """Return what a person is called in sentences."""
    return labels.author(person.signature)


def question(asked: Question, lifetime: timedelta, first: str = "") -> Reply:
    """Return the question as it is shown, with its two presses; `first` leads it."""
    shown = asked.preview.reply
    is_by_code = asked.need is Need.CODE
    confirm = Button(label="Confirm", command=f"/{CONFIRM} {asked.token}", is_danger=True)
    cancel = Button(label="Cancel", command=f"/{CANCEL} {asked.token}")
    hint = _hint(asked, asked.need)
    return replace(
        shown,
        tone=Tone.WARNING if shown.tone is Tone.PLAIN else shown.tone,
        lines=(*([first] if first else []), *shown.lines, *([hint] if hint else [])),
        footer=_joined(shown.footer, f"Nothing happens unless it is confirmed within {texts.age(lifetime)}."),
        buttons=(*shown.buttons, (cancel,) if is_by_code else (confirm, cancel)),
        confirmation=asked.token,
    )


def copy(shown: Reply, asked: Question) -> Reply:
    """Return the question for others, who have not seen who asked it, and whose codes do not count."""
    theirs = (_hint(asked, Need.OTHER) if line == _hint(asked, asked.need) else line for line in shown.lines)
    platform = asked.asker.platform.capitalize()
    return replace(shown, lines=(f"{name(asked.asker)} asks on {platform}:", *theirs))


def _hint(asked: Question, need: Need) -> str:
    by_other = f"Somebody else with the role {asked.command.role.name.lower()} has to confirm this"
    by_code = f"/{CONFIRM} {asked.token} and your one-time code"
    hints = {
        Need.OTHER: f"{by_other}.",
        Need.CODE: f"To confirm, send {by_code}.",
        Need.OTHER_OR_CODE: f"{by_other}; or send {by_code}.",
    }
    return hints.get(need, "")


def objection(asked: Question, check: CodeCheck | None) -> str:
    """Return why the asker's own confirmation is not enough; `check` is what their code was worth, if they gave one."""
    if check is not None and asked.need.takes_code:
        return _CODE_TEXTS[check]
    return f"Your own press is not enough. {_hint(asked, asked.need)}"


def not_yours(asked: Question) -> str:
    """Return why somebody else cannot answer."""
    return f"{name(asked.asker)} was asked, not you; nothing was done."


def lost_right(asked: Question) -> str:
    """Return why it is not done although it was confirmed."""
    return f"{name(asked.asker)} may not run /{asked.command.name} any more, so nothing was done."


def over(entry: Entry) -> str:
    """Return what is said to an answer that comes after the end."""
    how = _ENDINGS[entry.ending] if entry.ending else "is open"
    by = f" by {name(entry.by)}" if entry.by and entry.ending in {Ending.DONE, Ending.CANCELLED} else ""
    return f"That question {how}{by}; this press did nothing."


def done(result: Reply, asked: Question, by: Person) -> Reply:
    """Return what came of a confirmed act, as every message of the question shows it."""
    who = f"confirmed by {name(by)}"
    if (by.platform, by.id) != (asked.asker.platform, asked.asker.id):
        who = f"asked by {name(asked.asker)}, {who}"
    return replace(result, footer=_joined(result.footer, who), is_private=False, replaces=False)


def ended(asked: Question, line: str) -> Reply:
    """Return how the messages of a question look when nothing was done."""
    shown = asked.preview.reply
    return Reply(title=shown.title, banner=shown.banner, tone=Tone.NOTICE, lines=(line,))


def cancelled(asked: Question, by: Person) -> Reply:
    """Return what is left of a question that somebody cancelled."""
    return ended(asked, f"Cancelled by {name(by)}; nothing was done.")


def expired(asked: Question, lifetime: timedelta) -> Reply:
    """Return what is left of a question that nobody answered."""
    return ended(asked, f"Nobody confirmed this within {texts.age(lifetime)}, so nothing was done.")


def cut_off(asked: Question) -> Reply:
    """Return what is left of a question whose act was cut off on its way."""
    return ended(asked, "It was confirmed and then cut off on its way; look at /positions for what is open.")


def record(asked: Question, by: Person) -> str:
    """Return the act with who asked and who confirmed, for the audit."""
    words = texts.cut(asked.preview.words, 200)
    return f"{words} asked by {asked.asker.signature}, confirmed by {by.signature}"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
