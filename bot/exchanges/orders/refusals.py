"""A venue's trouble as the port's outcomes and errors. What a code means is said in `errors`."""

from datetime import timedelta

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import RefusalReason, Refused

_REASONS = {
    TroubleKind.POSITION_GONE: RefusalReason.POSITION_GONE,
    TroubleKind.CLOSE_NOW: RefusalReason.STOP_CROSSED,
    TroubleKind.BACK_OFF: RefusalReason.RATE_LIMITED,
    TroubleKind.MISCONFIGURED: RefusalReason.MISCONFIGURED,
}
_PAUSE = timedelta(seconds=5)


def refused(trouble: VenueTrouble) -> Refused:
    """Return `trouble`, one of those after which nothing was executed, as an answer to an order."""
    reason = _REASONS.get(trouble.kind) or trouble.reason or RefusalReason.OTHER
    return Refused(reason=reason, detail=trouble.detail or trouble.code)


def raised(failure: VenueFailure) -> RetryLater | ConfigurationError:
    """Return what a read raises after `failure`."""
    trouble = failure.trouble
    sentence = trouble.detail or trouble.code
    if trouble.kind is TroubleKind.MISCONFIGURED:
        return ConfigurationError(sentence)
    return RetryLater(sentence, trouble.wait or _PAUSE)
