"""Words for the terms of the trade, short ones for tables included; numbers belong to `texts`."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from core.domain.market import ExchangeRef
from core.domain.orders import RefusalReason
from core.domain.pauses import EVERYTHING, Pause
from core.domain.positions import ExitReason, PositionSide
from core.domain.signals import Side
from core.domain.waves import ParamsSource, WaveResult, WaveState
from handlers import texts

EXIT_REASONS: Mapping[ExitReason, tuple[str, str]] = {
    ExitReason.STOP_LOSS: ("stop", "stop loss"),
    ExitReason.TRAILING_STOP: ("trail", "trailing stop"),
    ExitReason.TAKE_PROFIT: ("target", "take profit"),
    ExitReason.BREAKEVEN: ("even", "break-even stop"),
    ExitReason.AGED: ("aged", "too old"),
    ExitReason.TIME_EXIT: ("time", "time limit"),
    ExitReason.LIQUIDATION_NEAR: ("liq.near", "near liquidation"),
    ExitReason.LIQUIDATED: ("liquid.", "liquidated by the venue"),
    ExitReason.CLOSED_BY_PERSON: ("person", "closed by a person"),
    ExitReason.CLOSED_OUTSIDE: ("outside", "closed outside the bot"),
    ExitReason.UNPROTECTED: ("no stop", "closed because its stop could not be placed"),
}
"""What ended a position: for tables (8 characters at most), in sentences."""

REFUSALS: Mapping[RefusalReason, str] = {
    RefusalReason.INSUFFICIENT_FUNDS: "not enough funds",
    RefusalReason.BELOW_MINIMUM: "below the venue's minimum",
    RefusalReason.PRICE_BAND: "outside the venue's price band",
    RefusalReason.NOT_TRADING: "the venue does not trade it now",
    RefusalReason.UNKNOWN_SYMBOL: "the venue does not know the symbol",
    RefusalReason.NO_PRICE: "there was no price",
    RefusalReason.LEVERAGE: "the leverage is not allowed",
    RefusalReason.REDUCE_ONLY: "it would not have reduced the position",
    RefusalReason.POSITION_GONE: "there is no such position at the venue",
    RefusalReason.STOP_CROSSED: "the price is beyond the stop already",
    RefusalReason.RATE_LIMITED: "the venue asks for fewer calls",
    RefusalReason.NEVER_ARRIVED: "the order never arrived",
    RefusalReason.OTHER: "for a reason of the venue's own",
}

WAVE_STATES: Mapping[WaveState, str] = {
    WaveState.COLLECTING: "being collected",
    WaveState.EXECUTING: "being executed",
    WaveState.FINISHED: "finished",
    WaveState.NOT_FOUND: "not found: no signal came",
    WaveState.SKIPPED: "skipped",
    WaveState.INTERRUPTED: "interrupted",
}

PARAM_SOURCES: Mapping[ParamsSource | None, str] = {
    ParamsSource.OVERRIDE: "a person's override",
    ParamsSource.WAVE: "the wave",
    ParamsSource.STORED: "stored values",
    ParamsSource.DEFAULTS: "defaults",
    None: "none to be had",
}

PARAM_TITLES: Mapping[str, str] = {
    "max_trades": "max trades",
    "stop_loss": "stop loss",
    "trailing_activation": "trail from",
    "trailing_distance": "trail by",
    "score_week": "week score",
    "score_month": "month score",
}
PERCENT_PARAMS = frozenset({"stop_loss", "trailing_activation", "trailing_distance"})

_SIGNATURE = re.compile(r"[a-z]+:\S+ \((?P<name>[^()\n]+)\)")
_SIDE_MARKS = {PositionSide.LONG: "L", PositionSide.SHORT: "S", Side.BUY: "B", Side.SELL: "S"}


def author(signature: str) -> str:
    """Return how a person is called in sentences: `telegram:1001 (Ann)` is Ann, anything else is itself."""
    match = _SIGNATURE.fullmatch(signature)
    return match["name"] if match else signature


def named(text: str) -> str:
    """Return `text` with the first person's signature in it replaced by what that person is called."""
    return _SIGNATURE.sub(lambda match: match["name"], text, count=1)


def coin(symbol: str) -> str:
    """Return a symbol without its quote, for tables: SOLUSDT gives SOL; at most eight characters."""
    return texts.cut(base(symbol), 8)


def base(symbol: str) -> str:
    """Return a symbol without its quote, for sentences: SOLUSDT gives SOL."""
    return symbol.removesuffix("USDT") or symbol


def side_mark(side: PositionSide | Side) -> str:
    """Return one letter for a side: L or S of positions, B or S of signals."""
    return _SIDE_MARKS[side]


def scope(name: str, exchanges: Sequence[ExchangeRef] = ()) -> str:
    """Return what a pause holds back: everything, an exchange's title, or the symbol itself."""
    if name == EVERYTHING:
        return "everything"
    titles = {exchange.name: exchange.title for exchange in exchanges}
    return titles.get(name, name.capitalize() if name.islower() else name)


def title_of(exchange: str | None, exchanges: Sequence[ExchangeRef]) -> str:
    """Return the title of the exchange called `exchange`, its name if it is not traded any more."""
    return next((ref.title for ref in exchanges if ref.name == exchange), exchange or "")


def title_of_id(exchange_id: int, exchanges: Sequence[ExchangeRef]) -> str:
    """Return the title of the exchange with the signal server's number `exchange_id`."""
    return next((ref.title for ref in exchanges if ref.id == exchange_id), f"exchange {exchange_id}")


def pause(held: Pause, exchanges: Sequence[ExchangeRef], now: datetime) -> str:
    """Return one pause in a line: what, by whom, since when, for how long, why."""
    name = scope(held.scope, exchanges)
    line = f"{name[:1].upper()}{name[1:]}: paused by {author(held.author)} since {texts.time(held.created_at, now)}"
    line += until(held.until_at, now)
    return f"{line} ({held.reason})" if held.reason else line


def until(until_at: datetime | None, now: datetime) -> str:
    """Return how long a pause lasts, as the end of a sentence."""
    if until_at is None:
        return ", until resumed"
    return f", until {texts.time(until_at, now)} ({texts.age(until_at - now)} left)"


def param(name: str, value: Decimal | int | None) -> str:
    """Return a param's value (in the units of `StoredParams`) with its unit; None is a dash."""
    if value is None:
        return "-"
    return texts.percent_value(Decimal(value)) if name in PERCENT_PARAMS else texts.number(Decimal(value))


def exchange_mark(title: str) -> str:
    """Return two letters for an exchange, for tables: Bi for Binance, By for Bybit."""
    return title[:2]


def funnel(result: WaveResult) -> str:
    """Return a wave's way from received to executed: 12 received → 8 selected → 7 valid → 3/5 opened."""
    steps = f"{result.received} received → {result.selected} selected → {result.valid} valid"
    topped_up = f" ({result.topped_up} topped up)" if result.topped_up else ""
    return f"{steps}{topped_up} → {result.executed}/{result.target} opened"
