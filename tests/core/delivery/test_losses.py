"""A destination that is lost is told of once an episode, whatever restarts meanwhile."""

from core.delivery.losses import Losses
from core.domain.events import DeliveryLost, DeliveryRestored
from tests.builders import NOW
from tests.core.delivery.post import CHAT, DESK
from tests.fakes.units import MemoryUnits


async def test_a_loss_is_recorded_once_and_kept() -> None:
    units = MemoryUnits()
    losses = Losses(units)
    for _ in range(2):
        await losses.lose(CHAT, NOW, "blocked")
    assert [event.kind for event in units.events] == ["delivery_lost"]
    again = Losses(units)
    assert list(await again.load()) == [CHAT]
    assert (again.error_of(CHAT), again.error_of(DESK)) == ("blocked", None)
    await again.lose(CHAT, NOW, "blocked")
    assert len(units.events) == 1


async def test_a_process_that_has_not_read_the_losses_repeats_none() -> None:
    units = MemoryUnits()
    await Losses(units).lose(CHAT, NOW, "blocked")
    await Losses(units).lose(CHAT, NOW, "blocked")
    assert len(units.events) == 1


async def test_a_restored_destination_ends_the_episode() -> None:
    units = MemoryUnits()
    losses = Losses(units)
    await losses.lose(CHAT, NOW, "blocked")
    await losses.lose(DESK, NOW, "archived")
    for _ in range(2):
        await losses.restore(CHAT, NOW)
    assert list(await Losses(units).load()) == [DESK]
    await losses.lose(CHAT, NOW, "blocked again")
    assert [type(event) for event in units.events] == [DeliveryLost, DeliveryLost, DeliveryRestored, DeliveryLost]


async def test_a_destination_with_another_address_is_forgotten_in_silence() -> None:
    units = MemoryUnits()
    losses = Losses(units)
    await losses.lose(CHAT, NOW, "blocked")
    await losses.forget(CHAT)
    assert (list(await Losses(units).load()), units.store.settings) == ([], {})
    assert len(units.events) == 1
