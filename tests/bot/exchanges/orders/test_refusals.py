"""A venue's trouble as outcomes and errors of the port."""

from datetime import timedelta

import pytest

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from bot.exchanges.orders.refusals import raised, refused
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import RefusalReason


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        (TroubleKind.REFUSED, RefusalReason.PRICE_BAND, RefusalReason.PRICE_BAND),
        (TroubleKind.REFUSED, None, RefusalReason.OTHER),
        (TroubleKind.POSITION_GONE, RefusalReason.REDUCE_ONLY, RefusalReason.POSITION_GONE),
        (TroubleKind.CLOSE_NOW, RefusalReason.STOP_CROSSED, RefusalReason.STOP_CROSSED),
        (TroubleKind.BACK_OFF, RefusalReason.RATE_LIMITED, RefusalReason.RATE_LIMITED),
        (TroubleKind.MISCONFIGURED, RefusalReason.MISCONFIGURED, RefusalReason.MISCONFIGURED),
    ],
)
def test_each_kind_has_its_reason(kind: TroubleKind, told: RefusalReason | None, reason: RefusalReason) -> None:
    answer = refused(VenueTrouble(kind=kind, reason=told, detail="its words", code="1"))
    assert (answer.reason, answer.detail) == (reason, "its words")


def test_a_trouble_without_words_is_named_by_its_code() -> None:
    assert refused(VenueTrouble(kind=TroubleKind.REFUSED, code="-1")).detail == "-1"


def test_reads_raise_what_the_port_allows() -> None:
    mend = raised(VenueFailure(VenueTrouble(kind=TroubleKind.MISCONFIGURED, detail="new keys")))
    assert isinstance(mend, ConfigurationError)
    later = raised(VenueFailure(VenueTrouble(kind=TroubleKind.BACK_OFF, wait=timedelta(minutes=2))))
    assert isinstance(later, RetryLater)
    assert later.wait == timedelta(minutes=2)
    unknown = raised(VenueFailure(VenueTrouble(kind=TroubleKind.UNKNOWN, code="http 502")))
    assert isinstance(unknown, RetryLater)
    assert unknown.wait > timedelta(0)
