"""Overrides; the rest of the repository is judged by the contract suite."""

from dataclasses import asdict

from sqlalchemy import insert

from storage.engine import Database
from storage.repositories.params import SqlParams
from storage.tables import overrides
from tests.builders import NOW, at, make_param_override


async def test_overrides_in_force(database: Database) -> None:
    always = make_param_override("max_trades", 2)
    short = make_param_override("stop_loss", "3.50", until_at=at(5))
    other = make_param_override(exchange_id=2)
    async with database.write() as connection:
        await connection.execute(insert(overrides), [asdict(each) for each in (always, short, other)])
        params = SqlParams(connection)
        assert await params.overrides(1, NOW) == [always, short]
        assert await params.overrides(1, at(5)) == [always]
        assert await params.overrides(2, NOW) == [other]
