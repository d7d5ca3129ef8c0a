"""Desks of fakes for the tests of core."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.core.desk import Desk


@pytest.fixture
async def make_desk() -> AsyncIterator[Callable[..., Desk]]:
    """A maker of desks; none of their work may have crashed."""
    made: list[Desk] = []

    def make(of: Desk | None = None, **settings: Any) -> Desk:  # noqa: ANN401 - passed on as they are
        made.append(of or Desk(**settings))
        return made[-1]

    yield make
    for desk in made:
        await desk.end()
    assert [crash for desk in made for crash in desk.crashes] == []


@pytest.fixture
async def desk(make_desk: Callable[..., Desk]) -> Desk:
    """A desk with default settings."""
    return make_desk()
