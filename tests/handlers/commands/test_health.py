"""Parts of the process."""

from core.domain.delivery import Destination, Loudness
from core.domain.events import Stopped
from core.domain.replies import Tone
from handlers.services import HealthItem
from tests.builders import NOW
from tests.fakes.chat import FakeChat, text_of


async def test_all_is_well() -> None:
    reply = await FakeChat().say("/health")
    assert (reply.title, reply.tone) == ("All is well", Tone.GOOD)
    assert "feed: ok: connected" in text_of(reply)


async def test_faults_come_first_and_waiting_alerts_are_told() -> None:
    chat = FakeChat(routes=lambda _: [(Destination(platform="telegram", address="-1"), Loudness.NORMAL)])
    chat.health_items.append(HealthItem(name="prices", is_ok=False, detail="no price for 90 s"))
    async with chat.units.writing() as unit:
        await unit.record(Stopped(at=NOW, reason="test", open_positions=0))
    reply = await chat.say("/health")
    assert (reply.title, reply.tone) == ("Not well: prices", Tone.WARNING)
    assert reply.fields[0].value == "FAULT: no price for 90 s"
    assert "to telegram:-1: 1 alert waiting" in text_of(reply)
