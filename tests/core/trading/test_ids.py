"""Client order ids: same purpose, same id; another purpose, another id."""

import re
from datetime import timedelta
from itertools import product

from core.domain.orders import OrderLeg
from core.trading.ids import client_order_id, group_id
from tests.builders import WAVE_AT, make_position

ALLOWED = re.compile(r"[A-Za-z0-9-]{1,32}")


def test_every_purpose_has_an_id_of_its_own_that_venues_take() -> None:
    ids = set()
    waves, exchanges, symbols = (WAVE_AT, WAVE_AT + timedelta(minutes=15)), ("binance", "bybit"), ("SOLUSDT", "ADAUSDT")
    for wave_at, exchange, symbol, leg, attempt in product(waves, exchanges, symbols, OrderLeg, (1, 2, 101, 12_345)):
        group = group_id(wave_at, exchange, symbol)
        made = client_order_id(make_position(symbol, exchange=exchange, group_id=group), leg, attempt)
        assert ALLOWED.fullmatch(made)
        assert made.startswith("wh-")
        ids.add(made)
    assert len(ids) == 2 * 2 * 2 * len(OrderLeg) * 4


def test_the_same_purpose_has_the_same_id_in_every_process() -> None:
    position = make_position(group_id=group_id(WAVE_AT, "binance", "SOLUSDT"))
    assert group_id(WAVE_AT, "binance", "SOLUSDT") == "g-e8a9ddd14be43d2a9c112c17"
    assert client_order_id(position, OrderLeg.ENTRY, 1) == client_order_id(position, OrderLeg.ENTRY, 1)
