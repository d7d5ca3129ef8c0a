"""What the tests of the socket share: rows to send, and how a socket is made."""

from collections.abc import Callable
from datetime import timedelta

from bot.demo.signal_faults import Row
from bot.feeds.signal_socket import SignalSocket
from tests.bot.feeds.test_signal_rows import ROW
from tests.fakes.feed import Consumer

TOKEN = "s3cret-token"
SECOND = timedelta(seconds=1)
MakeSocket = Callable[..., SignalSocket]


def rows(*ids: int, **changes: object) -> list[Row]:
    return [{**ROW, **changes, "id": number} for number in ids]


def ids(consumer: Consumer) -> list[str]:
    return [signal.id for signal in consumer.signals]
