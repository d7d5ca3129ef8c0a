"""Waves, their funnels, and params as rows."""

from dataclasses import asdict

from core.domain.params import ParamChange, ParamOverride, StoredParams
from core.domain.waves import ParamsSource, Wave, WaveResult, WaveState
from storage.rows import AnyRow, Values


def wave_of(row: AnyRow) -> Wave:
    """Return the wave of a row."""
    return Wave(wave_at=row.wave_at, state=WaveState(row.state), claimed_at=row.claimed_at, ended_at=row.ended_at)


def row_of_result(result: WaveResult) -> Values:
    """Return the row of one exchange's funnel."""
    values = asdict(result)
    values["duration_ms"] = values.pop("duration")
    values["params_source"] = result.params_source and result.params_source.value
    return values


def result_of(row: AnyRow) -> WaveResult:
    """Return the funnel of a row."""
    return WaveResult(
        wave_at=row.wave_at,
        exchange=row.exchange,
        received=row.received,
        selected=row.selected,
        valid=row.valid,
        topped_up=row.topped_up,
        executed=row.executed,
        refused=row.refused,
        duplicates=row.duplicates,
        target=row.target,
        params_source=None if row.params_source is None else ParamsSource(row.params_source),
        duration=row.duration_ms,
    )


def params_of(row: AnyRow) -> StoredParams:
    """Return the params of a row."""
    return StoredParams(
        exchange_id=row.exchange_id,
        max_trades=row.max_trades,
        stop_loss=row.stop_loss,
        trailing_activation=row.trailing_activation,
        trailing_distance=row.trailing_distance,
        score_week=row.score_week,
        score_month=row.score_month,
        updated_at=row.updated_at,
    )


def change_of(row: AnyRow) -> ParamChange:
    """Return the change of a row of the history."""
    return ParamChange(
        exchange_id=row.exchange_id,
        name=row.name,
        old=row.old,
        new=row.new,
        changed_at=row.changed_at,
        source=row.source,
        wave_at=row.wave_at,
        author=row.author,
    )


def override_of(row: AnyRow) -> ParamOverride:
    """Return the override of a row."""
    return ParamOverride(
        exchange_id=row.exchange_id,
        name=row.name,
        value=row.value,
        author=row.author,
        created_at=row.created_at,
        until_at=row.until_at,
    )
