"""Stored waves and their funnels; the one place that lets a wave be executed at most once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.waves import Wave, WaveResult, WaveState
from storage.mappers.waves import result_of, row_of_result, wave_of
from storage.tables import wave_results, waves

COLLECTING = WaveState.COLLECTING.value
UNENDED = (COLLECTING, WaveState.EXECUTING.value)


class SqlWaves:
    """Implements `core.ports.storage.Waves`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, wave_at: datetime) -> Wave | None:
        """Return the wave, or None if it was never seen."""
        row = (await self._connection.execute(select(waves).where(waves.c.wave_at == wave_at))).first()
        return None if row is None else wave_of(row)

    async def collect(self, wave_at: datetime) -> None:
        """Store the wave as collecting unless it is stored already."""
        await self._connection.execute(insert(waves).values(wave_at=wave_at, state=COLLECTING).on_conflict_do_nothing())

    async def claim(self, wave_at: datetime, at: datetime) -> bool:
        """Move the wave from collecting (or nothing) to executing; False if anybody ever did before."""
        fresh = insert(waves).values(wave_at=wave_at, state=WaveState.EXECUTING.value, claimed_at=at)
        claimed = await self._connection.execute(
            fresh.on_conflict_do_update(
                index_elements=[waves.c.wave_at],
                set_={"state": fresh.excluded.state, "claimed_at": fresh.excluded.claimed_at},
                where=waves.c.state == COLLECTING,
            ).returning(waves.c.wave_at)
        )
        return claimed.first() is not None

    async def end(self, wave_at: datetime, state: WaveState, at: datetime) -> bool:
        """Give the wave its final state; False if it already had one. A wave not stored is stored."""
        fresh = insert(waves).values(wave_at=wave_at, state=state.value, ended_at=at)
        ended = await self._connection.execute(
            fresh.on_conflict_do_update(
                index_elements=[waves.c.wave_at],
                set_={"state": fresh.excluded.state, "ended_at": fresh.excluded.ended_at},
                where=waves.c.state.in_(UNENDED),
            ).returning(waves.c.wave_at)
        )
        return ended.first() is not None

    async def in_state(self, state: WaveState) -> Sequence[Wave]:
        """Return the waves in `state`, oldest first."""
        found = await self._connection.execute(
            select(waves).where(waves.c.state == state.value).order_by(waves.c.wave_at)
        )
        return [wave_of(row) for row in found]

    async def recent(
        self, limit: int, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[Wave]:
        """Return the newest waves first (from `since` on, before `until`), not_found ones left out."""
        query = select(waves).where(waves.c.state != WaveState.NOT_FOUND.value)
        if since is not None:
            query = query.where(waves.c.wave_at >= since)
        if until is not None:
            query = query.where(waves.c.wave_at < until)
        found = await self._connection.execute(query.order_by(waves.c.wave_at.desc()).limit(limit))
        return [wave_of(row) for row in found]

    async def add_result(self, result: WaveResult) -> None:
        """Store the funnel of one exchange; a second one for the same wave and exchange replaces it."""
        values = row_of_result(result)
        await self._connection.execute(
            insert(wave_results)
            .values(values)
            .on_conflict_do_update(index_elements=[wave_results.c.wave_at, wave_results.c.exchange], set_=values)
        )

    async def results(self, wave_at: datetime) -> Sequence[WaveResult]:
        """Return the funnels of a wave by exchange."""
        found = await self._connection.execute(
            select(wave_results).where(wave_results.c.wave_at == wave_at).order_by(wave_results.c.exchange)
        )
        return [result_of(row) for row in found]
