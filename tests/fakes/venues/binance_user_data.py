"""How Binance tells an account's changes on its user data stream; to whom is the streams' business."""

from collections.abc import Iterator
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import fixed, money, places, price_text, quantity_text
from tests.fakes.venues.binance_rows import ORDER_STATUSES, algo_row, average_text, client_id_of
from tests.fakes.venues.book import (
    ZERO,
    BalanceChanged,
    BookOrder,
    Fact,
    MarginCalled,
    MarginMode,
    OrderChanged,
    OrderKind,
    OrderStatus,
    Position,
    PositionChanged,
    Trade,
)
from tests.fakes.venues.wire import plain

Event = dict[str, Any]
_CAUSES = {"order": "ORDER", "funding": "FUNDING_FEE", "deposit": "DEPOSIT"}


def events(account: FakeAccount, fact: Fact, now_ms: int) -> Iterator[Event]:
    """Yield the events that tell `fact`, in the venue's order; none for what it does not tell."""
    if isinstance(fact, OrderChanged):
        if fact.order.kind is OrderKind.STOP:
            for status in _algo_statuses(fact.order):
                yield _algo(account, fact.order, status, now_ms)
        elif fact.order.kind is not OrderKind.ATTACHED:
            yield _order(account, fact.order, fact.trade, now_ms)
    elif isinstance(fact, BalanceChanged):
        yield _account(account, fact, now_ms)
    elif isinstance(fact, PositionChanged) and fact.cause == "settings":
        leverage = {"s": fact.position.symbol, "l": fact.position.leverage}
        yield {"e": "ACCOUNT_CONFIG_UPDATE", "E": now_ms, "T": now_ms, "ac": leverage}
    elif isinstance(fact, MarginCalled):
        yield _margin_call(account, fact.position, now_ms)


def _algo_statuses(order: BookOrder) -> tuple[str, ...]:
    if order.status in {OrderStatus.FILLED, OrderStatus.EXPIRED} and order.spawned_id:
        return ("TRIGGERED", "FINISHED")
    words = {
        OrderStatus.NEW: "NEW",
        OrderStatus.CANCELLED: "CANCELED",
        OrderStatus.TRIGGERED: "TRIGGERING",
        OrderStatus.EXPIRED: "REJECTED",
    }
    return (words[order.status],) if order.status in words else ()


def _algo(account: FakeAccount, order: BookOrder, status: str, now_ms: int) -> Event:
    contract, row = account.contracts[order.symbol], algo_row(account, order)
    is_finished = status == "FINISHED"
    return {
        "e": "ALGO_UPDATE",
        "T": now_ms,
        "E": now_ms,
        "o": {
            "caid": row["clientAlgoId"],
            "aid": order.id,
            "at": "CONDITIONAL",
            "o": row["orderType"],
            "s": order.symbol,
            "S": order.side.value,
            "ps": "BOTH",
            "f": "GTC",
            "q": plain(order.quantity),
            "X": status,
            "ai": str(order.spawned_id or ""),
            "ap": average_text(contract, order) if is_finished else "0",
            "aq": quantity_text(contract, order.filled) if is_finished else "0",
            "act": "MARKET",
            "tp": plain(order.trigger_price or ZERO),
            "p": "0",
            "V": "EXPIRE_MAKER",
            "wt": row["workingType"],
            "pm": "NONE",
            "cp": order.close_position,
            "pP": False,
            "R": order.reduce_only,
            "tt": order.triggered_ms,
            "gtd": 0,
            **({"rm": "ReduceOnly reject"} if status == "REJECTED" else {}),
        },
    }


def _execution(order: BookOrder, trade: Trade | None) -> str:
    if trade is not None:
        return "TRADE" if order.kind is OrderKind.MARKET else "CALCULATED"
    words = {OrderStatus.NEW: "NEW", OrderStatus.CANCELLED: "CANCELED"}
    return words.get(order.status, "EXPIRED")


def _order(account: FakeAccount, order: BookOrder, trade: Trade | None, now_ms: int) -> Event:
    contract = account.contracts[order.symbol]
    is_forced = order.kind in {OrderKind.LIQUIDATION, OrderKind.ADL}
    kind = "LIQUIDATION" if is_forced else "MARKET"
    row: Event = {
        "s": order.symbol,
        "c": client_id_of(order),
        "S": order.side.value,
        "o": kind,
        "f": "IOC" if is_forced else "GTC",
        "q": quantity_text(contract, order.quantity),
        "p": "0",
        "ap": average_text(contract, order),
        "sp": "0",
        "x": _execution(order, trade),
        "X": ORDER_STATUSES[order.status],
        "i": order.id,
        "l": quantity_text(contract, trade.quantity if trade else ZERO),
        "z": quantity_text(contract, order.filled),
        "L": price_text(contract, trade.price if trade else ZERO),
        "n": money(trade.fee) if trade else "0",
        "N": contract.quote,
        "T": now_ms,
        "t": trade.id if trade else 0,
        "b": "0",
        "a": "0",
        "m": False,
        "R": order.reduce_only,
        "wt": "CONTRACT_PRICE",
        "ot": order.wire.get("origType", kind),
        "ps": "BOTH",
        "cp": order.close_position,
        "rp": money(trade.realised if trade else ZERO),
        "pP": False,
        "si": order.parent_id,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": now_ms, "T": now_ms, "o": row}


def _account(account: FakeAccount, fact: BalanceChanged, now_ms: int) -> Event:
    wallet = money(account.wallet)
    # The venue tells the change of balance without what trades realised and cost.
    change = "0" if fact.cause == "order" else money(fact.amount)
    positions = [_position(account, account.position(fact.symbol))] if fact.symbol else []
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": now_ms,
        "a": {
            "m": _CAUSES[fact.cause],
            "B": [{"a": "USDT", "wb": wallet, "cw": wallet, "bc": change}],
            "P": positions,
        },
    }


def _position(account: FakeAccount, position: Position) -> Event:
    contract = account.contracts[position.symbol]
    is_isolated = position.margin_mode is MarginMode.ISOLATED
    entry = position.entry if position.amount else ZERO
    return {
        "s": position.symbol,
        "pa": quantity_text(contract, position.amount),
        "ep": fixed(entry, places(contract.price_step) + 3),
        "bep": money(entry),
        "cr": money(position.all_realised),
        "up": money(position.unrealised(account.prices(position.symbol).mark)),
        "mt": position.margin_mode.value,
        "iw": money(position.margin() if is_isolated else ZERO),
        "ps": "BOTH",
    }


def _margin_call(account: FakeAccount, position: Position, now_ms: int) -> Event:
    contract, mark = account.contracts[position.symbol], account.prices(position.symbol).mark
    row = {
        "s": position.symbol,
        "ps": "BOTH",
        "pa": quantity_text(contract, position.amount),
        "mt": "ISOLATED" if position.margin_mode is MarginMode.ISOLATED else "CROSSED",
        "iw": money(position.margin()),
        "mp": money(mark),
        "up": money(position.unrealised(mark)),
        "mm": money(abs(position.amount) * mark * contract.maintenance_ratio),
    }
    return {"e": "MARGIN_CALL", "E": now_ms, "cw": money(account.wallet), "p": [row]}
