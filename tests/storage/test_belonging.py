"""A database belongs to the mode of its first start, and to paper if it is older than modes are."""

import pytest

from core.domain.errors import ConfigurationError
from core.domain.market import TradingMode
from storage.belonging import KEY, check_mode, claim_mode
from storage.engine import Database
from storage.repositories.state import SqlState
from storage.tables import pauses
from tests.builders import NOW


async def belongs_to(database: Database) -> str | None:
    async with database.read() as connection:
        return await SqlState(connection).get(KEY)


async def fill(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(
            pauses.insert().values(scope="all", reason="", author="telegram:1", created_at=NOW, until_at=None)
        )


@pytest.mark.parametrize("mode", TradingMode)
async def test_the_first_start_decides_and_the_same_mode_is_let_in_again(database: Database, mode: TradingMode) -> None:
    async with database.write() as connection:
        await SqlState(connection).put("lease", "{}")
    await claim_mode(database, mode)
    await fill(database)
    await claim_mode(database, mode)
    assert await belongs_to(database) == mode.value


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (TradingMode.PAPER, TradingMode.LIVE),
        (TradingMode.PAPER, TradingMode.TESTNET),
        (TradingMode.LIVE, TradingMode.PAPER),
        (TradingMode.TESTNET, TradingMode.LIVE),
    ],
)
async def test_another_mode_is_refused_with_what_to_do(
    database: Database, first: TradingMode, then: TradingMode
) -> None:
    await claim_mode(database, first)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=f"belongs to {first} trading.*another database.url for {then}"):
            await claim_mode(database, then)
    assert await belongs_to(database) == first.value


async def test_what_was_filled_before_there_were_modes_is_paper(database: Database) -> None:
    await fill(database)
    with pytest.raises(ConfigurationError, match="belongs to paper trading"):
        await claim_mode(database, TradingMode.LIVE)
    await claim_mode(database, TradingMode.PAPER)


async def test_to_look_refuses_the_same_and_writes_nothing_down(database: Database) -> None:
    await check_mode(database, TradingMode.LIVE)
    assert await belongs_to(database) is None
    await claim_mode(database, TradingMode.TESTNET)
    await check_mode(database, TradingMode.TESTNET)
    with pytest.raises(ConfigurationError, match="belongs to testnet trading"):
        await check_mode(database, TradingMode.LIVE)
