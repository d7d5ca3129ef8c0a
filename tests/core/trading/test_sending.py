"""Every answer of a venue, silence too, is a value."""

from datetime import timedelta

import pytest

from core.domain.errors import RetryLater
from core.domain.orders import Accepted, Cancelled, OrderOutcome, OrderState, RefusalReason, Refused, Unknown
from core.trading.sending import answered, ask, look_up, send
from tests.builders import at, make_fill, make_order, make_request
from tests.core.desk import Desk
from tests.fakes.exchange import HANG

LIMIT = timedelta(milliseconds=10)


@pytest.fixture
def ready(desk: Desk) -> Desk:
    desk.list_symbol("SOLUSDT")
    return desk


async def test_no_answer_in_time_is_unknown(ready: Desk) -> None:
    ready.venue.script("place", HANG)
    assert await send(ready.venue, make_request(), LIMIT) == Unknown(detail="no answer within 0.01 s")


async def test_a_look_up_tells_three_things_apart(ready: Desk) -> None:
    fill = await send(ready.venue, make_request(), LIMIT)
    assert await look_up(ready.venue, make_request(), LIMIT) == fill
    assert await look_up(ready.venue, make_request("never"), LIMIT) is None
    for silence in (HANG, RetryLater("busy", LIMIT)):
        ready.venue.script("find_order", silence)
        assert isinstance(await look_up(ready.venue, make_request(), LIMIT), Unknown)


async def test_a_question_that_hangs_is_to_be_asked_later(ready: Desk) -> None:
    ready.venue.script("instruments", HANG)
    with pytest.raises(RetryLater, match=r"0\.01 s"):
        await ask(ready.venue.instruments(), LIMIT)
    assert "SOLUSDT" in await ask(ready.venue.instruments(), LIMIT)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (make_fill(), OrderState.FILLED),
        (Accepted(), OrderState.RESTING),
        (Refused(reason=RefusalReason.OTHER, detail="no"), OrderState.REFUSED),
        (Unknown(detail="503"), OrderState.UNKNOWN),
        (Cancelled(), OrderState.CANCELLED),
    ],
)
def test_the_row_says_what_the_venue_said(outcome: OrderOutcome, state: OrderState) -> None:
    row = answered(make_order(), outcome, at(1))
    assert (row.state, row.updated_at) == (state, at(1))
    assert (row.filled_price is not None) is (state is OrderState.FILLED)
    assert row.detail == {OrderState.REFUSED: "other: no", OrderState.UNKNOWN: "503"}.get(state, "")
