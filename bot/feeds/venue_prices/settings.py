"""How prices are followed. What a venue allows is in its dialect."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from core.domain.money import Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedPriceSettings:
    """How prices are followed.

    Attributes:
        fresh_for: A watched symbol without price for so long is asked for by request.
        first_within: The same for a symbol that has had none yet, or whose connection is down.
        ask_every: The venue is asked at most that often.
        ask_timeout: For one such question.
        linger: A symbol that nobody watches any more is kept for so long, in case somebody does again.
        max_off_mark: A last price further from its own newest mark price, as a share of it, is not believed.
        silence: A connection that brings no price for so long is made anew.
        answer_within: A request without answer is repeated for the symbols that bring nothing.
        retry_refused: A symbol that the venue's stream does not know is tried again.
    """

    fresh_for: timedelta = timedelta(seconds=5)
    first_within: timedelta = timedelta(seconds=1)
    ask_every: timedelta = timedelta(seconds=3)
    ask_timeout: timedelta = timedelta(seconds=5)
    linger: timedelta = timedelta(minutes=1)
    max_off_mark: Ratio = Ratio(Decimal("0.3"))
    silence: timedelta = timedelta(seconds=20)
    answer_within: timedelta = timedelta(seconds=10)
    retry_refused: timedelta = timedelta(minutes=5)
    connect_timeout: timedelta = timedelta(seconds=10)
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_max: timedelta = timedelta(seconds=30)
