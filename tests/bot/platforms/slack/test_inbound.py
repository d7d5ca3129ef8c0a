"""Nothing is begun twice, and memory stays small."""

from bot.platforms.slack.inbound import Inbox
from bot.platforms.slack.payloads import Heard
from core.domain.people import Person
from handlers.invocation import InvocationKind


def heard(key: str) -> Heard:
    return Heard(
        key=key, person=Person(platform="slack", id="U1"), channel="C1", words="x", kind=InvocationKind.COMMAND
    )


def taken(inbox: Inbox) -> list[str]:
    keys = []
    while (item := inbox.take()) is not None:
        keys.append(item.key)
    return keys


def test_a_repeat_is_dropped_also_after_the_first_was_begun() -> None:
    inbox = Inbox()
    for key in ("a", "b", "a"):
        inbox.put(heard(key))
    assert taken(inbox) == ["a", "b"]
    inbox.put(heard("b"))
    assert taken(inbox) == []


def test_what_has_no_key_is_always_new() -> None:
    inbox = Inbox()
    inbox.put(heard(""))
    inbox.put(heard(""))
    assert taken(inbox) == ["", ""]


def test_only_the_last_thousand_are_remembered() -> None:
    inbox = Inbox()
    for number in range(1_001):
        inbox.put(heard(str(number)))
    taken(inbox)
    inbox.put(heard("1000"))
    inbox.put(heard("1"))
    inbox.put(heard("0"))
    assert taken(inbox) == ["0"]
