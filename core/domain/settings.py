"""Numbers that shape the trade, parsed once from config into these; ratios and durations, no percents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from core.domain.market import Tier, TradingMode
from core.domain.money import Money, Ratio
from core.domain.params import StoredParams


class WaveMode(StrEnum):
    """When a wave is taken: at fixed minutes, or soon after its first signal."""

    SCHEDULED = "scheduled"
    ON_ARRIVAL = "on_arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSettings:
    """How waves are collected and taken (section `waves`).

    Attributes:
        veto_window: How long people may strike candidates out before the first order; zero is off.
        veto_default_trades: What becomes of a wave when nobody says anything: it is traded, or left out.
    """

    mode: WaveMode = WaveMode.SCHEDULED
    check_minutes: tuple[int, ...] = (6, 20, 35, 50)
    window: timedelta = timedelta(seconds=120)
    collect_settle: timedelta = timedelta(seconds=1)
    settle: timedelta = timedelta(seconds=3)
    delay: timedelta = timedelta(seconds=1)
    buffer_extra: int = 3
    apply_score_filters: bool = True
    max_signal_age: timedelta = timedelta(minutes=35)
    resume_within: timedelta = timedelta(seconds=60)
    veto_window: timedelta = timedelta(0)
    veto_default_trades: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSettings:
    """What a candidate must meet (section `validation`)."""

    max_spread: Ratio = Ratio(Decimal("0.005"))
    min_open_interest_quote: Money = Money(Decimal(1_000_000))
    min_volume_1h_quote: Money = Money(Decimal(50_000))
    max_move_5m: Ratio = Ratio(Decimal("0.04"))
    stop_list: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSettings:
    """How much, with what (section `trading`).

    Attributes:
        size_quote: USDT a position; None until set for live trading.
        defaults: Used where nothing is stored (percents, as `StoredParams`); None: such a wave has no params.
        order_timeout: How long an order call may take before its outcome is unknown.
        stop_deadline: How long a position may stand without its stop before it is closed.
        settle_waits: Pauses between look-ups of an unknown order.
    """

    mode: TradingMode = TradingMode.PAPER
    size_quote: Money | None = Money(Decimal(100))
    leverage: int = 1
    max_leverage: int = 10
    max_positions: int = 150
    max_exposure_quote: Money | None = None
    defaults: StoredParams | None = field(
        default_factory=lambda: StoredParams(
            exchange_id=0,
            max_trades=5,
            stop_loss=Decimal(4),
            trailing_activation=Decimal(2),
            trailing_distance=Decimal("0.5"),
        )
    )
    order_timeout: timedelta = timedelta(seconds=10)
    stop_deadline: timedelta = timedelta(seconds=5)
    settle_waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """How open positions are guarded (section `guard`).

    Attributes:
        take_profit: Ratio of the entry; None is off.
        breakeven_at: Profit at which the stop goes to entry plus costs; None is off.
        max_age: When a position is aged; None is off.
        aged_grace: How long break-even is waited for after that.
        aged_loss_per_hour, aged_max_loss: The loss accepted afterwards.
        time_exit: When a position is closed whatever it makes; None is off.
        fee: Taker fee of one side, for break-even.
        trail_min_step, trail_min_interval: The venue's stop is moved only this much better, this often.
        price_stale_after: When a watched price counts as stale.
    """

    take_profit: Ratio | None = None
    breakeven_at: Ratio | None = None
    max_age: timedelta | None = timedelta(hours=3)
    aged_grace: timedelta = timedelta(hours=3)
    aged_loss_per_hour: Ratio = Ratio(Decimal("0.005"))
    aged_max_loss: Ratio = Ratio(Decimal("0.10"))
    time_exit: timedelta | None = timedelta(hours=72)
    fee: Ratio = Ratio(Decimal("0.0005"))
    trail_min_step: Ratio = Ratio(Decimal("0.0005"))
    trail_min_interval: timedelta = timedelta(seconds=30)
    price_stale_after: timedelta = timedelta(seconds=60)
    reconcile_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """How alerts are carried (section `delivery`).

    Attributes:
        send_timeout: One message may take so long, then it is retried.
        urgent_timeout: The same for what is urgent and has a fallback.
        failover_after: When a destination that fails is given up for the time being, and its fallback told everything.
        missed_after: What is older at the start, and not urgent, is told in one digest.
        edit_every: A living message is edited at most this often.
        edit_until: A living message older than that is sent anew.
    """

    send_timeout: timedelta = timedelta(seconds=30)
    urgent_timeout: timedelta = timedelta(seconds=5)
    failover_after: timedelta = timedelta(minutes=5)
    missed_after: timedelta = timedelta(minutes=5)
    edit_every: timedelta = timedelta(seconds=3)
    edit_until: timedelta = timedelta(hours=47)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLists:
    """Which coins are large, mid or meme (section `tiers`); base coins without a multiplier, upper case."""

    coins: Mapping[str, Tier] = field(default_factory=dict)
