"""Where each venue tells of orders, trades and the account, as data. Asking and judging belong to the readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from core.domain.orders import RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One way to ask for an order by our id.

    Attributes:
        id_param: Carries our id.
        gives_list: The answer is a list, empty if there is no such order; else its absence is an error.
    """

    method: str
    id_param: str
    gives_list: bool = False
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How a long list is read.

    Attributes:
        limit: Rows of one answer at most.
        window: The longest time that one answer covers.
        newest_first: Of more rows than fit in an answer the newest are given.
    """

    limit: int
    window: timedelta
    newest_first: bool = False
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeKind:
    """Trades that have to be asked for by themselves; `is_liquidation`: the venue ended a position with them."""

    params: Mapping[str, object] = field(default_factory=dict)
    is_liquidation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedStops:
    """Where the stops that were attached to positions are found once they are executed.

    Attributes:
        histories: Methods that list orders which ended, with their parameters, quickest to know first.
        type_key, types: What marks such a stop among them.
    """

    histories: tuple[tuple[str, Mapping[str, object]], ...]
    type_key: str
    types: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceKeys:
    """Where the balance lies in the raw answer.

    Attributes:
        account: Keys that lead to the account.
        coins: The list of coins in the account; `coin` names each.
        total: Of the coin, without unrealised profit.
        free: Of the coin; empty: it is `total` less what is `held`.
        held: Of the coin.
        account_free: Of the account; bounds `free` where it is told.
    """

    account: tuple[str | int, ...]
    coins: str
    coin: str
    total: str
    free: str = ""
    held: tuple[str, ...] = ()
    account_free: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReads:
    """How the account's settings are made and read back.

    Attributes:
        mode_is_of_account: Isolated margin is one setting of the whole account, not of each symbol.
        mode_method, mode_path, isolated: Where the margin mode is read, and the word for isolated.
        leverage_method, leverage_path: Where the leverage of a symbol is read.
        params: Go with questions about a symbol, beside it.
    """

    mode_is_of_account: bool
    mode_method: str
    mode_path: tuple[str | int, ...]
    isolated: str
    leverage_method: str
    leverage_path: tuple[str | int, ...]
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReads:
    """How one venue tells of orders and of the account.

    Attributes:
        lookups: For market orders, first to last until one knows it.
        stop_lookups: For stops that are orders of their own.
        stop_type_key, stop_types: Of a stop's raw answer: what marks it as one, among other conditional orders.
        spawned_key: Of a stop's raw answer: the id of the order that executes it.
        attached: For stops that are attached to positions.
        fee_key: Of an order's raw answer, in the settle coin.
        trade_id_key: Of a trade's raw answer: our id; empty: only the order tells it.
        liquidation_ids: Beginnings of the ids that the venue gives orders of its own will.
        funding_sign: 1 where funding received is above zero, -1 where it is below.
        reject_key, reject_reasons: Of an order's raw answer: why nothing was executed.
    """

    lookups: tuple[Lookup, ...]
    trades: Pages
    trade_kinds: tuple[TradeKind, ...]
    funding: Pages
    funding_sign: int
    balance: BalanceKeys
    setup: SetupReads
    positions_limit: int
    stop_lookups: tuple[Lookup, ...] = ()
    stop_type_key: str = ""
    stop_types: frozenset[str] = frozenset()
    spawned_key: str = ""
    attached: AttachedStops | None = None
    fee_key: str = ""
    trade_id_key: str = ""
    liquidation_ids: tuple[str, ...] = ()
    reject_key: str = ""
    reject_reasons: Mapping[str, RefusalReason] = field(default_factory=dict)


_WEEK = timedelta(days=7)

_BINANCE = OrderReads(
    lookups=(Lookup(method="fetch_order", id_param="clientOrderId"),),
    stop_lookups=(Lookup(method="fetch_order", id_param="clientOrderId", params={"trigger": True}),),
    stop_type_key="orderType",
    stop_types=frozenset({"STOP_MARKET", "STOP"}),
    spawned_key="actualOrderId",
    trades=Pages(limit=1000, window=_WEEK),
    trade_kinds=(TradeKind(),),
    liquidation_ids=("autoclose-", "adl_autoclose", "settlement_autoclose-"),
    funding=Pages(limit=1000, window=_WEEK),
    funding_sign=1,
    balance=BalanceKeys(account=(), coins="assets", coin="asset", total="walletBalance", free="availableBalance"),
    setup=SetupReads(
        mode_is_of_account=False,
        mode_method="fapiPrivateGetSymbolConfig",
        mode_path=(0, "marginType"),
        isolated="ISOLATED",
        leverage_method="fapiPrivateGetSymbolConfig",
        leverage_path=(0, "leverage"),
    ),
    positions_limit=10_000,
)

_NOTHING_TO_TRADE_WITH = dict.fromkeys(
    ("EC_NoImmediateQtyToFill", "EC_CancelForNoFullFill", "EC_NoEnoughQtyToFill"), RefusalReason.NO_PRICE
)

_BYBIT = OrderReads(
    lookups=(
        Lookup(method="fetch_open_orders", id_param="orderLinkId", gives_list=True),
        Lookup(method="fetch_canceled_and_closed_orders", id_param="orderLinkId", gives_list=True),
    ),
    attached=AttachedStops(
        histories=(("fetch_open_orders", {"openOnly": 1}), ("fetch_canceled_and_closed_orders", {})),
        type_key="stopOrderType",
        types=frozenset({"StopLoss"}),
    ),
    fee_key="cumExecFee",
    trade_id_key="orderLinkId",
    trades=Pages(limit=100, window=_WEEK, newest_first=True),
    trade_kinds=(
        TradeKind(),
        TradeKind(params={"execType": "BustTrade"}, is_liquidation=True),
        TradeKind(params={"execType": "AdlTrade"}, is_liquidation=True),
    ),
    # ccxt sends the limit under a name that the venue does not know.
    funding=Pages(limit=100, window=_WEEK, newest_first=True, params={"limit": 100}),
    funding_sign=-1,
    balance=BalanceKeys(
        account=("result", "list", 0),
        coins="coin",
        coin="coin",
        total="walletBalance",
        held=("totalPositionIM", "totalOrderIM", "locked"),
        # Left empty by accounts with isolated margin.
        account_free="totalAvailableBalance",
    ),
    setup=SetupReads(
        mode_is_of_account=True,
        mode_method="privateGetV5AccountInfo",
        mode_path=("result", "marginMode"),
        isolated="ISOLATED_MARGIN",
        leverage_method="privateGetV5PositionList",
        leverage_path=("result", "list", 0, "leverage"),
        params={"category": "linear"},
    ),
    positions_limit=200,
    reject_key="rejectReason",
    reject_reasons={
        **_NOTHING_TO_TRADE_WITH,
        "EC_InvalidSymbolStatus": RefusalReason.NOT_TRADING,
        "EC_InsufficientBalance": RefusalReason.INSUFFICIENT_FUNDS,
        "EC_ReachMaxTradeNum": RefusalReason.ABOVE_MAXIMUM,
    },
)

READS: Mapping[str, OrderReads] = MappingProxyType({"binance": _BINANCE, "bybit": _BYBIT})
"""By the name of the profile."""
