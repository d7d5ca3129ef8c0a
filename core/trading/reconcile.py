"""Our positions against the venue's and its protective orders: who is compared when, and what is told of it.

What is done about one position that differs is `comparison`'s.
"""

from collections.abc import Collection, Mapping, Sequence

from core.domain.errors import RetryLater
from core.domain.events import ReconcileReport
from core.domain.orders import Cancelled, VenueStop
from core.ports.edges import Exchange
from core.trading.comparison import Comparison, Finding, FindingKind
from core.trading.entries import Entries
from core.trading.exits import Exits
from core.trading.ground import Ground
from core.trading.sending import answered, ask
from core.trading.stops import Stops

_OUR_PREFIX = "wh-"


class Reconcile:
    """Compares one exchange at a time and mends what may be mended without a person."""

    def __init__(
        self,
        ground: Ground,
        *,
        exchanges: Mapping[str, Exchange],
        entries: Entries,
        exits: Exits,
        stops: Stops,
    ) -> None:
        self._ground = ground
        self._exchanges = exchanges
        self._comparison = Comparison(ground, entries=entries, exits=exits, stops=stops)
        self._told: set[str] = set()
        self._sighted: set[str] = set()
        self._orphans: dict[str, set[str]] = {}

    async def run(self) -> tuple[str, ...]:
        """Compare every exchange once. Safe to repeat; a finding is reported once while it lasts.

        Returns:
            A sentence a difference, new ones only.
        """
        findings: list[Finding] = []
        for exchange in self._exchanges.values():
            try:
                stops = await self._compare(exchange, None, findings)
                await self._cancel_orphans(exchange, stops, findings)
            except RetryLater as error:
                findings.append(Finding(f"{exchange.name} does not answer: {error}"))
        sentences = [finding.sentence for finding in findings]
        fresh = await self._tell(sentences)
        self._told = set(sentences)
        return fresh

    async def look_at(self, exchange: Exchange, symbols: Collection[str] | None) -> bool:
        """Compare `symbols` (None: all) of one exchange now: something was heard of them.

        Only differences are told; how a position ended has events of its own. A position that is not ours is told when
        it is seen again: it may be one of ours that ended a moment ago.

        Returns:
            False if the venue does not tell yet what happened: look again.

        Raises:
            RetryLater: the venue cannot answer now.
        """
        findings: list[Finding] = []
        try:
            await self._compare(exchange, symbols, findings)
        finally:
            strangers = {f.sentence for f in findings if f.kind is FindingKind.STRANGER}
            differences = [f.sentence for f in findings if f.kind is FindingKind.DIFFERENCE]
            differences += sorted(strangers & self._sighted)
            is_new = bool(strangers - self._sighted - self._told)
            self._sighted = strangers
            self._told.update(await self._tell(differences))
        return not is_new and all(f.kind is not FindingKind.UNEXPLAINED for f in findings)

    async def _tell(self, sentences: Sequence[str]) -> tuple[str, ...]:
        """Report those sentences that are not told yet, and return them."""
        fresh = tuple(sentence for sentence in sentences if sentence not in self._told)
        if fresh:
            async with self._ground.units.writing() as unit:
                await unit.record(ReconcileReport(at=self._ground.clock.now(), findings=fresh))
        return fresh

    async def _compare(
        self, exchange: Exchange, symbols: Collection[str] | None, findings: list[Finding]
    ) -> Sequence[VenueStop]:
        """Append what differs to `findings`, each as soon as it is dealt with: an answer missed later loses none.

        Args:
            exchange: The one that is asked.
            symbols: None is all.
            findings: Grows.

        Returns:
            The venue's resting stops.
        """
        limit = self._ground.settings.order_timeout
        ours = {
            p.symbol: p
            for p in self._ground.book.live()
            if p.exchange == exchange.name and (symbols is None or p.symbol in symbols)
        }
        theirs = {p.symbol: p for p in await ask(exchange.positions(), limit)}
        stops = await ask(exchange.stops(), limit)
        for position in ours.values():
            findings += await self._comparison.compare(exchange, position, theirs.get(position.symbol), stops)
        findings += [
            Finding(f"{exchange.name} holds {p.quantity} {p.symbol} that is not ours: left alone", FindingKind.STRANGER)
            for p in theirs.values()
            if (symbols is None or p.symbol in symbols)
            and p.symbol not in ours
            and self._ground.book.get(exchange.name, p.symbol) is None
        ]
        return stops

    async def _cancel_orphans(self, exchange: Exchange, stops: Sequence[VenueStop], findings: list[Finding]) -> None:
        """Cancel stops of ours that protect nothing, at their second sighting; never anybody else's.

        Such is one without a position, and one that was left behind beside the stop that stands: the process died, or
        the answer was lost, while it was being replaced.
        """
        named = {s.client_order_id: s for s in stops if s.client_order_id is not None}
        orphans = {
            client_order_id: stop.symbol
            for client_order_id, stop in named.items()
            if client_order_id.startswith(_OUR_PREFIX) and self._is_orphan(exchange, stop, named)
        }
        seen = self._orphans.get(exchange.name, set())
        self._orphans[exchange.name] = set(orphans)
        for client_order_id, symbol in orphans.items():
            if client_order_id in seen:
                await ask(exchange.cancel(symbol, client_order_id), self._ground.settings.order_timeout)
                await self._note_cancelled(client_order_id)
                sentence = f"{exchange.name} had a stop order of {symbol} that protected nothing: cancelled"
                findings.append(Finding(sentence))

    async def _note_cancelled(self, client_order_id: str) -> None:
        async with self._ground.units.writing() as unit:
            order = await unit.orders.get(client_order_id)
            if order is not None and order.state.is_settled and order.filled_quantity is None:
                await unit.orders.save(answered(order, Cancelled(), self._ground.clock.now()))

    def _is_orphan(self, exchange: Exchange, stop: VenueStop, standing: Collection[str]) -> bool:
        position = self._ground.book.get(exchange.name, stop.symbol)
        return position is None or (
            position.stop_order_id in standing and position.stop_order_id != stop.client_order_id
        )
