"""What a database error means to the caller; the errors themselves are in `core.domain.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.domain.errors import Bug, ConfigurationError, RetryLater, WavehelmError

WAIT = timedelta(seconds=1)

PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
"""Result codes (https://sqlite.org/rescode.html) of a disk or another process that may recover."""

BROKEN = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
"""Result codes of a file that a person must look at."""


def error_of(problem: StatementError) -> WavehelmError:
    """Return our error for one of the database's."""
    cause = problem.orig
    code = str(getattr(cause, "sqlite_errorname", ""))
    if isinstance(problem, IntegrityError):
        return Bug(f"the database refuses a row: {cause}")
    if code.startswith(PASSING):
        return RetryLater(f"the database does not answer now: {cause}", WAIT)
    if code.startswith(BROKEN):
        return ConfigurationError(f"the database file is damaged or something else: {cause}; restore a backup")
    kind = "refuses" if isinstance(problem, DBAPIError) else "was given a value that it cannot keep by"
    return Bug(f"the database {kind} a statement: {cause}")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise errors of ours in place of the database's.

    Raises:
        RetryLater: locked, full, out of reach: the same may work in a moment.
        ConfigurationError: the file is no database, or damaged.
        Bug: anything else.
    """
    try:
        yield
    except StatementError as problem:
        raise error_of(problem) from problem
    except PoolTimeoutError as problem:
        raise RetryLater("all reading connections are in use", WAIT) from problem
