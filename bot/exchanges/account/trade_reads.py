"""Long lists of a venue (trades, funding) read to their end. What their rows mean belongs to those who ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.exchanges.orders.answers import in_ms
from bot.exchanges.orders.reads import Pages
from bot.exchanges.rest.client import VenueClient
from core.ports.edges import Clock

_Row = Mapping[str, Any]

_MOST_PAGES = 200
_CLOCKS_APART = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of one symbol.

    Attributes:
        method: Of ccxt; takes symbol, since, limit and params.
        unified: ccxt's name of the symbol.
        params: Go with every question.
    """

    method: str
    unified: str
    pages: Pages
    params: Mapping[str, object] = field(default_factory=dict)


class Lists:
    """Reads lists of one venue page by page."""

    def __init__(self, client: VenueClient, *, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def since(self, listing: Listing, since_at: datetime) -> Sequence[_Row]:
        """Return all rows since then, oldest first; each once.

        Raises:
            RetryLater: the venue cannot tell now.
            ConfigurationError: a person must mend keys or settings.
        """
        rows: dict[str, _Row] = {}
        # Our time only ends the search; the venue's may be ahead of it.
        start, last = in_ms(since_at), in_ms(self._clock.now() + _CLOCKS_APART)
        width = int(listing.pages.window.total_seconds() * 1000)
        while start < last:
            until = min(start + width, last)
            await self._read(listing, start, until, rows)
            start = until
        return sorted(rows.values(), key=lambda row: row.get("timestamp") or 0)

    async def _read(self, listing: Listing, start: int, until: int, rows: dict[str, _Row]) -> None:
        """Read what lies between two times into `rows`."""
        pages = listing.pages
        for _ in range(_MOST_PAGES):
            asked = {**pages.params, **listing.params, "until": until}
            page = await self._client.ask(listing.method, listing.unified, start, pages.limit, asked)
            known = len(rows)
            rows.update({str(row["id"]): row for row in page})
            if len(page) < pages.limit or len(rows) == known:
                return
            times = [int(row["timestamp"]) for row in page]
            if pages.newest_first:
                until = min(times)
            else:
                start = max(times)
