"""The prices of one venue's watched symbols, each with its own times. Connections and requests are not known here."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from bot.feeds.venue_prices.dialect import Heard
from bot.feeds.venue_prices.newest import NewestTicks
from bot.feeds.venue_prices.quotes import Quote
from bot.feeds.venue_prices.sanity import Doubt, is_off, price_of
from bot.feeds.venue_prices.settings import StreamedPriceSettings
from core.domain.market import Tick
from core.domain.money import Price

_LOG_EVERY = timedelta(minutes=1)
_SHOWN = 40
_log = logging.getLogger(__name__)


class _Entry:
    """What is known of one symbol.

    `last_ms` and `mark_ms` are the venue's times of its newest messages, `is_current` says that the last price was told
    on the connection that still stands, `left_at` since when nobody watches, `doubts` how many prices were refused.
    """

    __slots__ = (
        "asked_anew", "doubts", "doubts_told", "doubts_told_at", "is_current", "last", "last_at", "last_ms", "left_at",
        "mark", "mark_at", "mark_ms", "symbol", "watched_at",
    )  # fmt: skip

    def __init__(self, symbol: str, watched_at: datetime) -> None:
        self.symbol = symbol
        self.watched_at = watched_at
        self.left_at: datetime | None = None
        self.last: Price | None = None
        self.last_at = watched_at
        self.last_ms = 0
        self.mark: Price | None = None
        self.mark_at = watched_at
        self.mark_ms = 0
        self.is_current = False
        self.asked_anew = False
        self.doubts = 0
        self.doubts_told = 0
        self.doubts_told_at: datetime | None = None


class Board:
    """Takes prices in, refuses those that cannot be, and hands the newest on."""

    def __init__(self, exchange: str, newest: NewestTicks, settings: StreamedPriceSettings) -> None:
        self._exchange = exchange
        self._newest = newest
        self._settings = settings
        self._entries: dict[str, _Entry] = {}
        self._doubts: Counter[str] = Counter()

    @property
    def doubts(self) -> Mapping[str, int]:
        """How many prices were refused since the start, by why."""
        return dict(self._doubts)

    @property
    def watched(self) -> int:
        """How many symbols are watched."""
        return sum(entry.left_at is None for entry in self._entries.values())

    def watch(self, symbols: Iterable[str], at: datetime) -> list[str]:
        """Note that somebody watches `symbols`; return those that are new here."""
        new = []
        for symbol in symbols:
            entry = self._entries.get(symbol)
            if entry is None:
                self._entries[symbol] = _Entry(symbol, at)
                new.append(symbol)
            elif entry.left_at is not None:
                entry.left_at, entry.watched_at = None, at
        return new

    def leave(self, symbols: Iterable[str], at: datetime) -> None:
        """Note that nobody watches `symbols` any more."""
        for symbol in symbols:
            entry = self._entries.get(symbol)
            if entry is not None and entry.left_at is None:
                entry.left_at = at
                self._newest.forget(self._exchange, symbol)

    def expire(self, at: datetime) -> list[str]:
        """Forget the symbols that have not been watched for long enough, and return them."""
        until_at = at - self._settings.linger
        gone = [
            name for name, entry in self._entries.items() if entry.left_at is not None and entry.left_at <= until_at
        ]
        for symbol in gone:
            del self._entries[symbol]
        return gone

    def latest(self, symbol: str) -> Tick | None:
        """Return the last price believed, with the time it was received at."""
        entry = self._entries.get(symbol)
        return None if entry is None or entry.last is None else self._tick(entry, entry.last)

    def has_since(self, symbol: str, at: datetime) -> bool:
        """Return whether a last price of `symbol` was received after `at`."""
        entry = self._entries.get(symbol)
        return entry is not None and entry.last is not None and entry.last_at > at

    def renew(self, symbols: Iterable[str]) -> None:
        """Trust the venue's times of `symbols` no longer, and let their prices be asked for."""
        for symbol in symbols:
            entry = self._entries.get(symbol)
            if entry is not None:
                entry.last_ms = entry.mark_ms = 0
                entry.is_current, entry.asked_anew = False, True

    def disconnect(self, symbols: Iterable[str]) -> None:
        """Note that the connection of `symbols` is gone: what it leaves out is not as it was."""
        for symbol in symbols:
            entry = self._entries.get(symbol)
            if entry is not None:
                entry.is_current = False

    def due(self, at: datetime, down: Collection[str]) -> list[str]:
        """Return the watched symbols without fresh price; those of `down` have no connection now."""
        settings = self._settings
        fresh_from = at - settings.fresh_for
        first_from = at - settings.first_within
        return [
            symbol
            for symbol, entry in self._entries.items()
            if entry.left_at is None
            and (
                entry.asked_anew
                or (entry.last_at < fresh_from)
                or ((entry.last is None or symbol in down) and max(entry.last_at, entry.watched_at) <= first_from)
            )
        ]

    def take(self, heard: Heard, at: datetime) -> None:
        """Take in what a stream told at `at`."""
        entry = self._entries.get(heard.symbol)
        if entry is None:
            return
        if heard.mark is not None and self._is_in_order(heard.at_ms, entry.mark_ms):
            entry.mark_ms = heard.at_ms
            self._take_mark(entry, heard.mark, at)
        if heard.last is not None:
            if self._is_in_order(heard.at_ms, entry.last_ms):
                entry.last_ms = heard.at_ms
                entry.is_current = self._take_last(entry, heard.last, at)
        elif heard.is_rest_unchanged and entry.is_current and heard.at_ms >= entry.last_ms:
            entry.last_ms, entry.last_at = heard.at_ms, at
        if heard.mark is not None:
            self._judge_standing(entry, at)

    def take_quote(self, symbol: str, quote: Quote, asked_at: datetime) -> None:
        """Take in what the venue answered to a question asked at `asked_at`, unless its stream has told since."""
        entry = self._entries.get(symbol)
        if entry is None:
            return
        if entry.last is not None and entry.last_at >= min(asked_at, quote.received_at):
            return
        if quote.mark is not None and (entry.mark is None or entry.mark_at < asked_at):
            self._take_mark(entry, str(quote.mark), quote.received_at)
        before = entry.last
        is_believed = self._take_last(entry, str(quote.last), quote.received_at)
        # A stream that leaves the price out means the one it told, not this.
        entry.is_current = entry.is_current and is_believed and entry.last == before
        self._judge_standing(entry, quote.received_at)

    def _take_mark(self, entry: _Entry, text: str, at: datetime) -> None:
        mark = price_of(text)
        if mark is None:
            self._doubt(entry, Doubt.NOT_A_PRICE, text, at)
            return
        entry.mark, entry.mark_at = mark, at

    def _judge_standing(self, entry: _Entry, at: datetime) -> None:
        """Take a price back that came before there was a mark to judge it by, or that the market has left behind."""
        if entry.last is None or entry.mark is None or not is_off(entry.last, entry.mark, self._settings.max_off_mark):
            return
        self._doubt(entry, Doubt.OFF_MARK, str(entry.last), at)
        entry.last, entry.is_current = None, False
        self._newest.forget(self._exchange, entry.symbol)

    def _take_last(self, entry: _Entry, text: str, at: datetime) -> bool:
        """Return whether the price is believed; one that is not leaves everything as it was, to grow old."""
        last = price_of(text)
        if last is None:
            self._doubt(entry, Doubt.NOT_A_PRICE, text, at)
            return False
        # However old the mark is: a symbol refused wrongly goes stale, and the request that follows brings a new one.
        if entry.mark is not None and is_off(last, entry.mark, self._settings.max_off_mark):
            self._doubt(entry, Doubt.OFF_MARK, text, at)
            return False
        entry.last, entry.last_at, entry.asked_anew = last, at, False
        if entry.left_at is None:
            self._newest.put(self._tick(entry, last))
        return True

    def _tick(self, entry: _Entry, price: Price) -> Tick:
        return Tick(exchange=self._exchange, symbol=entry.symbol, price=price, received_at=entry.last_at)

    def _is_in_order(self, at_ms: int, newest_ms: int) -> bool:
        if at_ms >= newest_ms:
            return True
        self._doubts[Doubt.OLDER] += 1
        return False

    def _doubt(self, entry: _Entry, doubt: Doubt, text: str, at: datetime) -> None:
        """Count a refused price; log it at most once a minute a symbol."""
        self._doubts[doubt] += 1
        entry.doubts += 1
        if entry.doubts_told_at is not None and at - entry.doubts_told_at < _LOG_EVERY:
            return
        extra = {
            "exchange": self._exchange,
            "symbol": entry.symbol,
            "reason": str(doubt),
            "price": text[:_SHOWN],
            "mark": str(entry.mark),
            "number": entry.doubts - entry.doubts_told,
        }
        entry.doubts_told, entry.doubts_told_at = entry.doubts, at
        _log.warning("price_refused", extra=extra)
