"""Every kind of failure has its exit code."""

from datetime import timedelta

import pytest

from bot.cli.exits import exit_code_of
from core.domain.errors import (
    AlreadyRunning,
    Bug,
    ConfigurationError,
    NotPossible,
    RetryLater,
    Unreachable,
    WavehelmError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("mend it"), 2),
        (AlreadyRunning("process 7 has it"), 3),
        (Unreachable("nobody there"), 4),
        (RetryLater("the database is locked", timedelta(seconds=1)), 4),
        (Bug("cannot happen"), 1),
        (NotPossible("no such position"), 1),
        (WavehelmError("anything else"), 1),
    ],
)
def test_a_failure_has_its_code(error: WavehelmError, code: int) -> None:
    assert exit_code_of(error) == code
