"""Parts of the process."""

from datetime import timedelta

from core.domain.delivery import Destination, Traffic
from core.domain.replies import Tone
from handlers.services import HealthItem
from tests.builders import NOW
from tests.fakes.chat import FakeChat, text_of

CHAT = Destination(platform="telegram", address="-1")
SLACK = Destination(platform="slack", address="C1")


async def test_all_is_well() -> None:
    chat = FakeChat()
    chat.flows = [Traffic(destination=CHAT, waiting=0)]
    reply = await chat.say("/health")
    assert (reply.title, reply.tone) == ("All is well", Tone.GOOD)
    assert text_of(reply).strip() == "All is well\nfeed: ok: connected"


async def test_faults_come_first_and_waiting_alerts_are_told() -> None:
    chat = FakeChat()
    chat.health_items.append(HealthItem(name="prices", is_ok=False, detail="no price for 90 s"))
    chat.flows = [Traffic(destination=CHAT, waiting=1)]
    reply = await chat.say("/health")
    assert (reply.title, reply.tone) == ("Not well: prices", Tone.WARNING)
    assert reply.fields[0].value == "FAULT: no price for 90 s"
    assert "to telegram:-1: 1 alert waiting" in text_of(reply)


async def test_a_destination_that_fails_is_a_fault() -> None:
    chat = FakeChat()
    since = NOW - timedelta(minutes=18)
    chat.flows = [
        Traffic(destination=CHAT, waiting=7),
        Traffic(destination=SLACK, waiting=0, failing_since=since, is_lost=True, error="channel is archived"),
    ]
    reply = await chat.say("/health")
    assert (reply.title, reply.tone) == ("Not well: slack:C1", Tone.WARNING)
    assert [(field.name, field.value) for field in reply.fields[1:]] == [
        ("to slack:C1", "LOST since 10:02 (channel is archived), nothing waits"),
        ("to telegram:-1", "7 alerts waiting"),
    ]
