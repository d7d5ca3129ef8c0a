"""A venue's client that answers from a script, for tests of what reads a market; speaks no protocol."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from bot.exchanges.profiles import BINANCE, VenueProfile

Params = Mapping[str, Any]
Answer = Callable[[Params], object]


class ScriptedVenue:
    """Implements VenueReader: each method answers what `answers` says; an exception there is raised.

    After `hold` calls wait until `release`; `hold_only` says which.
    """

    def __init__(self, profile: VenueProfile = BINANCE) -> None:
        self._profile = profile
        self.answers: dict[str, object] = {}
        self.calls: list[tuple[str, Params]] = []
        self.at_once = 0
        self.most_at_once = 0
        self._held: str | None = None
        self._open = asyncio.Event()
        self._open.set()

    @property
    def profile(self) -> VenueProfile:
        return self._profile

    def hold(self) -> None:
        """Let calls wait from now on."""
        self._open.clear()

    def hold_only(self, method: str) -> None:
        """Let calls of `method` wait from now on."""
        self._held = method
        self._open.clear()

    def release(self) -> None:
        """Answer those that wait."""
        self._open.set()

    def count(self, method: str) -> int:
        """How often `method` was called."""
        return sum(called == method for called, _ in self.calls)

    async def ask(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401 - as ccxt's
        params = arguments[0] if arguments and isinstance(arguments[0], Mapping) else {}
        self.calls.append((method, params))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            if self._held in {None, method}:
                await self._open.wait()
        finally:
            self.at_once -= 1
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer(params) if callable(answer) else answer
