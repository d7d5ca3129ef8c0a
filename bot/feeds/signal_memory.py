"""What the signal feed remembers: the signals it handed over and the frames it could not use. Nothing is stored."""

import logging
from collections import Counter
from collections.abc import Container, Mapping
from datetime import datetime, timedelta

from bot.feeds.signal_messages import invalid_key
from bot.feeds.signal_rows import SignalKey
from core.domain.signals import SignalBatch
from core.ports.edges import Clock

_LOG_EVERY = timedelta(minutes=1)


class SeenSignals:
    """Keys of signals handed over; bounded by age and by number, the oldest go first."""

    def __init__(self, clock: Clock, keep: timedelta = timedelta(hours=48), limit: int = 50_000) -> None:
        self._clock = clock
        self._keep = keep
        self._limit = limit
        self._seen_at: dict[SignalKey, datetime] = {}

    @property
    def keys(self) -> Container[SignalKey]:
        """The keys remembered now."""
        return self._seen_at

    def add(self, batch: SignalBatch) -> None:
        """Remember the signals and the unreadable rows of `batch`."""
        now = self._clock.now()
        for signal in batch.signals:
            self._seen_at[signal.key] = now
        for invalid in batch.invalid:
            self._seen_at[invalid_key(invalid)] = now
        # Counted from when it was seen, not from its wave: servers hand out windows that are days old, again and again.
        while self._seen_at:
            oldest = next(iter(self._seen_at))
            if len(self._seen_at) <= self._limit and now - self._seen_at[oldest] <= self._keep:
                break
            del self._seen_at[oldest]


class Rejections:
    """Counts what could not be used; logs each kind at most once a minute, with how many there were."""

    def __init__(self, clock: Clock, logger: logging.Logger) -> None:
        self._clock = clock
        self._logger = logger
        self._counts: Counter[str] = Counter()
        self._logged: Counter[str] = Counter()
        self._logged_at: dict[str, datetime] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind there were, since the start."""
        return dict(self._counts)

    def add(self, kind: str, detail: str, number: int = 1) -> None:
        """Count `number` of `kind`; `detail` is one of them in words."""
        self._counts[kind] += number
        now = self._clock.now()
        last_at = self._logged_at.get(kind)
        if last_at is not None and now - last_at < _LOG_EVERY:
            return
        new = self._counts[kind] - self._logged[kind]
        self._logged[kind] = self._counts[kind]
        self._logged_at[kind] = now
        self._logger.warning("signal_feed_rejected", extra={"rejected": kind, "number": new, "detail": detail})
