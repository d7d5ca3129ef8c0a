"""What the tests of delivery share."""

from collections.abc import AsyncIterator

import pytest

from tests.core.delivery.post import Post


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    made = Post()
    yield made
    await made.end()
    assert not made.crashes
