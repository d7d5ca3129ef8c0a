"""`wavehelm db`: the database without the rest of the process."""

from bot.app.keeping import open_keeping
from bot.clock import SystemClock
from bot.settings import Settings
from core.domain.errors import ConfigurationError
from storage.belonging import check_mode
from storage.engine import Database
from storage.schema import check


async def upgrade_database(settings: Settings) -> str:
    """Bring the database to this version and return what was done.

    Raises:
        AlreadyRunning: a process holds it; stop that first.
        ConfigurationError: it belongs to a newer version.
    """
    keeping = await open_keeping(settings, SystemClock())
    await keeping.close()
    return f"{settings.database.url} is at this version"


async def check_database(settings: Settings) -> tuple[bool, str]:
    """Return whether the database is sound and of this version, and a sentence a finding.

    Raises:
        ConfigurationError: there is no database there, or it belongs to another trading mode.
    """
    path = settings.database.path
    if path is not None and not path.is_file():
        raise ConfigurationError(f"there is no database at {path}; `wavehelm db upgrade` makes one")
    database = await Database.open(settings.database.url)
    try:
        report = await check(database)
        if report.is_sound:
            await check_mode(database, settings.trading.mode)
    finally:
        await database.close()
    lines = [f"schema: {report.current or 'none'} (this version: {report.head})", *report.problems]
    if report.current != report.head:
        lines.append("run `wavehelm db upgrade`")
    if report.is_sound:
        lines.append("the file is sound")
    return report.is_sound, "\n".join(lines)
