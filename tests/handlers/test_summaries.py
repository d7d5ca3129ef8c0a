"""Where things stand, in a few words."""

from datetime import timedelta

import pytest

from core.domain.delivery import Destination, Traffic
from handlers import summaries
from tests.builders import NOW

CHAT = Destination(platform="telegram", address="-1")
SLACK = Destination(platform="slack", address="C1")
TERMINAL = Destination(platform="terminal")
SINCE = NOW - timedelta(minutes=18)


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        (Traffic(destination=CHAT, waiting=0), "nothing waits"),
        (Traffic(destination=CHAT, waiting=1), "1 alert waiting"),
        (
            Traffic(destination=CHAT, waiting=1200, failing_since=SINCE, error="timed out"),
            "failing since 10:02 (timed out), 1,200 alerts waiting",
        ),
        (
            Traffic(destination=CHAT, waiting=0, failing_since=SINCE, is_lost=True, error="bot was blocked"),
            "LOST since 10:02 (bot was blocked), nothing waits",
        ),
        (Traffic(destination=CHAT, waiting=0, is_lost=True), "LOST, nothing waits"),
    ],
)
def test_one_destination(traffic: Traffic, said: str) -> None:
    assert summaries.delivery(traffic, NOW) == said


def test_an_endless_error_is_cut() -> None:
    traffic = Traffic(destination=CHAT, waiting=0, failing_since=SINCE, error="x" * 10_000)
    assert len(summaries.delivery(traffic, NOW)) < 130


def test_many_destinations_the_worst_first() -> None:
    flows = [
        Traffic(destination=TERMINAL, waiting=0),
        Traffic(destination=CHAT, waiting=2),
        Traffic(destination=SLACK, waiting=3, failing_since=SINCE),
    ]
    assert summaries.deliveries(flows, NOW) == (
        "slack:C1: failing since 10:02, 3 alerts waiting, telegram:-1: 2 alerts waiting"
    )
    lost = Traffic(destination=TERMINAL, waiting=0, is_lost=True)
    assert summaries.deliveries([*flows, lost], NOW).startswith("terminal: LOST")
    assert summaries.deliveries(flows[:1], NOW) == "nothing waits"
