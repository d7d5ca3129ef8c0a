"""The WebSocket side of the Binance server: who subscribed to what, listen keys, and what is sent to whom."""

import json
from collections.abc import Callable, Mapping

from aiohttp import WSCloseCode

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import Refusal
from tests.fakes.venues.binance_prices import BinancePrices, category
from tests.fakes.venues.binance_routes import Route, Routes, Security
from tests.fakes.venues.binance_user_data import Event, events
from tests.fakes.venues.book import Fact, PriceMoved
from tests.fakes.venues.wire import SlidingCount, VenueSocket, encode

KEY_LIFE_MS = 60 * 60_000


class BinanceStreams:
    """Serves market and user data streams.

    Attributes:
        are_routed: Streams are served only under their own path: books and single trades under /public, other market
            streams under /market, user data under /private. A subscription elsewhere is confirmed and stays silent, as
            on the venue since 2026-04-23 (the old paths are /public). False: everywhere, as on a test net.
        most_streams, most_messages_a_second: Above these a subscription is refused, a connection is closed.
        violations: What clients did wrong, for tests to assert on.
    """

    def __init__(self, account: FakeAccount, prices: BinancePrices, server_ms: Callable[[], int]) -> None:
        self.are_routed = True
        self.most_streams = 200
        self.most_messages_a_second = 10
        self.violations: list[str] = []
        self.listen_key = ""
        self.listen_key_ends_ms = 0
        self._account = account
        self._prices = prices
        self._server_ms = server_ms
        self._sockets: list[VenueSocket] = []
        self._made = 0
        account.subscribe(self._tell)

    # --- listen keys ---------------------------------------------------------------------------------------------

    def routes(self) -> Routes:
        """Return the endpoints of listen keys by method and path."""
        return {
            "POST /fapi/v1/listenKey": Route(act=self._open_key, security=Security.KEY),
            "PUT /fapi/v1/listenKey": Route(act=self._keep_key, security=Security.KEY),
            "DELETE /fapi/v1/listenKey": Route(act=self._drop_key, security=Security.KEY),
        }

    def _open_key(self, _: Mapping[str, str]) -> object:
        self.check_key()
        if not self.listen_key:
            self._made += 1
            self.listen_key = f"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v{self._made:06d}"
        self.listen_key_ends_ms = self._account.now_ms() + KEY_LIFE_MS
        return {"listenKey": self.listen_key}

    def _keep_key(self, _: Mapping[str, str]) -> object:
        self.check_key()
        if not self.listen_key:
            raise Refusal(-1125, "This listenKey does not exist.")
        self.listen_key_ends_ms = self._account.now_ms() + KEY_LIFE_MS
        return {"listenKey": self.listen_key}

    def _drop_key(self, _: Mapping[str, str]) -> object:
        self.listen_key = ""
        return {}

    def check_key(self) -> None:
        """End the listen key if its time has come; asked at every request and every price."""
        if self.listen_key and self._account.now_ms() >= self.listen_key_ends_ms:
            self.expire_key()

    def expire_key(self) -> None:
        """End the listen key now: those who listen are told and cut off."""
        key, self.listen_key = self.listen_key, ""
        event = {"e": "listenKeyExpired", "E": self._server_ms(), "listenKey": key}
        for socket in self._sockets:
            if socket.state.get("listen_key") == key:
                self._send(socket, key, event)
                socket.end()

    # --- connections ---------------------------------------------------------------------------------------------

    async def opened(self, socket: VenueSocket) -> None:
        """Take in a connection and the streams that its address names."""
        parts = socket.path.strip("/").split("/")
        is_routed = parts[0] in {"public", "market", "private"}
        socket.state["route"] = parts.pop(0) if is_routed else "public"
        mode, names = parts[0] if parts else "ws", parts[1:]
        socket.state["is_combined"] = mode == "stream"
        socket.state["messages"] = SlidingCount(1_000)
        if "streams" in socket.params:
            names = socket.params["streams"].split("/")
        if "listenKey" in socket.params:
            names = [socket.params["listenKey"]]
        if "events" in socket.params:
            socket.state["events"] = socket.params["events"].split("/")
        for name in names:
            self._subscribe(socket, name)
        self._sockets.append(socket)

    def closed(self, socket: VenueSocket) -> None:
        """Forget a connection."""
        if socket in self._sockets:
            self._sockets.remove(socket)

    def _subscribe(self, socket: VenueSocket, name: str) -> None:
        if "@" in name or name.startswith("!"):
            socket.topics[name] = None
        elif name and (socket.state["route"] == "private" or not self.are_routed):
            socket.state["listen_key"] = name
        elif name:
            self.violations.append(f"user data asked for under /{socket.state['route']}")

    async def heard(self, socket: VenueSocket, text: str) -> None:
        """Answer a message of a client; too many of them close the connection."""
        if socket.state["messages"].add(1, self._account.now_ms()) > self.most_messages_a_second:
            self.violations.append("too many messages a second")
            await socket.close(WSCloseCode.POLICY_VIOLATION, "Too many requests")
            return
        try:
            message = json.loads(text)
        except ValueError:
            self._refuse(socket, 3, "Invalid JSON: expected value at line 1 column 1")
            return
        self._obey(socket, message)

    def _obey(self, socket: VenueSocket, message: object) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("id"), int | str):
            self._refuse(socket, 2, "Invalid request: request ID must be an unsigned integer")
            return
        number, names = message["id"], message.get("params", [])
        result: list[str] | None = None
        match message.get("method"):
            case "SUBSCRIBE" if len(socket.topics.keys() | set(names)) > self.most_streams:
                self.violations.append(f"more than {self.most_streams} streams")
                self._refuse(socket, 4, f"Too many streams: at most {self.most_streams} a connection", number)
                return
            case "SUBSCRIBE":
                for name in names:
                    self._subscribe(socket, name)
            case "UNSUBSCRIBE":
                socket.topics = {name: None for name in socket.topics if name not in names}
            case "LIST_SUBSCRIPTIONS":
                result = list(socket.topics)
            case _:
                self._refuse(socket, 2, "Invalid request: unknown variant", number)
                return
        socket.send({"result": result, "id": number})

    def _refuse(self, socket: VenueSocket, code: int, text: str, number: int | str | None = None) -> None:
        socket.send({"error": {"code": code, "msg": text}} | ({} if number is None else {"id": number}))

    # --- sending -------------------------------------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, PriceMoved):
            self.check_key()
            if any(socket.topics for socket in self._sockets):
                self._tell_price(fact)
            return
        now = self._server_ms()
        listeners = [s for s in self._sockets if self.listen_key and s.state.get("listen_key") == self.listen_key]
        if not listeners:
            return
        for event in events(self._account, fact, now):
            for socket in listeners:
                wanted = socket.state.get("events")
                if wanted is None or event["e"] in wanted:
                    self._send(socket, self.listen_key, event)

    def _tell_price(self, fact: PriceMoved) -> None:
        contract, now = self._account.contracts[fact.symbol], self._server_ms()
        for stream, event in self._prices.of(contract, fact.quantity, now):
            self._publish(stream, event)
        for stream, rows in self._prices.arrays([contract], now):
            self._publish(stream, rows)

    def repeat(self, symbol: str) -> None:
        """Send what the venue sends every second or so even if nothing was traded."""
        contract, now = self._account.contracts[symbol], self._server_ms()
        for stream, event in self._prices.of(contract, 0 * contract.min_quantity, now):
            if "markPrice" in stream or stream.endswith("icker"):
                self._publish(stream, event)

    def _publish(self, stream: str, event: Event | list[Event]) -> None:
        place = category(stream)
        listeners = [
            socket
            for socket in self._sockets
            if stream in socket.topics and (not self.are_routed or socket.state["route"] == place)
        ]
        if not listeners:
            return
        plain, combined = encode(event), encode({"stream": stream, "data": event})
        for socket in listeners:
            socket.send(combined if socket.state["is_combined"] else plain)

    def _send(self, socket: VenueSocket, stream: str, event: Event) -> None:
        socket.send({"stream": stream, "data": event} if socket.state["is_combined"] else event)
