"""Numbers that say in which order alerts were folded; what a fold is told as is not here.

A digest is read at one moment and marked as told at a later one; what was folded in between has a higher number and is
left for the next digest.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import NUMBERED, deliveries

NEXT = select(func.coalesce(func.max(deliveries.c.fold_number), 0) + 1).where(NUMBERED)


async def next_fold_number(connection: AsyncConnection) -> int:
    """Return a number above all that were given before."""
    return int((await connection.execute(NEXT)).scalar_one())
