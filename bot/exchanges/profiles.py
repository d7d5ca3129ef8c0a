"""What makes a venue different from the next, as data. What is done about it belongs to the modules that read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from bot.exchanges.codes.binance import BINANCE_CODES
from bot.exchanges.codes.bybit import BYBIT_CODES
from bot.exchanges.errors import VenueCodes
from core.domain.money import Ratio


class StopKind(StrEnum):
    """Where a protective stop lives at a venue.

    `ORDER`: a conditional order of its own, with our id. `POSITION`: a value attached to the position; it has no id,
    and goes when the position goes.
    """

    ORDER = "order"
    POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A pace of calls.

    Attributes:
        burst: What may be spent at once after a rest, in ccxt's units of cost.
        rest: How long one unit takes to come back.
    """

    burst: int
    rest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueProfile:
    """One venue's quirks.

    Attributes:
        ccxt_id: The class of ccxt that speaks to it.
        ccxt_options: Merged over that class's own options.
        testnet_urls: The key of ccxt's `urls` that holds the roots of the test net.
        public_sections, signed_sections: The sections of ccxt's `urls["api"]` that we use; no other can be reached.
        order_pace: How fast we send orders and changes.
        read_pace: How fast we read; twice, as what is read for an order does not wait for the rest.
        stream_url, private_stream_url: Roots of the streams (the dialects append their paths).
        can_amend_stop: True where a stop that stands is moved in one call; else the new one is placed before the old
            one is taken back.
        entry_params: Go with every order that opens.
        exit_params: Go with every order that closes.
        stop_params: Go with every stop.
        lists: Where, in the answers of a path, its list lies; an answer without one is none: it must not look empty.
        settle: The coin of margin and profit.
        taker_fee: Of the quote amount of one side, for where the venue does not tell.
    """

    name: str
    title: str
    ccxt_id: str
    ccxt_options: Mapping[str, object]
    codes: VenueCodes
    testnet_urls: str
    public_sections: frozenset[str]
    signed_sections: frozenset[str]
    order_pace: Pace
    read_pace: Pace
    stream_url: str
    testnet_stream_url: str
    private_stream_url: str
    testnet_private_stream_url: str
    stop_kind: StopKind
    can_amend_stop: bool
    entry_params: Mapping[str, object] = field(default_factory=dict)
    exit_params: Mapping[str, object] = field(default_factory=dict)
    stop_params: Mapping[str, object] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settle: str = "USDT"
    taker_fee: Ratio = Ratio(Decimal("0.0006"))


BINANCE = VenueProfile(
    name="binance",
    title="Binance",
    ccxt_id="binanceusdm",
    ccxt_options={
        # One request for the contracts: no spot, no margin pairs, no currencies (which would need keys).
        "fetchMarkets": {"types": ["linear"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
        "defaultType": "swap",
        "defaultSubType": "linear",
        "recvWindow": 5000,
        "adjustForTimeDifference": False,
        "warnOnFetchOpenOrdersWithoutSymbol": False,
        "fetchOpenOrders": {"warnWithoutSymbol": False},
        "newOrderRespType": {"market": "RESULT", "limit": "RESULT"},
        # Else the brackets of all contracts are read before the first look at the positions.
        "leverageBrackets": {},
    },
    codes=BINANCE_CODES,
    testnet_urls="demo",
    public_sections=frozenset({"fapiPublic", "fapiPublicV2", "fapiPublicV3", "fapiData"}),
    signed_sections=frozenset({"fapiPrivate", "fapiPrivateV2", "fapiPrivateV3", "sapi"}),
    # The venue takes 2,400 of weight a minute from an address, and 300 orders in 10 s, 1,200 a minute, from an
    # account; an order costs 4.
    order_pace=Pace(burst=400, rest=timedelta(milliseconds=12)),
    read_pace=Pace(burst=300, rest=timedelta(milliseconds=50)),
    stream_url="wss://fstream.binance.com",
    testnet_stream_url="wss://demo-fstream.binance.com",
    private_stream_url="wss://fstream.binance.com",
    testnet_private_stream_url="wss://demo-fstream.binance.com",
    stop_kind=StopKind.ORDER,
    can_amend_stop=False,
    exit_params={"reduceOnly": True},
    stop_params={"reduceOnly": True, "workingType": "CONTRACT_PRICE"},
    lists=dict.fromkeys(("positionRisk", "openAlgoOrders", "userTrades", "income"), ()),
    taker_fee=Ratio(Decimal("0.0005")),
)

BYBIT = VenueProfile(
    name="bybit",
    title="Bybit",
    ccxt_id="bybit",
    ccxt_options={
        "fetchMarkets": {"types": ["linear"], "usePrivateInstrumentsInfo": False},
        "defaultType": "swap",
        "defaultSubType": "linear",
        "defaultSettle": "USDT",
        "recvWindow": 5000,
        "adjustForTimeDifference": False,
        # Every account is a unified one; asking which would cost two calls before the first order.
        "enableUnifiedMargin": False,
        "enableUnifiedAccount": True,
        "unifiedMarginStatus": 5,
    },
    codes=BYBIT_CODES,
    testnet_urls="test",
    public_sections=frozenset({"public"}),
    signed_sections=frozenset({"private"}),
    # The venue takes 10 orders a second from an account, and 600 requests in 5 s from an address; a read costs 5.
    order_pace=Pace(burst=25, rest=timedelta(milliseconds=40)),
    read_pace=Pace(burst=100, rest=timedelta(milliseconds=5)),
    stream_url="wss://stream.bybit.com",
    testnet_stream_url="wss://stream-testnet.bybit.com",
    private_stream_url="wss://stream.bybit.com",
    testnet_private_stream_url="wss://stream-testnet.bybit.com",
    stop_kind=StopKind.POSITION,
    can_amend_stop=True,
    entry_params={"positionIdx": 0},
    exit_params={"positionIdx": 0, "reduceOnly": True},
    stop_params={"positionIdx": 0, "tpslMode": "Full", "slTriggerBy": "LastPrice"},
    lists=dict.fromkeys(
        (
            "v5/account/transaction-log",
            "v5/account/wallet-balance",
            "v5/execution/list",
            "v5/market/instruments-info",
            "v5/order/history",
            "v5/order/realtime",
            "v5/position/list",
        ),
        ("result", "list"),
    ),
    taker_fee=Ratio(Decimal("0.00055")),
)

PROFILES: Mapping[str, VenueProfile] = MappingProxyType({profile.name: profile for profile in (BINANCE, BYBIT)})
