"""Stored signals, readable or not."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import exists, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.domain.signals import InvalidSignal, Signal
from storage.mappers.signals import SIGNAL_COLUMNS, row_of_invalid, signal_of, stored_signal
from storage.rows import AnySelect
from storage.tables import signals, verdicts

SignalKey = tuple[int, str]

INSERT_INVALID = insert(signals).on_conflict_do_nothing().returning(signals.c.exchange_id, signals.c.id)
INSERT_SIGNALS = f"INSERT INTO signals ({', '.join(SIGNAL_COLUMNS)}) VALUES "  # noqa: S608 - names of ours
ONE_SIGNAL = f"({', '.join('?' * len(SIGNAL_COLUMNS))})"
RETURN_NEW = " ON CONFLICT DO NOTHING RETURNING exchange_id, id"

AT_ONCE = 250
"""Signals a statement: 3,750 of the 32,766 values that SQLite takes; longer statements are slower."""

READABLE = signals.c.problem.is_(None)


class SqlSignals:
    """Implements `core.ports.storage.Signals`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_new(self, signals: Sequence[Signal], received_at: datetime) -> Sequence[Signal]:
        """Store those not stored yet (by exchange id and id) and return them, in the order given."""
        first: dict[SignalKey, Signal] = {}
        for signal in signals:
            first.setdefault(signal.key, signal)
        waiting = list(first.values())
        fresh: set[SignalKey] = set()
        for start in range(0, len(waiting), AT_ONCE):
            fresh |= await self._insert(waiting[start : start + AT_ONCE], received_at)
        return [signal for key, signal in first.items() if key in fresh]

    async def add_invalid(self, signals: Sequence[InvalidSignal], received_at: datetime) -> Sequence[InvalidSignal]:
        """Store unreadable rows not stored yet and return them."""
        first: dict[SignalKey, InvalidSignal] = {}
        for signal in signals:
            first.setdefault((signal.exchange_id, signal.id), signal)
        if not first:
            return []
        rows = [row_of_invalid(signal, received_at) for signal in first.values()]
        fresh = {(row.exchange_id, row.id) for row in await self._connection.execute(INSERT_INVALID, rows)}
        return [signal for key, signal in first.items() if key in fresh]

    async def known_since(self, at: datetime) -> Collection[SignalKey]:
        """Return the keys of signals whose wave is not before `at`; unreadable ones are known, too."""
        found = await self._connection.execute(
            select(signals.c.exchange_id, signals.c.id).where(signals.c.wave_at >= at)
        )
        return {(row.exchange_id, row.id) for row in found}

    async def of_wave(self, wave_at: datetime) -> Sequence[Signal]:
        """Return the signals of a wave, best rank first."""
        found = await self._select(select(signals).where(READABLE, signals.c.wave_at == wave_at))
        return sorted(found, key=lambda signal: (signal.rank, signal.exchange_id))

    async def without_verdict(self, before: datetime) -> Sequence[Signal]:
        """Return signals of waves before `before` that have no verdict, oldest wave first."""
        judged = exists().where(verdicts.c.signal_id == signals.c.id, verdicts.c.exchange_id == signals.c.exchange_id)
        return await self._select(
            select(signals)
            .where(READABLE, signals.c.wave_at < before, ~judged)
            .order_by(signals.c.wave_at, signals.c.exchange_id, signals.c.id)
        )

    async def find(self, signal_id: str, exchange_id: int | None = None) -> Signal | None:
        """Return the signal with that id, of the first exchange that has it if none is named."""
        query = select(signals).where(READABLE, signals.c.id == signal_id)
        if exchange_id is not None:
            query = query.where(signals.c.exchange_id == exchange_id)
        found = await self._select(query.order_by(signals.c.exchange_id).limit(1))
        return found[0] if found else None

    async def recent(self, limit: int, symbol: str | None = None, exchange_id: int | None = None) -> Sequence[Signal]:
        """Return the newest signals first: by wave, then by arrival."""
        query = select(signals).where(READABLE)
        if symbol is not None:
            query = query.where(signals.c.symbol == symbol)
        if exchange_id is not None:
            query = query.where(signals.c.exchange_id == exchange_id)
        order = (signals.c.wave_at.desc(), signals.c.received_at.desc(), signals.c.exchange_id, signals.c.id)
        return await self._select(query.order_by(*order).limit(limit))

    async def between(self, since: datetime, until: datetime) -> Sequence[Signal]:
        """Return the signals of waves from `since` on and before `until`, by wave, best rank first."""
        found = await self._select(
            select(signals).where(READABLE, signals.c.wave_at >= since, signals.c.wave_at < until)
        )
        return sorted(found, key=lambda signal: (signal.wave_at, signal.rank, signal.exchange_id))

    async def _insert(self, fresh: Sequence[Signal], received_at: datetime) -> set[SignalKey]:
        """Insert signals that are not there yet in one statement, and return their keys.

        This is the one statement between a frame and its decision, so it is written out: through Core, a hundred
        signals take twice as long.
        """
        statement = INSERT_SIGNALS + ", ".join([ONE_SIGNAL] * len(fresh)) + RETURN_NEW
        values = tuple(chain.from_iterable(stored_signal(signal, received_at) for signal in fresh))
        found = await self._connection.exec_driver_sql(statement, values)
        return {(row.exchange_id, row.id) for row in found}

    async def _select(self, query: AnySelect) -> list[Signal]:
        return [signal_of(row) for row in await self._connection.execute(query)]
