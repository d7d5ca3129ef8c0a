"""Bybit's sockets: who may hear what, and the account's own news; what the public streams say is written elsewhere."""

import asyncio
import json
import re
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import (
    BalanceChanged,
    Fact,
    OrderChanged,
    OrderKind,
    OrderStatus,
    PositionChanged,
    PriceMoved,
)
from tests.fakes.venues.bybit_account import AccountDesk
from tests.fakes.venues.bybit_gate import BybitGate, signature
from tests.fakes.venues.bybit_lag import BybitLag
from tests.fakes.venues.bybit_market import INTERVALS_MS, BybitMarket
from tests.fakes.venues.bybit_news import PublicNews
from tests.fakes.venues.bybit_records import BybitRecords
from tests.fakes.venues.bybit_rows import Row, order_row, uuid_of
from tests.fakes.venues.faults import Faults
from tests.fakes.venues.wire import VenueSocket

PUBLIC_PATH = "/v5/public/linear"
PRIVATE_PATH = "/v5/private"
_PUBLIC_TOPIC = re.compile(r"(tickers|publicTrade|kline\.[0-9A-Z]+|orderbook\.(?:1|50|200|1000))\.([A-Z0-9-]+)")
_PRIVATE_TOPICS = {"order", "execution", "position", "wallet"}
_OWN_TOPICS = _PRIVATE_TOPICS | {f"{name}.linear" for name in ("order", "execution", "position")}
Reply = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class StreamLevers:
    """What a test may set for the streams.

    Attributes:
        most_topics: In one request; None where there is no such limit.
        most_characters: Of all topics of one connection together.
        idle_s: A connection on which nothing was heard for so long is closed; None to keep it.
    """

    most_topics: int | None = None
    most_characters: int = 21_000
    idle_s: float | None = None


class BybitStreams:
    """Talks on the sockets of one server."""

    def __init__(
        self,
        account: FakeAccount,
        *,
        market: BybitMarket,
        records: BybitRecords,
        lag: BybitLag,
        desk: AccountDesk,
        gate: BybitGate,
        faults: Faults,
        server_ms: Callable[[], int],
    ) -> None:
        self.levers = StreamLevers()
        self._account = account
        self._market = market
        self._public = PublicNews(account, market, server_ms)
        self._records = records
        self._lag = lag
        self._desk = desk
        self._gate = gate
        self._faults = faults
        self._server_ms = server_ms
        self._sockets: list[VenueSocket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        account.subscribe(self._tell)

    # --- connections ---------------------------------------------------------------------------------------------

    def opened(self, socket: VenueSocket) -> None:
        """Take a connection."""
        socket.state["conn_id"] = uuid.uuid4().hex[:20]
        self._sockets.append(socket)
        if self.levers.idle_s is not None:
            self._start(self._close_when_idle(socket, self.levers.idle_s))

    def closed(self, socket: VenueSocket) -> None:
        """Forget a connection."""
        self._sockets.remove(socket)

    async def end(self) -> None:
        """Stop what still waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close_when_idle(self, socket: VenueSocket, idle_s: float) -> None:
        heard = -1
        while heard != len(socket.heard):
            heard = len(socket.heard)
            await self._faults.sleep(idle_s)
        await socket.close()

    async def heard(self, socket: VenueSocket, text: str) -> None:
        """Answer a request of the client."""
        try:
            asked = json.loads(text)
        except ValueError:
            asked = {}
        is_private = socket.path == PRIVATE_PATH
        match asked.get("op"):
            case "ping":
                socket.send(self._pong(socket, asked, is_private=is_private))
            case "subscribe" | "unsubscribe":
                self._subscribe(socket, asked, is_private=is_private)
            case "auth" if is_private:
                await self._authenticate(socket, asked)
            case _:
                socket.send(self._reply(socket, asked, fault="error:invalid op"))

    def _reply(self, socket: VenueSocket, asked: Reply, *, fault: str = "") -> Reply:
        reply = {"success": not fault, "ret_msg": fault, "conn_id": socket.state["conn_id"]}
        if "req_id" in asked:
            reply["req_id"] = asked["req_id"]
        return reply | {"op": asked.get("op", "")}

    def _pong(self, socket: VenueSocket, asked: Reply, *, is_private: bool) -> Reply:
        if is_private:
            pong = {"op": "pong", "args": [str(self._server_ms())], "conn_id": socket.state["conn_id"]}
            return ({"req_id": asked["req_id"]} if "req_id" in asked else {}) | pong
        return self._reply(socket, asked) | {"ret_msg": "pong"}

    async def _authenticate(self, socket: VenueSocket, asked: Reply) -> None:
        name, expires, sign = (*map(str, asked.get("args", [])), "", "", "")[:3]
        fault = (0, "")
        if name != self._gate.key.api_key:
            fault = (10003, "Invalid apikey")
        elif not expires.isdigit() or int(expires) <= self._server_ms():
            fault = (10002, "Request expired")
        elif sign != signature(self._gate.key.api_secret, f"GET/realtime{expires}"):
            fault = (10004, "Invalid sign")
        if not fault[0]:
            socket.state["is_authenticated"] = True
            socket.send(self._reply(socket, asked))
            return
        refusal = {"retCode": fault[0], "retMsg": fault[1], "connId": socket.state["conn_id"]}
        socket.send({"op": "auth", "success": False} | refusal)
        await socket.flush()
        await socket.close()

    # --- topics --------------------------------------------------------------------------------------------------

    def _subscribe(self, socket: VenueSocket, asked: Reply, *, is_private: bool) -> None:
        topics = [str(topic) for topic in asked.get("args", [])]
        fault = self._fault_of(socket, topics, is_subscribe=asked["op"] == "subscribe", is_private=is_private)
        if fault:
            socket.send(self._reply(socket, asked, fault=fault))
            return
        if asked["op"] == "unsubscribe":
            for topic in topics:
                socket.topics.pop(topic, None)
            socket.send(self._reply(socket, asked))
            return
        socket.topics.update(dict.fromkeys(topics))
        socket.send(self._reply(socket, asked))
        for topic in () if is_private else topics:
            self._public.send_first(socket, topic)

    def _fault_of(self, socket: VenueSocket, topics: list[str], *, is_subscribe: bool, is_private: bool) -> str:
        """Return why a whole request is refused, or an empty text."""
        if is_private and not socket.state.get("is_authenticated"):
            return "Request not authorized"
        most = self.levers.most_topics
        if most is not None and len(topics) > most:
            return f"args size >{most}"
        if is_subscribe and len(str([*socket.topics, *topics])) > self.levers.most_characters:
            return "error:args too long"
        for topic in topics:
            if not self._is_known(topic, is_private=is_private):
                return f"error:handler not found,topic:{topic}"
            if is_subscribe and topic in socket.topics:
                return f"error:already subscribed,topic:{topic}"
        return ""

    def _is_known(self, topic: str, *, is_private: bool) -> bool:
        if is_private:
            return topic in _OWN_TOPICS
        found = _PUBLIC_TOPIC.fullmatch(topic)
        if found is None or found[2] not in self._account.contracts:
            return False
        kind, _, interval = found[1].partition(".")
        return kind != "kline" or interval in INTERVALS_MS

    # --- the account's own news ----------------------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, PriceMoved):
            self._public.tell(self._sockets, fact)
        elif isinstance(fact, OrderChanged):
            self._tell_order(fact)
        elif isinstance(fact, PositionChanged):
            row = self._desk.row(fact.position, none="0") | {"category": "linear"}
            row["entryPrice"] = row.pop("avgPrice")
            self._publish("position", fact.position.symbol, row)
        elif isinstance(fact, BalanceChanged):
            if fact.cause == "funding":
                self._publish("execution", fact.symbol, self._records.executions[-1].row | {"category": "linear"})
            self._publish("wallet", fact.symbol, self._desk.wallet())

    def _tell_order(self, fact: OrderChanged) -> None:
        order = fact.order
        if fact.trade is not None:
            self._publish("execution", order.symbol, self._records.executions[-1].row | {"category": "linear"})
        is_stop = order.kind in {OrderKind.STOP, OrderKind.ATTACHED}
        if is_stop or order.status is not OrderStatus.NEW:
            row = order_row(order) | {"category": "linear", "feeCurrency": "USDT"}
            self._publish("order", order.symbol, row)

    def _publish(self, topic: str, symbol: str, row: Row) -> None:
        """Send news now, or when the effects of the order that made it are shown."""
        held_ms = self._lag.left_ms(symbol)
        if held_ms:
            self._start(self._publish_later(held_ms / 1_000, topic, row))
        else:
            self._send_own(topic, row)

    async def _publish_later(self, seconds: float, topic: str, row: Row) -> None:
        await self._faults.sleep(seconds)
        self._send_own(topic, row)

    def _send_own(self, topic: str, row: Row) -> None:
        for socket in self._sockets:
            for name in (topic, f"{topic}.linear"):
                if socket.path == PRIVATE_PATH and name in socket.topics:
                    socket.send(
                        {
                            "id": uuid_of(self._market.sequence),
                            "topic": name,
                            "creationTime": self._server_ms(),
                            "data": [row],
                        }
                    )
