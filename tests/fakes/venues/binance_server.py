"""Binance USDT-M on this machine: REST and streams over the books of one account; refuses what the real one refuses."""

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import Refusal, missing, number, refusal, refused
from tests.fakes.venues.binance_contracts import CONTRACTS, read_contracts
from tests.fakes.venues.binance_limits import BinanceLimits
from tests.fakes.venues.binance_market import BinanceMarket
from tests.fakes.venues.binance_orders import BinanceOrders
from tests.fakes.venues.binance_prices import BinancePrices
from tests.fakes.venues.binance_private import BinancePrivate
from tests.fakes.venues.binance_routes import Route, Security
from tests.fakes.venues.binance_streams import BinanceStreams
from tests.fakes.venues.contracts import Contract
from tests.fakes.venues.refusals import VenueSaysNo
from tests.fakes.venues.rules import Rules
from tests.fakes.venues.server import VenueServer
from tests.fakes.venues.wire import Answer, Request, VenueSocket

HOSTS = (
    "fapi.binance.com",
    "api.binance.com",
    "fstream.binance.com",
    "demo-fapi.binance.com",
    "demo-fstream.binance.com",
)


class FakeBinance(VenueServer):
    """`async with FakeBinance(now_ms=...) as binance`.

    Args:
        now_ms: The test's time; milliseconds.
        is_tls: Serve the real host names over TLS too, see VenueServer.
        lists_contracts: Begin with the contracts of `binance_contracts.CONTRACTS` and their prices.

    Attributes:
        account: The books; `account.set_price` pushes prices to the streams.
        market: Volumes, open interest, candles: `market.of(symbol)`.
        limits: Weights and bans; `private.permissions`: what the key may do; `streams`: routes, listen keys;
            `orders.lag_ms`: how late orders can be found.
        is_key_known: False: -2015 for everything signed.
    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        is_tls: bool = False,
        wallet: Decimal = Decimal(10_000),
        lists_contracts: bool = True,
        api_key: str = "k" * 64,
        api_secret: str = "s" * 64,
    ) -> None:
        super().__init__(now_ms=now_ms, hosts=HOSTS, is_tls=is_tls)
        rules = Rules(spawns_orders=True, ids_unique_forever=False, first_id=8_389_765_519_993_908_929)
        self.api_key, self.api_secret = api_key, api_secret
        self.is_key_known = True
        self.account = FakeAccount(now_ms=now_ms, wallet=wallet, rules=rules)
        self.limits = BinanceLimits()
        self.market = BinanceMarket(self.account, self.server_ms, lambda: self.limits.weight_limit)
        self.private = BinancePrivate(self.account, self.server_ms)
        self.streams = BinanceStreams(self.account, BinancePrices(self.account, self.market), self.server_ms)
        self.orders = BinanceOrders(self.account, self.server_ms)
        self._routes: dict[str, Route] = {
            **self.market.routes(),
            **self.private.routes(),
            **self.orders.routes(),
            **self.streams.routes(),
        }
        self._pulse: asyncio.Task[None] | None = None
        if lists_contracts:
            for contract, price in CONTRACTS:
                self.account.list_contract(contract, price)

    @property
    def rest_url(self) -> str:
        """The root of the REST endpoints, for clients without TLS."""
        return self.url

    @property
    def stream_url(self) -> str:
        """The root of the market streams (`/market/ws` and so on come after it)."""
        return self.ws_url

    @property
    def private_stream_url(self) -> str:
        """The root of the user data streams (`/private/ws?listenKey=` comes after it)."""
        return self.ws_url

    def list_contract(
        self,
        symbol: str,
        last: Decimal | str | None = "1",
        **fields: Any,  # noqa: ANN401 - they are those of Contract, checked by its constructor
    ) -> Contract:
        """Add (or change) a contract: fields of Contract, the rest as it was or by default."""
        known = self.account.contracts.get(symbol)
        if known is not None:
            contract = dataclasses.replace(known, **fields)
        else:
            contract = Contract(symbol=symbol, **{"base": symbol.removesuffix("USDT")} | fields)
        return self.account.list_contract(contract, last)

    def load_exchange_info(self, recorded: Mapping[str, Any]) -> None:
        """List the contracts of a recorded exchangeInfo (without prices); they are served as recorded."""
        for contract in read_contracts(recorded):
            self.account.list_contract(contract)
        self.market.recorded = {row["symbol"]: row for row in recorded["symbols"]}

    def limit_requests(self, seconds: float) -> None:
        """Answer everything with 429 for a time, whatever was used."""
        self.limits.limit_for(int(seconds * 1000), self.now_ms())

    def ban(self, seconds: float) -> None:
        """Answer everything with 418 for a time."""
        self.limits.ban_for(int(seconds * 1000), self.now_ms())

    def start_pulse(self, seconds: float, prices: Callable[[], Mapping[str, Decimal]] | None = None) -> None:
        """Send prices every so often, as the venue does: those of `prices`, or the ones there are."""
        self._pulse = asyncio.create_task(self._beat(seconds, prices))

    async def _beat(self, seconds: float, prices: Callable[[], Mapping[str, Decimal]] | None) -> None:
        while True:
            await self.faults.sleep(seconds)
            self.streams.check_key()
            if prices is None:
                for contract in self.market.priced():
                    self.streams.repeat(contract.symbol)
            else:
                for symbol, price in prices().items():
                    self.account.set_price(symbol, price)

    async def __aexit__(self, *reason: object) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse
        await super().__aexit__(*reason)

    # --- REST ----------------------------------------------------------------------------------------------------

    def limit(self, request: Request) -> Answer | None:
        route = self._routes.get(request.key)
        return self.limits.check(request, route, self.now_ms()) if route is not None else None

    def decorate(self, request: Request, answer: Answer) -> Answer:
        counts = self.limits.headers(self._routes.get(request.key), self.now_ms())
        return dataclasses.replace(answer, headers=counts | dict(answer.headers))

    async def respond(self, request: Request) -> Answer:
        self.streams.check_key()
        route = self._routes.get(request.key)
        if route is None:
            return refusal(-5000, f"Path {request.path}, Method {request.method} is invalid", 404)
        try:
            return self._refuse_caller(request, route.security) or Answer(body=route.act(request.params))
        except Refusal as no:
            return no.answer
        except VenueSaysNo as no:
            return refused(no)

    def _refuse_caller(self, request: Request, security: Security) -> Answer | None:
        if security is Security.NONE:
            return None
        key = next((value for name, value in request.headers.items() if name.lower() == "x-mbx-apikey"), "")
        if not key:
            return refusal(-2014, "API-key format invalid.", 401)
        may_trade = bool(self.private.permissions["enableFutures"]) or request.path.startswith("/sapi/")
        if key != self.api_key or not self.is_key_known or not may_trade:
            return refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        return None if security is Security.KEY else self._refuse_signature(request)

    def _refuse_signature(self, request: Request) -> Answer | None:
        for name in ("timestamp", "signature"):
            if not request.params.get(name):
                return missing(name)
        total = request.query + request.body
        signed, _, signature = total.rpartition("&signature=")
        ours = hmac.new(self.api_secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(ours, signature):
            return refusal(-1022, "Signature for this request is not valid.")
        sent, window = number(request.params, "timestamp", 0), number(request.params, "recvWindow", 5000)
        if window > 60_000:
            return refusal(-1131, "recvWindow must be less than 60000")
        if sent > self.server_ms() + 1000:
            return refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if self.server_ms() - sent > window:
            return refusal(-1021, "Timestamp for this request is outside of the recvWindow.")
        return None

    # --- streams -------------------------------------------------------------------------------------------------

    def refuses_upgrade(self, request: Request) -> Answer | None:
        parts = request.path.strip("/").split("/")
        if parts[0] in {"public", "market", "private"}:
            parts = parts[1:]
        return None if parts and parts[0] in {"ws", "stream"} else Answer(status=404, body="Not Found")

    async def opened(self, socket: VenueSocket) -> None:
        await self.streams.opened(socket)

    async def heard(self, socket: VenueSocket, text: str) -> None:
        await self.streams.heard(socket, text)

    def closed(self, socket: VenueSocket) -> None:
        self.streams.closed(socket)
