"""Desks of fakes for the tests of core, on one or every kind of venue."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.core.desk import Desk
from tests.core.venue_kinds import ATTACHED, ORDERS


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a module once for each kind of venue that its `VENUES` names, if it names any."""
    kinds = getattr(metafunc.module, "VENUES", ())
    chosen = any(mark.args[0] == "desk" for mark in metafunc.definition.iter_markers("parametrize"))
    if kinds and not chosen and "desk" in metafunc.fixturenames:
        metafunc.parametrize("desk", kinds, indirect=True)


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
async def desk(make_desk: Callable[..., Desk], request: pytest.FixtureRequest) -> Desk:
    """A desk with default settings, at the kind of venue that the test asks for."""
    return make_desk(attaches_stops=getattr(request, "param", ORDERS) == ATTACHED)
