"""Keys of the sections that shape the trade: names and what they may be. Defaults are in `core.domain.settings`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.settings.convert import (
    HOUR,
    MINUTE,
    SECOND,
    Kind,
    choice,
    duration,
    flag,
    group,
    many,
    member,
    money,
    number,
    optional,
    pattern,
    percent,
    whole,
)
from bot.settings.forms import Slippage, TierCoins
from bot.settings.schema import PaperSettings
from bot.settings.section import Adapted, Node, Section
from core.domain.market import Tier, TradingMode
from core.domain.params import StoredParams
from core.domain.settings import (
    GuardSettings,
    TradingSettings,
    ValidationSettings,
    WaveMode,
    WaveSettings,
)

SYMBOL = pattern(r"[^\W_]{2,30}", "a symbol like BTCUSDT", upper=True)
COINS = group(pattern(r"[^\W_]{1,20}", "a coin like BTC", upper=True))


def same(**nodes: Node) -> dict[str, tuple[str, Node]]:
    """Return keys that are named like the attributes which they fill."""
    return {name: (name, node) for name, node in nodes.items()}


def _default_params(**values: Any) -> StoredParams:  # noqa: ANN401 - what the keys below read
    return replace(TradingSettings().defaults or StoredParams(exchange_id=0), **values)


def _trading(**values: Any) -> TradingSettings:  # noqa: ANN401 - what the keys below read
    """Return the settings of the trade; the size of a position has no default where money is at stake."""
    if values.get("mode") is TradingMode.LIVE:
        values.setdefault("size_quote", None)
    return TradingSettings(**values)


def _check_trading(trading: TradingSettings) -> Iterator[tuple[str, str]]:
    if trading.size_quote is None:
        live = "live trading has no default size; set trading.size_quote to the USDT of a position"
        other = f"null is not allowed in {trading.mode} trading; allowed: an amount of USDT"
        yield "size_quote", live if trading.mode is TradingMode.LIVE else other
    if trading.leverage > trading.max_leverage:
        yield "leverage", f"{trading.leverage} is not allowed; allowed: at most max_leverage, {trading.max_leverage}"


DEFAULTS = Section(
    _default_params,
    same(
        max_trades=whole(1, 100),
        stop_loss=number("0.1", 50, " of percent"),
        trailing_activation=number("0.1", 100, " of percent"),
        trailing_distance=number("0.05", 50, " of percent"),
        score_week=optional(number(0, 100)),
        score_month=optional(number(0, 100)),
    ),
    can_be_off=True,
)

TRADING = Section(
    _trading,
    {
        **same(
            mode=member(TradingMode),
            size_quote=optional(money()),
            leverage=whole(1, 125),
            max_leverage=whole(1, 125),
            max_positions=whole(1, 10_000),
            max_exposure_quote=optional(money()),
            defaults=DEFAULTS,
        ),
        "order_timeout_s": ("order_timeout", duration(SECOND, "0.1", 300)),
        "stop_deadline_s": ("stop_deadline", duration(SECOND, "0.1", 300)),
        "settle_waits_s": ("settle_waits", many(duration(SECOND, "0.1", 3600), least=1, may_repeat=True)),
    },
    check=_check_trading,
)


def _default_of_veto() -> Kind[bool]:
    """Return the kind of what becomes of a wave when nobody says anything: True is that it is traded."""
    words = choice(("trade", "skip"))
    return Kind(
        allowed=words.allowed,
        read=lambda raw: words.read(raw) == "trade",
        show=lambda trades: "trade" if trades else "skip",
    )


WAVES = Section(
    WaveSettings,
    {
        "mode": ("mode", member(WaveMode)),
        "check_minutes": ("check_minutes", many(whole(0, 59), least=1)),
        "window_s": ("window", duration(SECOND, 1, 840)),
        "collect_settle_s": ("collect_settle", duration(SECOND, 0, 300)),
        "settle_s": ("settle", duration(SECOND, 0, 300)),
        "delay_s": ("delay", duration(SECOND, 0, 60)),
        "buffer_extra": ("buffer_extra", whole(0, 100)),
        "apply_score_filters": ("apply_score_filters", flag()),
        "max_signal_age_min": ("max_signal_age", duration(MINUTE, 1, 1440)),
        "resume_within_s": ("resume_within", duration(SECOND, 0, 840)),
        # Ten of the fifteen minutes of a wave at most: the rest is for its orders.
        "veto_window_s": ("veto_window", duration(SECOND, 0, 600)),
        "veto_default": ("veto_default_trades", _default_of_veto()),
    },
)

VALIDATION = Section(
    ValidationSettings,
    {
        "max_spread_pct": ("max_spread", percent("0.001", 100)),
        "min_open_interest_quote": ("min_open_interest_quote", money(0)),
        "min_volume_1h_quote": ("min_volume_1h_quote", money(0)),
        "max_move_5m_pct": ("max_move_5m", percent("0.01", 100)),
        "stop_list": ("stop_list", group(SYMBOL)),
    },
)

GUARD = Section(
    GuardSettings,
    {
        "take_profit_pct": ("take_profit", optional(percent("0.1", 1000))),
        "breakeven_at_pct": ("breakeven_at", optional(percent("0.1", 1000))),
        "max_age_h": ("max_age", optional(duration(HOUR, "0.01", 8760))),
        "grace_h": ("aged_grace", duration(HOUR, 0, 8760)),
        "aged_loss_per_hour_pct": ("aged_loss_per_hour", percent(0, 100)),
        "aged_max_loss_pct": ("aged_max_loss", percent(0, 100)),
        "time_exit_h": ("time_exit", optional(duration(HOUR, "0.01", 8760))),
        "fee_pct": ("fee", percent(0, 5)),
        "trail_min_step_pct": ("trail_min_step", percent(0, 10)),
        "trail_min_interval_s": ("trail_min_interval", duration(SECOND, 0, 3600)),
        "price_stale_after_s": ("price_stale_after", duration(SECOND, 1, 3600)),
        "reconcile_every_min": ("reconcile_every", duration(MINUTE, "0.1", 1440)),
    },
)


def _check_tiers(tiers: TierCoins) -> Iterator[tuple[str, str]]:
    for key, others in (("mid", tiers.large), ("meme", tiers.large | tiers.mid)):
        if twice := sorted(others & (tiers.mid if key == "mid" else tiers.meme)):
            yield key, f"{', '.join(twice)} stands in another list, too; allowed: one tier a coin"


TIERS = Adapted(
    Section(TierCoins, same(large=COINS, mid=COINS, meme=COINS), check=_check_tiers),
    into=TierCoins.lists,
    out_of=TierCoins.of,
)


PAPER = Section(
    PaperSettings,
    {
        "start_quote": ("start_quote", money()),
        "fee_pct": ("fee", percent(0, 5)),
        "slippage_pct": (
            "slippage",
            Adapted(
                Section(Slippage, same(**{tier.value: percent(0, 20) for tier in Tier})),
                into=Slippage.by_tier,
                out_of=Slippage.of,
            ),
        ),
    },
)
