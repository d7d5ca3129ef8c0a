"""The paper exchange's books, so that its orders and positions outlive the process; how it fills is not known here."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from core.domain.paper import PaperOrder
from storage.engine import Database
from storage.mappers.orders import paper_order_of, row_of_paper_order
from storage.tables import paper_orders


class SqlPaperLedger:
    """Orders of the simulated venues, each written in a transaction of its own, as a real venue would."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, order: PaperOrder) -> None:
        """Store an order, or what became of it; one with the same exchange and client order id is replaced.

        Raises:
            RetryLater: the database cannot be written now.
        """
        values = row_of_paper_order(order)
        key = [paper_orders.c.exchange, paper_orders.c.client_order_id]
        async with self._database.write() as connection:
            await connection.execute(
                insert(paper_orders).values(values).on_conflict_do_update(index_elements=key, set_=values)
            )

    async def load(self, exchange: str) -> Sequence[PaperOrder]:
        """Return every order of `exchange`, in the order in which they were first saved."""
        query = select(paper_orders).where(paper_orders.c.exchange == exchange).order_by(paper_orders.c.id)
        async with self._database.read() as connection:
            return [paper_order_of(row) for row in await connection.execute(query)]
