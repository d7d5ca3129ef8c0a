"""Which tier a symbol belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.market import Tier
from core.domain.tiers import base_of, tier_of

COINS = {"BTC": Tier.LARGE, "LINK": Tier.MID, "PEPE": Tier.MEME, "SHIB": Tier.MEME, "1INCH": Tier.MID, "M": Tier.MID}


@pytest.mark.parametrize(
    ("symbol", "tier"),
    [
        ("BTCUSDT", Tier.LARGE),
        ("btcusdt", Tier.LARGE),
        ("BTCUSDC", Tier.LARGE),
        ("BTCPERP", Tier.LARGE),
        ("LINKUSDT", Tier.MID),
        ("1000PEPEUSDT", Tier.MEME),
        ("10000PEPEUSDT", Tier.MEME),
        ("1000000PEPEUSDT", Tier.MEME),
        ("1MPEPEUSDT", Tier.MEME),
        ("SHIB1000USDT", Tier.MEME),
        ("1INCHUSDT", Tier.MID),
        ("TAGUSDT", Tier.SMALL),
        ("1000TAGUSDT", Tier.SMALL),
        ("1MUSDT", Tier.SMALL),
        ("1000USDT", Tier.SMALL),
        ("USDT", Tier.SMALL),
        ("", Tier.SMALL),
    ],
)
def test_multipliers_and_quotes_are_seen_through(symbol: str, tier: Tier) -> None:
    assert tier_of(symbol, COINS) is tier


def test_a_base_keeps_its_multiplier() -> None:
    assert base_of("1000PEPEUSDT") == "1000PEPE"


@given(st.text(max_size=20))
def test_any_text_has_a_tier(symbol: str) -> None:
    assert tier_of(symbol, {}) is Tier.SMALL
