"""What lists are asked for."""

from datetime import UTC, datetime

import pytest

from handlers import list_arguments
from handlers.invocation import UsageError
from tests.fakes.chat import BINANCE, BYBIT

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)
BOTH = (BINANCE, BYBIT)
KNOWN = frozenset({"SOLUSDT", "BTCUSDT"})


def test_lists_take_their_words_in_any_order() -> None:
    read = list_arguments.read_list(["5", "sol", "7d", "bybit"], exchanges=BOTH, known=KNOWN, now=NOW, most=10)
    assert (read.count, read.symbol, read.exchange) == (5, "SOLUSDT", BYBIT)
    assert read.period is not None
    with pytest.raises(UsageError, match="second symbol"):
        list_arguments.read_list(["sol", "btc"], exchanges=BOTH, known=KNOWN, now=NOW, most=10)
