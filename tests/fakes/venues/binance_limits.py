"""Binance's limits on requests: weight an address and minute, orders an account; more is refused, then banned."""

from tests.fakes.venues.binance_answers import refusal
from tests.fakes.venues.binance_routes import Route, Security
from tests.fakes.venues.wire import Answer, Request, SlidingCount

_ADVICE = "Please use the websocket for live updates to"


class BinanceLimits:
    """Counts and refuses.

    Attributes:
        weight_limit: A minute; 0: none.
        order_limit: Orders in ten seconds.
        strikes: How many requests in spite of 429 turn it into a ban (418).
        most_used: The greatest weight there ever was within a minute.
    """

    def __init__(self) -> None:
        self.weight_limit = 2400
        self.order_limit = 300
        self.strikes = 5
        self.ban_ms = 120_000
        self.most_used = 0
        self._weights = SlidingCount(60_000)
        self._orders = SlidingCount(10_000)
        self._orders_a_minute = SlidingCount(60_000)
        self._limited_until_ms = 0
        self._banned_until_ms = 0
        self._struck = 0

    def limit_for(self, wait_ms: int, now_ms: int) -> None:
        """Refuse everything with 429 for a time."""
        self._limited_until_ms, self._struck = now_ms + wait_ms, 0

    def ban_for(self, wait_ms: int, now_ms: int) -> None:
        """Refuse everything with 418 for a time."""
        self._banned_until_ms = now_ms + wait_ms

    def check(self, request: Request, route: Route, now_ms: int) -> Answer | None:
        """Count the request; return the refusal if it is one too many."""
        if now_ms < self._banned_until_ms:
            return self._banned(now_ms)
        if now_ms < self._limited_until_ms:
            self._struck += 1
            if self._struck > self.strikes:
                self.ban_for(self.ban_ms, now_ms)
                return self._banned(now_ms)
            return self._limited(now_ms)
        used = self._weights.add(route.weighs(request), now_ms)
        self.most_used = max(self.most_used, used)
        if self.weight_limit and used > self.weight_limit:
            self.limit_for(60_000, now_ms)
            return self._limited(now_ms)
        if route.security is Security.TRADE:
            self._orders_a_minute.add(1, now_ms)
            if self._orders.add(1, now_ms) > self.order_limit:
                text = f"Too many new orders; current limit is {self.order_limit} orders per TEN_SECONDS."
                return refusal(-1015, text, 429)
        return None

    def headers(self, route: Route | None, now_ms: int) -> dict[str, str]:
        """Return the counts that go with every answer."""
        headers = {"X-MBX-USED-WEIGHT-1M": str(self._weights.used(now_ms))}
        if route is not None and route.security is Security.TRADE:
            headers["X-MBX-ORDER-COUNT-10S"] = str(self._orders.used(now_ms))
            headers["X-MBX-ORDER-COUNT-1M"] = str(self._orders_a_minute.used(now_ms))
        return headers

    def _limited(self, now_ms: int) -> Answer:
        text = (
            f"Too many requests; current limit of IP(127.0.0.1) is {self.weight_limit} requests per minute. "
            f"{_ADVICE} avoid polling the API."
        )
        return _wait(refusal(-1003, text, 429), self._limited_until_ms - now_ms)

    def _banned(self, now_ms: int) -> Answer:
        until = self._banned_until_ms
        text = f"Way too many requests; IP(127.0.0.1) banned until {until}. {_ADVICE} avoid bans."
        return _wait(refusal(-1003, text, 418), until - now_ms)


def _wait(answer: Answer, wait_ms: int) -> Answer:
    seconds = str(max(-(-wait_ms // 1000), 0))
    return Answer(status=answer.status, body=answer.body, headers={"Retry-After": seconds})
