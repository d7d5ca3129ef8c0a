"""What people were told, and whether it reached them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.domain.delivery import Alert, Delivery, DeliveryState, Destination, FoldReason, Loudness
from core.domain.events import DeliveryLost, Event, OrderRefused, Paused, UnprotectedPosition
from core.domain.market import TradingMode
from core.domain.replies import Tone
from tests.builders import NOW
from tests.fakes.chat import OLE, VIC, FakeChat, commands_of, text_of
from tests.fakes.memory_store import StoredDelivery

CHAT = Destination(platform="telegram", address="-1001", topic="5")
DESK = Destination(platform="slack", address="C0001")
REFUSED = OrderRefused(
    at=NOW - timedelta(days=1),
    exchange="binance",
    symbol="SOLUSDT",
    side="BUY",
    leg="entry",
    reason="insufficient_funds",
    detail="Margin is insufficient.",
)
BARE = UnprotectedPosition(
    at=NOW - timedelta(minutes=2),
    exchange="bybit",
    position_id=12,
    symbol="ETHUSDT",
    action="it is closed at market",
    detail="the venue refused the stop",
)
PAUSED = Paused(at=NOW, scope="all", reason="news", author="telegram:1 (Ada)", until_at=None)


def keep(chat: FakeChat, event: Event, *told: tuple[Destination, DeliveryState, int, datetime | None, str]) -> int:
    """Let `event` be an alert that fared like that at each destination; returns its number."""
    store = chat.units.store
    alert = Alert(
        id=len(store.alerts) + 1,
        kind=event.kind,
        severity=event.severity,
        mode=TradingMode.PAPER,
        created_at=event.at,
        event=event,
    )
    store.alerts[alert.id] = alert
    for destination, state, attempts, ended_at, error in told:
        delivery = Delivery(
            id=len(store.deliveries) + 1,
            alert=alert,
            destination=destination,
            loudness=Loudness.NORMAL,
            attempts=attempts,
        )
        store.deliveries[delivery.id] = StoredDelivery(
            delivery=delivery, state=state, queued_at=event.at, next_at=event.at, ended_at=ended_at, error=error
        )
    return alert.id


@pytest.fixture
def chat() -> FakeChat:
    chat = FakeChat()
    keep(chat, REFUSED, (CHAT, DeliveryState.SENT, 1, REFUSED.at, ""), (DESK, DeliveryState.EXPIRED, 0, NOW, ""))
    keep(
        chat,
        BARE,
        (CHAT, DeliveryState.FAILED, 3, NOW - timedelta(minutes=1), "Forbidden: bot was blocked by <b>the</b> user"),
        (DESK, DeliveryState.PENDING, 2, None, "ratelimited " + "x" * 10_000),
    )
    keep(chat, PAUSED, (CHAT, DeliveryState.SENT, 1, NOW, ""), (DESK, DeliveryState.PENDING, 0, None, ""))
    return chat


async def test_the_newest_first_with_the_worst_that_became_of_each(chat: FakeChat) -> None:
    reply = await chat.say("/alerts", by=VIC)
    assert reply.title == "Last 3 alerts"
    assert reply.table is not None
    assert reply.table.rows == (
        ("3", "10:20", "paused", "wait"),
        ("2", "10:18", "unprotected pos…", "FAIL"),
        ("1", "11-19", "order refused", "late"),
    )
    assert reply.footer == (
        "FAIL: refused for good. wait: waiting. late: told too late, in a digest. yes: delivered. "
        "/alerts #3 shows one in full."
    )


async def test_what_is_held_back_on_purpose_does_not_read_as_waiting(chat: FakeChat) -> None:
    number = keep(chat, PAUSED, (CHAT, DeliveryState.PENDING, 0, None, ""), (DESK, DeliveryState.SENT, 1, NOW, ""))
    deliveries = chat.units.store.deliveries
    (key,) = [key for key, each in deliveries.items() if each.delivery.alert.id == number and each.ended_at is None]
    deliveries[key] = replace(deliveries[key], fold=FoldReason.QUIET, next_at=NOW + timedelta(hours=20, minutes=40))
    reply = await chat.say("/alerts 1")
    assert reply.table is not None
    assert reply.table.rows[0][-1] == "held"
    assert reply.footer.startswith("held: held back for a while. yes: delivered.")
    assert "to telegram:-1001/5: held until 21 Nov 07:00" in text_of(await chat.say(f"/alerts #{number}"))
    await chat.clock.advance(timedelta(hours=21))
    assert "to telegram:-1001/5: waiting" in text_of(await chat.say(f"/alerts #{number}"))


async def test_rows_fit_on_a_phone(chat: FakeChat) -> None:
    for _ in range(10_000):
        keep(chat, REFUSED, (CHAT, DeliveryState.FAILED, 1, NOW, ""))
    await chat.say("/ack 10003")
    reply = await chat.say("/alerts 40")
    assert reply.table is not None
    assert len(reply.table.rows) == 40
    cells = [tuple(column.title for column in reply.table.columns), *reply.table.rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(cells[0]))]
    assert sum(widths) + len(widths) - 1 <= 34


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("/alerts 2", ["3", "2"]),
        ("/alerts paused", ["3"]),
        ("/alerts PAUSED 5", ["3"]),
        ("/alerts 1 order_refused", ["1"]),
    ],
)
async def test_the_list_can_be_narrowed(chat: FakeChat, words: str, numbers: list[str]) -> None:
    table = (await chat.say(words)).table
    assert table is not None
    assert [row[0] for row in table.rows] == numbers


async def test_nothing_is_said_to_be_nothing(chat: FakeChat) -> None:
    assert "There has been no alert." in text_of(await FakeChat().say("/alerts"))
    assert "There has been no alert of the kind feed_lost." in text_of(await chat.say("/alerts feed_lost"))


async def test_who_takes_care_is_said(chat: FakeChat) -> None:
    await chat.say("/ack 2", by=OLE)
    await chat.say("/ack 1", by=OLE)
    reply = await chat.say("/alerts")
    assert reply.lines == ("Ole takes care of #2, #1.",)
    assert reply.table is not None
    assert [row[3] for row in reply.table.rows] == ["wait", "FAIL+", "late+"]
    assert "+: somebody takes care." in reply.footer


async def test_one_in_full_with_what_became_of_it(chat: FakeChat) -> None:
    reply = await chat.say("/alerts #2", by=OLE)
    assert reply.title.startswith("#2 ")
    assert reply.title.endswith("· Bybit")
    assert (reply.banner, reply.tone, reply.alert_id) == ("PAPER", Tone.CRITICAL, None)
    text = text_of(reply)
    assert "ETHUSDT" in text
    assert "it is closed at market" in text.lower()
    assert "At: 10:18\nSeverity: critical\nto slack:C0001: waiting, 2 attempts: ratelimited xxx" in text
    failed = "refused for good 10:19, 3 attempts: Forbidden: bot was blocked by <b>the</b> user"
    assert f"to telegram:-1001/5: {failed}" in text
    assert len(text) < 1000
    assert commands_of(reply)[-1] == "/ack 2"


async def test_what_is_taken_care_of_needs_no_press(chat: FakeChat) -> None:
    await chat.say("/ack 2", by=OLE)
    reply = await chat.say("/alerts #2")
    assert "Taken care of: Ole since 10:20" in text_of(reply)
    assert "/ack 2" not in commands_of(reply)


async def test_a_viewer_gets_no_press_that_is_not_theirs(chat: FakeChat) -> None:
    assert commands_of(await chat.say("/alerts #2", by=VIC)) == ["/position 12"]
    assert commands_of(await chat.say("/alerts #2", by=OLE)) == ["/position 12", "/close 12", "/ack 2"]


async def test_a_large_number_is_one_alert_without_its_sign(chat: FakeChat) -> None:
    for _ in range(50):
        keep(chat, PAUSED)
    assert (await chat.say("/alerts 41")).title.startswith("#41 ")
    assert (await chat.say("/alerts 40")).title == "Last 40 alerts"


async def test_an_alert_of_many_destinations_is_cut(chat: FakeChat) -> None:
    places = [Destination(platform="slack", address=f"C{number:02d}") for number in range(15)]
    number = keep(chat, PAUSED, *[(place, DeliveryState.SENT, 1, NOW, "") for place in places])
    fields = (await chat.say(f"/alerts #{number}")).fields
    assert len([field for field in fields if field.name.startswith("to ")]) == 12
    assert (fields[-1].name, fields[-1].value) == ("and", "3 more")


async def test_hostile_texts_of_an_event_are_shown_as_they_are(chat: FakeChat) -> None:
    number = keep(chat, DeliveryLost(at=NOW, destination=str(CHAT), error="<script>*_`~@channel " + "x" * 10_000))
    text = text_of(await chat.say(f"/alerts #{number}"))
    assert "<script>*_`~@channel" in text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("/alerts #99", "No alert #99 is stored"),
        ("/alerts 99", "No alert #99 is stored"),
        ("/alerts order_refussed", "did you mean order_refused?"),
        ("/alerts xyzzy", "is no kind of alert; kinds are"),
        ("/alerts #1 paused", "One alert, or a count and a kind"),
        ("/alerts 5 5", "One alert, or a count and a kind"),
        ("/alerts 0", "1 to 40"),
    ],
)
async def test_what_is_not_understood_is_explained(chat: FakeChat, words: str, why: str) -> None:
    text = text_of(await chat.say(words))
    assert why in text
    assert "Usage: /alerts [n] [kind] | [#alert]" in text
