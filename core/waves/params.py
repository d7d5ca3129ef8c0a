"""From the filters on a signal to the params of a wave; pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.domain.money import exact, ratio_of_percent
from core.domain.params import PARAM_NAMES, ParamChange, ParamOverride, StoredParams, WaveParams
from core.domain.signals import Filters
from core.domain.waves import ParamsSource

RANGES = {
    "max_trades": (Decimal(1), Decimal(100)),
    "stop_loss": (Decimal("0.1"), Decimal(50)),
    "trailing_activation": (Decimal("0.1"), Decimal(100)),
    "trailing_distance": (Decimal("0.05"), Decimal(50)),
    "score_week": (Decimal(0), Decimal(100)),
    "score_month": (Decimal(0), Decimal(100)),
}
"""Lowest and highest value that is taken from anybody; percents and counts as in `StoredParams`."""

_LOUD_CHANGE = Decimal("0.10")
_ENOUGH_HISTORY = 10
_UNUSUAL_DEVIATIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsUpdate:
    """What a wave's first signal did to the stored params of its exchange.

    Attributes:
        params: The row afterwards.
        changes: What to append to the history; empty: nothing is written.
        loud: (name, old, new) of those above the alert threshold.
        problems: (name, value as sent, what is wrong) of fields that were refused.
        is_from_wave: True when the signal carried one valid field at least.
    """

    params: StoredParams
    changes: tuple[ParamChange, ...] = ()
    loud: tuple[tuple[str, Decimal | None, Decimal], ...] = ()
    problems: tuple[tuple[str, str, str], ...] = ()
    is_from_wave: bool = False


def check_param(name: str, text: str) -> Decimal:
    """Return the value that `text` gives for the param `name`.

    Raises:
        ValueError: no number, out of range, or a count that is not whole; the text says what is allowed.
    """
    value = exact(text)
    low, high = RANGES[name]
    if not low <= value <= high:
        raise ValueError(f"out of range {low} to {high}")
    if name == "max_trades" and value != value.to_integral_value():
        raise ValueError("not a whole number")
    return value


def update_params(stored: StoredParams, filters: Filters, wave_at: datetime, at: datetime) -> ParamsUpdate:
    """Return what `filters` of a wave's first signal change: valid present fields replace, absent ones keep the old."""
    changes, loud, problems = [], [], []
    params = stored
    given = 0
    for name in PARAM_NAMES:
        text = getattr(filters, name)
        if text is None:
            continue
        try:
            new = check_param(name, text)
        except ValueError as error:
            problems.append((name, text, str(error)))
            continue
        given += 1
        old = value_of(stored, name)
        if old == new:
            continue
        params = with_value(params, name, new)
        changes.append(
            ParamChange(
                exchange_id=stored.exchange_id,
                name=name,
                old=old,
                new=new,
                changed_at=at,
                source="wave",
                wave_at=wave_at,
            )
        )
        if old is not None and abs(new - old) > abs(old) * _LOUD_CHANGE:
            loud.append((name, old, new))
    if changes:
        params = replace(params, updated_at=at)
    return ParamsUpdate(
        params=params, changes=tuple(changes), loud=tuple(loud), problems=tuple(problems), is_from_wave=given > 0
    )


def value_of(params: StoredParams, name: str) -> Decimal | None:
    """Return the value of the param `name`; None when it was never given."""
    value: Decimal | int | None = getattr(params, name)
    return None if value is None else Decimal(value)


def with_value(params: StoredParams, name: str, value: Decimal) -> StoredParams:
    """Return `params` with the param `name` set to `value`."""
    field: dict[str, Any] = {name: int(value) if name == "max_trades" else value}
    return replace(params, **field)


def is_unusual(value: Decimal, history: Sequence[ParamChange]) -> bool:
    """Return True if `value` lies beyond 3 standard deviations of the values of its last changes (10 at least)."""
    values = [change.new for change in history if change.new is not None]
    if len(values) < _ENOUGH_HISTORY:
        return False
    spread = statistics.pstdev(values)
    return spread > 0 and abs(value - statistics.mean(values)) > _UNUSUAL_DEVIATIONS * spread


def resolve_params(
    stored: StoredParams | None,
    defaults: StoredParams | None,
    overrides: Sequence[ParamOverride],
    *,
    is_from_wave: bool,
) -> WaveParams | None:
    """Return the complete params that a wave is traded with.

    A person's override wins over what is stored, that over the defaults, field by field. None: a field that a trade
    needs is nowhere to be had.
    """
    has_stored = stored is not None and any(value_of(stored, name) is not None for name in PARAM_NAMES)
    if overrides:
        source = ParamsSource.OVERRIDE
    elif is_from_wave:
        source = ParamsSource.WAVE
    else:
        source = ParamsSource.STORED if has_stored else ParamsSource.DEFAULTS
    chosen = {override.name: override.value for override in overrides}
    values: dict[str, Decimal | None] = {
        name: _first(
            chosen.get(name),
            value_of(stored, name) if stored is not None else None,
            value_of(defaults, name) if defaults is not None else None,
        )
        for name in PARAM_NAMES
    }
    needed = [values[name] for name in PARAM_NAMES[:4]]
    max_trades, stop_loss, activation, distance = needed
    if max_trades is None or stop_loss is None or activation is None or distance is None:
        return None
    return WaveParams(
        max_trades=int(max_trades),
        stop_loss=ratio_of_percent(stop_loss),
        trailing_activation=ratio_of_percent(activation),
        trailing_distance=ratio_of_percent(distance),
        score_week=values["score_week"],
        score_month=values["score_month"],
        source=source,
    )


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)
