"""A Bybit (v5, linear, unified account) on this machine; books, faults and plumbing are shared with other venues."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.bybit_account import AccountDesk
from tests.fakes.venues.bybit_answers import BybitSaysNo, envelope, in_bybits_words
from tests.fakes.venues.bybit_contracts import CONTRACTS
from tests.fakes.venues.bybit_gate import BybitGate, Key, Limits
from tests.fakes.venues.bybit_lag import BybitLag
from tests.fakes.venues.bybit_market import BybitMarket
from tests.fakes.venues.bybit_orders import OrderDesk
from tests.fakes.venues.bybit_public import PublicDesk
from tests.fakes.venues.bybit_records import BybitRecords
from tests.fakes.venues.bybit_streams import PRIVATE_PATH, PUBLIC_PATH, BybitStreams
from tests.fakes.venues.contracts import Contract
from tests.fakes.venues.faults import Fault
from tests.fakes.venues.refusals import VenueSaysNo
from tests.fakes.venues.rules import Rules
from tests.fakes.venues.server import VenueServer
from tests.fakes.venues.wire import Answer, Request, VenueSocket

HOSTS = ("api.bybit.com", "stream.bybit.com", "api-testnet.bybit.com", "stream-testnet.bybit.com")
_NOT_FOUND = "404 page not found"


class FakeBybit(VenueServer):
    """Bybit for one account; `async with FakeBybit(now_ms=...) as bybit`.

    Attributes:
        account: Its books.
        key: The only API key, and what it may do.
        limits: How often may be asked.
        lag: How much later than their answers orders take effect.
        market: Turnover, open interest, candles.
        orders, desk, streams: What answers; each has its levers (`desk.standing`, `streams.levers`).
    """

    def __init__(
        self,
        *,
        now_ms: Callable[[], int],
        is_tls: bool = False,
        wallet: Decimal = Decimal(10_000),
        lists_contracts: bool = True,
        api_key: str = "bybit" * 4,
        api_secret: str = "s" * 36,
    ) -> None:
        super().__init__(now_ms=now_ms, hosts=HOSTS, is_tls=is_tls)
        rules = Rules(taker_fee_ratio=Decimal("0.00055"), default_leverage=10)
        self.account = FakeAccount(now_ms=self.server_ms, wallet=wallet, rules=rules)
        self.key = Key(api_key=api_key, api_secret=api_secret)
        self.limits = Limits()
        self.gate = BybitGate(self.key, self.limits, now_ms=now_ms, server_ms=self.server_ms)
        self.lag = BybitLag(self.account, self.server_ms)
        self.market = BybitMarket(self.account, self.server_ms)
        records = BybitRecords(self.account, self.lag, self.server_ms)
        self.orders = OrderDesk(self.account, self.lag, self.server_ms)
        self.desk = AccountDesk(
            self.account, lag=self.lag, records=records, orders=self.orders, key=self.key, server_ms=self.server_ms
        )
        self.streams = BybitStreams(
            self.account,
            market=self.market,
            records=records,
            lag=self.lag,
            desk=self.desk,
            gate=self.gate,
            faults=self.faults,
            server_ms=self.server_ms,
        )
        self._public = PublicDesk(self.account, self.market, self.server_ms).routes
        self._private = {**self.orders.routes, **self.desk.routes}
        self._pulse: asyncio.Task[None] | None = None
        if lists_contracts:
            for contract, price in CONTRACTS:
                self.account.list_contract(contract, price)

    async def __aexit__(self, *why: object) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse
        await self.streams.end()
        await super().__aexit__(*why)

    @property
    def rest_url(self) -> str:
        """Root of REST, without a slash at the end."""
        return self.url

    @property
    def stream_url(self) -> str:
        """Root of the public streams, as of the private ones; the paths follow."""
        return self.ws_url

    @property
    def private_stream_url(self) -> str:
        """Root of the private stream."""
        return self.ws_url

    @property
    def api_key(self) -> str:
        """The key."""
        return self.key.api_key

    @property
    def api_secret(self) -> str:
        """Its secret."""
        return self.key.api_secret

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

    def limit_requests(self, seconds: float) -> None:
        """Answer everything with 10006 for a time, whatever was used."""
        self.gate.limited_until_ms = self.now_ms() + int(seconds * 1_000)

    def ban(self, seconds: float) -> None:
        """Answer everything with HTTP 403 for a time, as for an address that asked too often."""
        self.gate.banned_until_ms = self.now_ms() + int(seconds * 1_000)

    def start_pulse(self, seconds: float, prices: Callable[[], Mapping[str, Decimal]]) -> None:
        """Set the prices anew every so often."""
        self._pulse = asyncio.create_task(self._beat(seconds, prices))

    async def _beat(self, seconds: float, prices: Callable[[], Mapping[str, Decimal]]) -> None:
        while True:
            await self.faults.sleep(seconds)
            for symbol, price in prices().items():
                self.account.set_price(symbol, price)

    def refuse(self, path: str, code: int, text: str, *, times: int | None = 1, result: object = None) -> Fault:
        """Answer the next requests of `path` with a code of Bybit's instead of acting."""
        body = envelope({}, self.server_ms(), code=code, text=text) | {"result": result or {}}
        return self.faults.answer(path, 200, body, times=times)

    # --- answering -----------------------------------------------------------------------------------------------

    def limit(self, request: Request) -> Answer | None:
        """Refuse what comes too often."""
        return self.gate.count(request)

    def decorate(self, request: Request, answer: Answer) -> Answer:
        """Put the headers of the limits on private answers."""
        headers = {**self.gate.headers(request), **answer.headers}
        return Answer(status=answer.status, body=answer.body, headers=headers)

    async def respond(self, request: Request) -> Answer:
        """Act on a request and answer."""
        handler = self._public.get(request.key)
        try:
            if handler is None:
                handler = self._private.get(request.key)
                if handler is None:
                    return Answer(status=404, body=_NOT_FOUND)
                self.gate.check(request)
            return Answer(body=envelope(handler(request.params), self.server_ms()))
        except BybitSaysNo as refusal:
            return self._refusal(refusal)
        except VenueSaysNo as refusal:
            return self._refusal(in_bybits_words(refusal))

    def _refusal(self, refusal: BybitSaysNo) -> Answer:
        body = envelope(refusal.result, self.server_ms(), code=refusal.code, text=refusal.text)
        return Answer(status=refusal.status, body=body)

    # --- sockets -------------------------------------------------------------------------------------------------

    def refuses_upgrade(self, request: Request) -> Answer | None:
        """Know only the two streams that are served here."""
        return None if request.path in {PUBLIC_PATH, PRIVATE_PATH} else Answer(status=404, body=_NOT_FOUND)

    async def opened(self, socket: VenueSocket) -> None:
        """Take a connection."""
        self.streams.opened(socket)

    async def heard(self, socket: VenueSocket, text: str) -> None:
        """Answer a request."""
        await self.streams.heard(socket, text)

    def closed(self, socket: VenueSocket) -> None:
        """Forget a connection."""
        self.streams.closed(socket)
