"""A change of the audit does not go unnoticed."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.sql.dml import Delete, Update

from storage.engine import Database
from storage.mappers.people import row_of_audit
from storage.repositories.audit import AT_ONCE, SqlAudit, digest_of
from storage.tables import audit
from tests.builders import make_audit_entry, make_person

CHANGES = [
    (update(audit).where(audit.c.id == 3).values(words="/positions"), 3),
    (update(audit).where(audit.c.id == 2).values(outcome="refused"), 2),
    (update(audit).where(audit.c.id == 1).values(hash="0" * 64), 1),
    (update(audit).where(audit.c.id == 4).values(after="5"), 4),
    (delete(audit).where(audit.c.id == 1), 2),
    (delete(audit).where(audit.c.id == 3), 4),
]


async def fill(database: Database) -> None:
    async with database.write() as connection:
        for number in range(1, 6):
            await SqlAudit(connection).add(make_audit_entry(f"/set stop_loss {number}", before="4", after=str(number)))


async def test_an_untouched_audit_is_whole(database: Database) -> None:
    async with database.read() as connection:
        assert await SqlAudit(connection).verify() is None
    await fill(database)
    async with database.read() as connection:
        assert await SqlAudit(connection).verify() is None


@pytest.mark.parametrize(("change", "found"), CHANGES)
async def test_a_changed_row_is_named(database: Database, change: Update | Delete, found: int) -> None:
    await fill(database)
    async with database.write() as connection:
        await connection.execute(change)
    async with database.read() as connection:
        assert await SqlAudit(connection).verify() == found


async def test_a_forged_row_with_a_fitting_digest_is_found_by_the_next_one(database: Database) -> None:
    await fill(database)
    forged = make_audit_entry("/set stop_loss 50", before="4", after="50")
    async with database.write() as connection:
        before = (await connection.execute(select(audit.c.hash).where(audit.c.id == 2))).scalar_one()
        digest = digest_of(before, row_of_audit(forged))
        await connection.execute(update(audit).where(audit.c.id == 3).values(**row_of_audit(forged), hash=digest))
        assert await SqlAudit(connection).verify() == 4
        await connection.execute(update(audit).where(audit.c.id == 4).values(previous_hash=digest))
        assert await SqlAudit(connection).verify() == 4


async def test_a_change_in_a_long_audit_is_found_in_every_part(database: Database) -> None:
    async with database.write() as connection:
        kept = SqlAudit(connection)
        for number in range(1, 2 * AT_ONCE + 2):
            await kept.add(make_audit_entry(str(number)))
        assert await kept.verify() is None
        for changed in (2 * AT_ONCE + 1, 2 * AT_ONCE, AT_ONCE + 1, AT_ONCE):
            await connection.execute(update(audit).where(audit.c.id == changed).values(words="/pause"))
            assert await kept.verify() == changed


async def test_a_role_that_there_never_was_is_a_change(database: Database) -> None:
    await fill(database)
    async with database.write() as connection:
        await connection.execute(update(audit).where(audit.c.id == 2).values(role="owner"))
        assert await SqlAudit(connection).verify() == 2


async def test_half_a_character_does_not_keep_a_request_off_the_record(database: Database) -> None:
    async with database.write() as connection:
        kept = SqlAudit(connection)
        await kept.add(make_audit_entry("/close 1 \ud800", person=make_person(name="\udfff"), after="\ud800"))
        (entry,) = await kept.recent(1)
        assert (entry.words, entry.person.name, entry.after) == ("/close 1 ?", "?", "?")
        assert await kept.verify() is None
