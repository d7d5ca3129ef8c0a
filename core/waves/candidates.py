"""Gathers what the checks look at for each candidate, all candidates at once, and asks the checks."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.errors import RetryLater
from core.domain.market import Instrument, Instruments, MarketFacts
from core.domain.pauses import Pause
from core.domain.people import StopListing
from core.domain.settings import TradingSettings, ValidationSettings
from core.domain.signals import Signal
from core.ports.edges import Clock, Exchange, PriceSource
from core.trading.book import PositionBook
from core.trading.sending import ask
from core.waves.selection import Rejection
from core.waves.validation import Approval, Candidate, Refusal, validate


class Candidates:
    """Validates candidates of one exchange."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        prices: PriceSource,
        book: PositionBook,
        clock: Clock,
        validation: ValidationSettings,
        trading: TradingSettings,
        price_stale_after: timedelta,
    ) -> None:
        self._exchange = exchange
        self._prices = prices
        self._book = book
        self._clock = clock
        self._validation = validation
        self._trading = trading
        self._price_stale_after = price_stale_after

    async def judge(
        self, signals: Sequence[Signal], pauses: Sequence[Pause], listings: Sequence[StopListing] = ()
    ) -> tuple[list[Approval], list[Rejection]]:
        """Return the candidates that may be traded and those that may not, both in the order given.

        Args:
            signals: Best first.
            pauses: Those in force.
            listings: The stop list in force that people keep; the one of the settings counts besides.
        """
        self._prices.watch(self._exchange.name, [signal.symbol for signal in signals])
        instruments = await self._instruments()
        facts = await asyncio.gather(*(self._facts(signal.symbol) for signal in signals))
        approvals: list[Approval] = []
        rejections: list[Rejection] = []
        for signal, market in zip(signals, facts, strict=True):
            candidate = replace(
                self._candidate(signal, instruments.get(signal.symbol), market),
                pause=next((p for p in pauses if p.scope == signal.symbol), None),
                listing=next((each for each in listings if each.symbol == signal.symbol), None),
            )
            answer = validate(candidate, self._validation, self._trading)
            if isinstance(answer, Refusal):
                rejections.append(Rejection(signal=signal, verdict=answer.verdict, facts=answer.facts))
            else:
                approvals.append(answer)
        return approvals, rejections

    def release(self, signals: Sequence[Signal]) -> None:
        """Stop following the prices of candidates that did not become positions."""
        idle = [s.symbol for s in signals if self._book.get(self._exchange.name, s.symbol) is None]
        self._prices.unwatch(self._exchange.name, idle)

    async def _instruments(self) -> Instruments:
        try:
            return await ask(self._exchange.instruments(), self._trading.order_timeout)
        except RetryLater:
            return {}

    async def _facts(self, symbol: str) -> MarketFacts:
        """Return what the venue tells; nothing while it does not answer, which passes the checks and is noted."""
        try:
            return await ask(self._exchange.market_facts(symbol), self._trading.order_timeout)
        except RetryLater:
            return MarketFacts()

    def _candidate(self, signal: Signal, instrument: Instrument | None, market: MarketFacts) -> Candidate:
        now = self._clock.now()
        tick = self._prices.latest(self._exchange.name, signal.symbol)
        is_fresh = tick is not None and now - tick.received_at <= self._price_stale_after
        held = self._book.get(self._exchange.name, signal.symbol)
        return Candidate(
            signal=signal,
            instrument=instrument,
            market=market,
            price=tick.price if tick is not None and is_fresh else market.price,
            price_age_s=None if tick is None else _seconds(now, tick.received_at),
            held_by=None if held is None else held.id,
            open_count=self._book.count,
            exposure_quote=self._book.exposure_quote,
        )


def _seconds(now: datetime, then: datetime) -> int:
    return int((now - then).total_seconds())
