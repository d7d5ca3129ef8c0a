"""Stored verdicts: why each signal traded, or not."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.verdicts import Verdict, VerdictRecord
from storage.mappers.signals import row_of_verdict, verdict_of
from storage.tables import verdicts

INSERT_NEW = insert(verdicts).on_conflict_do_nothing()


class SqlVerdicts:
    """Implements `core.ports.storage.Verdicts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, verdicts: Sequence[VerdictRecord]) -> None:
        """Store verdicts; a signal that has one already keeps it."""
        if verdicts:
            await self._connection.execute(INSERT_NEW, [row_of_verdict(verdict) for verdict in verdicts])

    async def settle(self, verdict: VerdictRecord) -> None:
        """Replace `order_unknown` of a signal by what became of it; any other verdict stays."""
        await self._connection.execute(
            update(verdicts)
            .where(
                verdicts.c.signal_id == verdict.signal_id,
                verdicts.c.exchange_id == verdict.exchange_id,
                verdicts.c.verdict == Verdict.ORDER_UNKNOWN.value,
            )
            .values(row_of_verdict(verdict))
        )

    async def of_wave(self, wave_at: datetime) -> Sequence[VerdictRecord]:
        """Return a wave's verdicts by exchange id, symbol, signal id."""
        found = await self._connection.execute(
            select(verdicts)
            .where(verdicts.c.wave_at == wave_at)
            .order_by(verdicts.c.exchange_id, verdicts.c.symbol, verdicts.c.signal_id)
        )
        return [verdict_of(row) for row in found]

    async def of_signal(self, signal_id: str, exchange_id: int | None = None) -> VerdictRecord | None:
        """Return the verdict of a signal, or None while there is none."""
        query = select(verdicts).where(verdicts.c.signal_id == signal_id)
        if exchange_id is not None:
            query = query.where(verdicts.c.exchange_id == exchange_id)
        row = (await self._connection.execute(query.order_by(verdicts.c.exchange_id).limit(1))).first()
        return None if row is None else verdict_of(row)

    async def of_symbol(self, symbol: str, limit: int) -> Sequence[VerdictRecord]:
        """Return the newest verdicts of a symbol first."""
        found = await self._connection.execute(
            select(verdicts)
            .where(verdicts.c.symbol == symbol)
            .order_by(verdicts.c.decided_at.desc(), verdicts.c.exchange_id, verdicts.c.signal_id)
            .limit(limit)
        )
        return [verdict_of(row) for row in found]

    async def decided(self) -> Sequence[VerdictRecord]:
        """Return all verdicts by time of decision, exchange id and signal id."""
        found = await self._connection.execute(
            select(verdicts).order_by(verdicts.c.decided_at, verdicts.c.exchange_id, verdicts.c.signal_id)
        )
        return [verdict_of(row) for row in found]
