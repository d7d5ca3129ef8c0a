"""A thousand events at once to three chats: all arrive, in order, and as fast as the chats' limits allow."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.events import Event, FeedRestored, ReconcileReport
from tests.scenarios.virtual_world import VirtualWorld, play
from tests.scenarios.world import ADMIN, CHANNEL, CONFIG, GROUP

THREE_CHATS = CONFIG.replace(f'["telegram:{GROUP}", ', f'["telegram:{GROUP}", "telegram:{ADMIN}", ')
NUMBER = re.compile(r"#(\d+)\s*\Z")


def numbers_in(texts: list[str]) -> list[int]:
    """Return the number of the alert that each message ends with."""
    found = [NUMBER.search(text) for text in texts]
    return [int(each[1]) if each else 0 for each in found]


def in_group(world: VirtualWorld) -> list[str]:
    return [message.text for message in world.telegram.messages(GROUP)]


def in_private(world: VirtualWorld) -> list[str]:
    return [message.text for message in world.telegram.messages(ADMIN)]


def in_channel(world: VirtualWorld) -> list[str]:
    return [message.words for message in world.slack.messages(CHANNEL)]


def bound_of_group(messages: int) -> float:
    """Eighteen of the twenty a minute (two are left to answers), one a second."""
    minutes, rest = divmod(messages - 1, 18)
    return 60 * minutes + rest


def bound_of_private_chat(messages: int) -> float:
    """One a second."""
    return messages - 1


def bound_of_channel(messages: int) -> float:
    """One a second after three at once; a fourth is left to answers."""
    return max(0, messages - 3)


PLACES: dict[str, tuple[Callable[[VirtualWorld], list[str]], Callable[[int], float]]] = {
    "group": (in_group, bound_of_group),
    "private chat": (in_private, bound_of_private_chat),
    "channel": (in_channel, bound_of_channel),
}


def report(world: VirtualWorld, number: int) -> Event:
    return ReconcileReport(at=world.clock.now(), exchange="binance", findings=(f"difference {number}",))


@pytest.mark.parametrize("number", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_burst_arrives_whole_in_order_and_in_the_time_that_the_limits_allow(tmp_path: Path, number: int) -> None:
    async def scene(world: VirtualWorld) -> None:
        world.telegram.add_chat(ADMIN, "private")
        await world.until(lambda: in_private(world))
        await world.pass_by(minutes=2)
        began_at = world.clock.now()
        await world.record(*(report(world, index) for index in range(number)))
        for place in sorted(PLACES, key=lambda place: PLACES[place][1](number)):
            messages, bound = PLACES[place]
            shortest_s = bound(number)
            await world.until(lambda: len(messages(world)) > number, timedelta(seconds=2 * shortest_s))  # noqa: B023
            took_s = (world.clock.now() - began_at).total_seconds()
            print(f"{number} to the {place}: {took_s:.0f} s; the limits allow {shortest_s:.0f} s")  # noqa: T201 - figures
            assert shortest_s <= took_s <= shortest_s * 1.02 + 1
        await world.pass_by(minutes=1)
        for messages, _ in PLACES.values():
            assert numbers_in(messages(world)) == list(range(1, number + 2))
            assert [text.count(f"difference {index}\n") for index, text in enumerate(messages(world)[1:])] == [
                1
            ] * number

    play(tmp_path, scene, config=THREE_CHATS)


def test_what_is_urgent_goes_past_a_burst_and_an_answer_need_not_wait_for_it(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.pass_by(minutes=2)
        await world.record(*(report(world, index) for index in range(60)))
        await world.pass_by(seconds=30)
        waiting = len(in_group(world))
        assert waiting == 19, "the minute is full, as far as alerts may fill it"
        asked_at = world.clock.now()
        world.telegram.say(ADMIN, GROUP, "/version")
        await world.until(lambda: "Wavehelm" in in_group(world)[-1])
        assert world.clock.now() - asked_at <= timedelta(seconds=2)

        await world.record(FeedRestored(at=world.clock.now(), source="signals", outage=timedelta(minutes=2)))
        await world.until(lambda: any("Feed" in text for text in in_group(world)), timedelta(minutes=2))
        texts = in_group(world)
        assert "Feed" in texts[waiting + 1], "the answer, and then what is urgent"
        await world.until(lambda: len(in_group(world)) == 1 + 60 + 2, timedelta(minutes=5))
        told = [number for number in numbers_in(in_group(world)) if number]
        assert [number for number in told if number != 62] == list(range(1, 62))

    play(tmp_path, scene)
