"""Answers of the venues with one thing wrong in them: nothing but what the port allows comes of it, and no lie."""

import asyncio
import contextlib
import copy
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import (
    Accepted,
    Cancelled,
    Filled,
    OrderOutcome,
    OrderReport,
    PartiallyFilled,
    Refused,
    Unknown,
)
from core.domain.signals import Side
from tests.builders import make_request, make_stop_request, quantity
from tests.contracts.exchange_benches import OTHER, SYMBOL
from tests.contracts.venue_benches import BinanceBench, BybitBench, VenueBench
from tests.fakes.venues.wire import Answer, Request, encode

Path = tuple[str | int, ...]
BENCHES = {"binance": BinanceBench, "bybit": BybitBench}
ENTRY = make_request("wh-entry", quantity=quantity(2))
STOP = make_stop_request("wh-stop", 95, quantity=quantity(2))
EXIT = make_request("wh-exit", quantity=quantity(1), side=Side.SELL, reduce_only=True)
GONE = "taken away"
NO_FIGURES: tuple[object, ...] = (GONE, None, "", "NaN", "Infinity", "abc", [], {"a": 1}, True, "1e40")
"""What stands where a figure or a word should."""

READS: dict[str, Callable[[VenueBench], Awaitable[object]]] = {
    "positions": lambda bench: bench.exchange.positions(),
    "stops": lambda bench: bench.exchange.stops(),
    "balance": lambda bench: bench.exchange.balance(),
    "fills": lambda bench: bench.exchange.fills(SYMBOL, bench.clock.now() - timedelta(hours=1)),
    "funding": lambda bench: bench.exchange.funding(SYMBOL, bench.clock.now() - timedelta(hours=1)),
    "facts": lambda bench: bench.exchange.market_facts(SYMBOL),
    "order": lambda bench: bench.exchange.find_order(ENTRY),
    "stop": lambda bench: bench.exchange.find_order(STOP),
}
CALLS: dict[str, Callable[[VenueBench], Awaitable[OrderOutcome]]] = {
    "exit": lambda bench: bench.exchange.place(EXIT),
    "move": lambda bench: bench.exchange.replace_stop("wh-stop", make_stop_request("wh-2", 96, quantity=quantity(2))),
    "leverage": lambda bench: bench.exchange.set_leverage(SYMBOL, 7),
}


def paths(answer: object, path: Path = ()) -> Iterator[Path]:
    """Yield the places in an answer; of a list the first row stands for all."""
    yield path
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from paths(value, (*path, key))
    elif isinstance(answer, list) and answer:
        yield from paths(answer[0], (*path, 0))


def spoilt(answer: Any, path: Path, value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a copy of `answer` with `value` at `path`."""
    if not path:
        return {} if value is GONE else value
    answer = copy.deepcopy(answer)
    place = answer
    for key in path[:-1]:
        place = place[key]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return answer


class Spoiler:
    """Stands before a venue's answers; spoils all of one call alike, at a place that is drawn from those there are."""

    def __init__(self, bench: VenueBench) -> None:
        self.seen: dict[str, Any] = {}
        self.wrong: tuple[str, Path, object] | None = None
        self._answer = bench.server.respond
        bench.server.respond = self.respond  # type: ignore[method-assign]

    async def respond(self, request: Request) -> Answer:
        answer = await self._answer(request)
        if request.path.endswith("/time") or isinstance(answer.body, str):
            return answer
        body = json.loads(encode(answer.body))
        self.seen.setdefault(request.key, body)
        if self.wrong is None or self.wrong[0] != request.key:
            return answer
        try:
            body = spoilt(body, self.wrong[1], self.wrong[2])
        except (LookupError, TypeError):
            return answer
        return Answer(status=answer.status, body=body, headers=answer.headers)


async def opened(name: str) -> tuple[VenueBench, Spoiler]:
    bench: VenueBench = BENCHES[name]()
    await bench.open()
    assert isinstance(await bench.exchange.place(ENTRY), Filled)
    assert isinstance(await bench.exchange.place(STOP), Accepted)
    bench.server.account.trade_by_hand(OTHER, Side.SELL, Decimal(1))
    bench.clock.pass_time(timedelta(minutes=5))
    return bench, Spoiler(bench)


def draw(data: st.DataObject, spoiler: Spoiler) -> None:
    key = data.draw(st.sampled_from(sorted(spoiler.seen)))
    path = data.draw(st.sampled_from(sorted(paths(spoiler.seen[key]), key=str)))
    spoiler.wrong = (key, path, data.draw(st.sampled_from(NO_FIGURES)))


def figures(told: object) -> set[Decimal]:
    """Return the numbers of money and coins in an answer of ours."""
    if isinstance(told, Decimal):
        return {told}
    if isinstance(told, list | tuple):
        return set().union(*(figures(each) for each in told))
    slots = getattr(type(told), "__slots__", ())
    return set().union(*(figures(getattr(told, name)) for name in slots))


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("name", BENCHES)
@given(data=st.data())
@settings(max_examples=15)
def test_reads_tell_the_truth_or_that_they_cannot(name: str, read: str, data: st.DataObject) -> None:
    async def scene() -> None:
        bench, spoiler = await opened(name)
        try:
            truth = await READS[read](bench)
            draw(data, spoiler)
            bench.clock.pass_time(timedelta(minutes=5))
            told = await READS[read](bench)
        except (RetryLater, ConfigurationError):
            return
        finally:
            await bench.close()
        # Facts may be derived in another way where one is missing; nothing else has a figure that is not true.
        if read not in {"facts", "fills", "funding", "balance"}:
            assert figures(told) <= figures(truth) | {Decimal(0)}, (spoiler.wrong, told)
        if isinstance(told, OrderReport):
            assert type(told.outcome) in {type(truth.outcome), Unknown}  # type: ignore[attr-defined]

    asyncio.run(scene())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", BENCHES)
@given(data=st.data())
@settings(max_examples=15)
def test_calls_that_change_something_end_as_a_value(name: str, call: str, data: st.DataObject) -> None:
    async def scene() -> None:
        bench, spoiler = await opened(name)
        try:
            rehearsal, of_it = await opened(name)
            try:
                await CALLS[call](rehearsal)
                spoiler.seen = of_it.seen
            finally:
                await rehearsal.close()
            draw(data, spoiler)
            outcome = await CALLS[call](bench)
        finally:
            await bench.close()
        assert isinstance(outcome, Accepted | Filled | PartiallyFilled | Refused | Unknown | Cancelled)
        if isinstance(outcome, Filled):
            assert figures((outcome.quantity, outcome.price)) == {Decimal(1), Decimal(100)}, spoiler.wrong

    asyncio.run(scene())


# --- what must not be taken for gone --------------------------------------------------------------------------------

SIZES = {"binance": ("positionRisk", (0, "positionAmt")), "bybit": ("position/list", ("result", "list", 0, "size"))}
LISTS: dict[str, tuple[str, Path]] = {"binance": ("positionRisk", ()), "bybit": ("position/list", ("result", "list"))}


@pytest.mark.parametrize("value", [GONE, None, "", "NaN", "abc", "1e40", True])
@pytest.mark.parametrize("where", [SIZES, LISTS], ids=["size", "list"])
@pytest.mark.parametrize("name", BENCHES)
async def test_positions_that_cannot_be_read_are_not_gone(
    name: str, where: dict[str, tuple[str, Path]], value: object
) -> None:
    bench, spoiler = await opened(name)
    try:
        truth = await bench.exchange.positions()
        assert len(truth) == 2
        end, path = where[name]
        [key] = [key for key in spoiler.seen if key.endswith(end)]
        spoiler.wrong = (key, path, value)
        # A size that is not told at all is what the value and the price of the position make it.
        with contextlib.suppress(RetryLater):
            assert await bench.exchange.positions() == truth
            assert where is SIZES
        spoiler.wrong = None
        assert await bench.exchange.positions() == truth
    finally:
        await bench.close()


async def test_an_attached_stop_that_cannot_be_read_is_not_gone() -> None:
    bench, spoiler = await opened("bybit")
    try:
        spoiler.wrong = ("GET /v5/position/list", ("result", "list", 0, "stopLoss"), "abc")
        with pytest.raises(RetryLater):
            await bench.exchange.find_order(STOP)
    finally:
        await bench.close()
