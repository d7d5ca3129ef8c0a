"""Which program runs."""

from tests.fakes.chat import FakeChat, text_of


async def test_version_and_uptime() -> None:
    assert text_of(await FakeChat().say("/version")).strip() == "Wavehelm 0.1.0, up 3h 12m (since 07:08)."
