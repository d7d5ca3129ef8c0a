"""Domain objects with sensible defaults, so that a test names only what it is about; no fakes here.

Every builder takes fields by name. Numbers that are `Decimal` in the domain may be given as text or whole numbers.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.domain.market import Instrument, MarketFacts, Tick
from core.domain.money import Money, Price, Quantity, Ratio
from core.domain.orders import Filled, Order, OrderLeg, OrderRequest, OrderState
from core.domain.paper import PaperOrder
from core.domain.params import ParamChange, ParamOverride, StoredParams, WaveParams
from core.domain.pauses import EVERYTHING, Pause
from core.domain.people import AuditEntry, Person, Role
from core.domain.positions import ExitPlan, LegKind, Position, PositionLeg, PositionSide, PositionState
from core.domain.signals import Filters, InvalidSignal, Side, Signal
from core.domain.verdicts import Verdict, VerdictRecord
from core.domain.waves import ParamsSource, WaveResult

WAVE_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
"""The wave that builders speak of unless told otherwise."""

NOW = WAVE_AT + timedelta(minutes=20)
"""When things happen unless told otherwise."""

Number = Decimal | int | str


def at(minutes: float = 0, *, seconds: float = 0) -> datetime:
    """Return `NOW` shifted."""
    return NOW + timedelta(minutes=minutes, seconds=seconds)


def price(value: Number) -> Price:
    return Price(Decimal(value))


def quantity(value: Number) -> Quantity:
    return Quantity(Decimal(value))


def money(value: Number) -> Money:
    return Money(Decimal(value))


def ratio(value: Number) -> Ratio:
    return Ratio(Decimal(value))


def make_instrument(symbol: str = "SOLUSDT", **changes: Any) -> Instrument:  # noqa: ANN401 - passed on as they are
    defaults: dict[str, Any] = {
        "price_step": Decimal("0.01"),
        "quantity_step": Decimal("0.1"),
        "min_quantity": quantity("0.1"),
        "min_notional": money(5),
        "max_leverage": 50,
    }
    return Instrument(symbol=symbol, **{**defaults, **changes})


def make_tick(value: Number = 100, *, symbol: str = "SOLUSDT", exchange: str = "binance", **changes: Any) -> Tick:  # noqa: ANN401
    return Tick(**{"exchange": exchange, "symbol": symbol, "price": price(value), "received_at": NOW, **changes})


def make_facts(**changes: Any) -> MarketFacts:  # noqa: ANN401
    """Return facts that pass every check of an entry."""
    defaults: dict[str, Any] = {
        "price": price(100),
        "spread_ratio": ratio("0.0005"),
        "open_interest_quote": money(50_000_000),
        "volume_1h_quote": money(5_000_000),
        "change_5m_ratio": ratio("0.001"),
    }
    return MarketFacts(**{**defaults, **changes})


def make_filters(**changes: str | None) -> Filters:
    defaults: dict[str, str | None] = {
        "max_trades": "3",
        "stop_loss": "4",
        "trailing_activation": "2",
        "trailing_distance": "0.5",
    }
    return Filters(**{**defaults, **changes})


def make_signal(
    id: str | int = 1,  # noqa: A002 - the field's name
    *,
    symbol: str = "SOLUSDT",
    side: Side = Side.BUY,
    exchange_id: int = 1,
    score_week: Number = 70,
    score_month: Number = 60,
    wave_at: datetime = WAVE_AT,
    created_at: datetime | None = None,
    filters: Filters | None = None,
) -> Signal:
    return Signal(
        exchange_id=exchange_id,
        id=str(id),
        symbol=symbol,
        side=side,
        score_week=Decimal(score_week),
        score_month=Decimal(score_month),
        wave_at=wave_at,
        created_at=created_at or wave_at + timedelta(minutes=18),
        filters=filters or Filters(),
    )


def make_wave_signals(count: int, *, exchange_id: int = 1, wave_at: datetime = WAVE_AT, first: int = 1) -> list[Signal]:
    """Return `count` signals of different symbols, best first, ids from `first`."""
    return [
        make_signal(
            first + n,
            symbol=f"C{first + n:05d}USDT",
            exchange_id=exchange_id,
            score_week=Decimal(90) - Decimal(n) / 100,
            wave_at=wave_at,
        )
        for n in range(count)
    ]


def make_invalid_signal(id: str = "bad-1", **changes: Any) -> InvalidSignal:  # noqa: A002, ANN401
    defaults: dict[str, Any] = {
        "exchange_id": 1,
        "symbol": "SOLUSDT",
        "wave_at": WAVE_AT,
        "problem": "recommended_action: 'HOLD' is neither BUY nor SELL",
        "raw": '{"id":"bad-1"}',
    }
    return InvalidSignal(id=id, **{**defaults, **changes})


def make_verdict(
    signal: Signal | None = None,
    verdict: Verdict = Verdict.EXECUTED,
    **changes: Any,  # noqa: ANN401
) -> VerdictRecord:
    of = signal or make_signal()
    defaults: dict[str, Any] = {
        "exchange_id": of.exchange_id,
        "signal_id": of.id,
        "symbol": of.symbol,
        "wave_at": of.wave_at,
        "decided_at": NOW,
    }
    return VerdictRecord(verdict=verdict, **{**defaults, **changes})


def make_wave_result(exchange: str = "binance", *, wave_at: datetime = WAVE_AT, **changes: Any) -> WaveResult:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "received": 10,
        "selected": 6,
        "valid": 5,
        "topped_up": 0,
        "executed": 3,
        "refused": 0,
        "duplicates": 1,
        "target": 3,
        "params_source": ParamsSource.WAVE,
        "duration": timedelta(seconds=4, milliseconds=250),
    }
    return WaveResult(exchange=exchange, wave_at=wave_at, **{**defaults, **changes})


def make_stored_params(exchange_id: int = 1, **changes: Any) -> StoredParams:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "max_trades": 3,
        "stop_loss": Decimal(4),
        "trailing_activation": Decimal(2),
        "trailing_distance": Decimal("0.5"),
        "updated_at": NOW,
    }
    return StoredParams(exchange_id=exchange_id, **{**defaults, **changes})


def make_wave_params(**changes: Any) -> WaveParams:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "max_trades": 3,
        "stop_loss": ratio("0.04"),
        "trailing_activation": ratio("0.02"),
        "trailing_distance": ratio("0.005"),
        "score_week": None,
        "score_month": None,
        "source": ParamsSource.WAVE,
    }
    return WaveParams(**{**defaults, **changes})


def make_param_change(name: str = "stop_loss", **changes: Any) -> ParamChange:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "exchange_id": 1,
        "old": Decimal(4),
        "new": Decimal(5),
        "changed_at": NOW,
        "source": "wave",
        "wave_at": WAVE_AT,
    }
    return ParamChange(name=name, **{**defaults, **changes})


def make_param_override(name: str = "stop_loss", value: Number = 3, **changes: Any) -> ParamOverride:  # noqa: ANN401
    defaults: dict[str, Any] = {"exchange_id": 1, "author": "telegram:1001 (Ann)", "created_at": NOW}
    return ParamOverride(name=name, value=Decimal(value), **{**defaults, **changes})


def make_plan(**changes: Ratio) -> ExitPlan:
    defaults = {
        "stop_loss": ratio("0.04"),
        "trailing_activation": ratio("0.02"),
        "trailing_distance": ratio("0.005"),
    }
    return ExitPlan(**{**defaults, **changes})


def make_position(
    symbol: str = "SOLUSDT",
    *,
    exchange: str = "binance",
    side: PositionSide = PositionSide.LONG,
    state: PositionState = PositionState.OPEN,
    entry: Number = 100,
    size: Number = 1,
    **changes: Any,  # noqa: ANN401
) -> Position:
    """Return a position with `size` coins opened at `entry`; one that is still opening has neither."""
    defaults: dict[str, Any] = {
        "wave_at": WAVE_AT,
        "signal_id": "1",
        "group_id": f"{exchange}-{symbol}",
        "plan": make_plan(),
        "created_at": NOW,
    }
    if state not in {PositionState.OPENING, PositionState.FAILED}:
        long = side is PositionSide.LONG
        defaults |= {
            "quantity": quantity(0 if state is PositionState.CLOSED else size),
            "entry_quantity": quantity(size),
            "entry_price": price(entry),
            "best_price": price(entry),
            "stop_price": price(Decimal(entry) * (Decimal("0.96") if long else Decimal("1.04"))),
            "stop_order_id": f"stop-{symbol}",
            "stop_version": 1,
            "stop_moved_at": NOW,
            "fees_quote": money("0.05"),
            "opened_at": NOW,
        }
    return Position(exchange=exchange, symbol=symbol, side=side, state=state, **{**defaults, **changes})


def make_leg(position_id: int = 1, client_order_id: str = "entry-1", **changes: Any) -> PositionLeg:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "group_id": "binance-SOLUSDT",
        "kind": LegKind.ENTRY,
        "quantity": quantity(1),
        "price": price(100),
        "fee_quote": money("0.05"),
        "filled_at": NOW,
    }
    return PositionLeg(position_id=position_id, client_order_id=client_order_id, **{**defaults, **changes})


def make_fill(size: Number = 1, at_price: Number = 100, *, fee: Number = "0.05", filled_at: datetime = NOW) -> Filled:
    return Filled(quantity=quantity(size), price=price(at_price), fee_quote=money(fee), filled_at=filled_at)


def make_request(client_order_id: str = "entry-1", **changes: Any) -> OrderRequest:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "exchange": "binance",
        "symbol": "SOLUSDT",
        "side": Side.BUY,
        "leg": OrderLeg.ENTRY,
        "quantity": quantity(1),
    }
    return OrderRequest(client_order_id=client_order_id, **{**defaults, **changes})


def make_stop_request(client_order_id: str = "stop-1", trigger: Number = 96, **changes: Any) -> OrderRequest:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "side": Side.SELL,
        "leg": OrderLeg.STOP,
        "trigger_price": price(trigger),
        "reduce_only": True,
    }
    return make_request(client_order_id, **{**defaults, **changes})


def make_order(
    client_order_id: str = "entry-1",
    state: OrderState = OrderState.SUBMITTING,
    **changes: Any,  # noqa: ANN401
) -> Order:
    """Return an order of position 1; `request` replaces the default entry."""
    defaults: dict[str, Any] = {
        "request": make_request(client_order_id),
        "position_id": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Order(state=state, **{**defaults, **changes})


def make_paper_order(
    client_order_id: str = "entry-1",
    state: OrderState = OrderState.FILLED,
    **changes: Any,  # noqa: ANN401
) -> PaperOrder:
    defaults: dict[str, Any] = {
        "exchange": "binance",
        "request": make_request(client_order_id),
        "filled_quantity": quantity(1),
        "filled_price": price(100),
        "fee_quote": money("0.05"),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return PaperOrder(state=state, **{**defaults, **changes})


def make_pause(scope: str = EVERYTHING, **changes: Any) -> Pause:  # noqa: ANN401
    defaults: dict[str, Any] = {"reason": "news", "author": "telegram:1001 (Ann)", "created_at": NOW}
    return Pause(scope=scope, **{**defaults, **changes})


def make_person(id: str = "1001", *, platform: str = "telegram", name: str = "Ann") -> Person:  # noqa: A002
    return Person(platform=platform, id=id, name=name)


def make_audit_entry(words: str = "/positions", **changes: Any) -> AuditEntry:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "at": NOW,
        "person": make_person(),
        "chat": "telegram:-1001",
        "kind": "command",
        "role": Role.ADMIN,
        "outcome": "answered",
    }
    return AuditEntry(words=words, **{**defaults, **changes})
