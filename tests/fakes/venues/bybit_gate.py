"""Who may ask Bybit what, and how often: signatures, clocks, keys, permissions, limits; answers to it are elsewhere."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.fakes.venues.bybit_answers import BybitSaysNo, envelope
from tests.fakes.venues.wire import Answer, Request, SlidingCount

SECOND_MS = 1_000
IP_WINDOW_MS = 5_000
BANNED = "<html><head><title>403 Forbidden</title></head><body>access too frequent</body></html>"


def _limits() -> dict[str, int]:
    return {
        "/v5/order/create": 20,
        "/v5/order/amend": 10,
        "/v5/order/cancel": 20,
        "/v5/order/realtime": 50,
        "/v5/order/history": 50,
        "/v5/execution/list": 50,
        "/v5/position/list": 50,
        "/v5/position/trading-stop": 10,
        "/v5/position/set-leverage": 10,
        "/v5/account/wallet-balance": 50,
    }


@dataclass(slots=True, kw_only=True)
class Key:
    """An API key; a test may take away what it may do."""

    api_key: str = "bybit" * 4
    api_secret: str = "s" * 36
    is_read_only: bool = False
    can_trade: bool = True
    can_withdraw: bool = False
    is_expired: bool = False
    is_address_bound: bool = False


@dataclass(slots=True, kw_only=True)
class Limits:
    """How often may be asked; a second of the test's time for each path, five for the address.

    Attributes:
        ban_ms: How long an address that asked too often gets HTTP 403.
    """

    is_enforced: bool = True
    a_second: dict[str, int] = field(default_factory=_limits)
    of_address: int = 600
    ban_ms: int = 600_000


def signature(secret: str, text: str) -> str:
    """Return what proves that the holder of `secret` wrote `text`."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class BybitGate:
    """Lets requests through or refuses them."""

    def __init__(self, key: Key, limits: Limits, *, now_ms: Callable[[], int], server_ms: Callable[[], int]) -> None:
        self.key = key
        self.limits = limits
        self.banned_until_ms = 0
        self.limited_until_ms = 0
        self._now_ms = now_ms
        self._server_ms = server_ms
        self._counts: dict[str, SlidingCount] = {}
        self._of_address = SlidingCount(IP_WINDOW_MS)

    # --- how often -----------------------------------------------------------------------------------------------

    def count(self, request: Request) -> Answer | None:
        """Count a request; returns the refusal if it is one too many."""
        now = self._now_ms()
        used = self._counts.setdefault(request.path, SlidingCount(SECOND_MS)).add(1, now)
        of_address = self._of_address.add(1, now)
        if self.limits.is_enforced and of_address > self.limits.of_address and now >= self.banned_until_ms:
            self.banned_until_ms = now + self.limits.ban_ms
        if now < self.banned_until_ms:
            return Answer(status=403, body=BANNED)
        is_too_many = self.limits.is_enforced and used > self.limits.a_second.get(request.path, 1_000)
        if is_too_many or now < self.limited_until_ms:
            text = "Too many visits. Exceeded the API Rate Limit."
            return Answer(body=envelope({}, self._server_ms(), code=10006, text=text))
        return None

    def headers(self, request: Request) -> dict[str, str]:
        """Return what every private answer tells about the limit of its path."""
        limit = self.limits.a_second.get(request.path)
        if limit is None:
            return {}
        now = self._now_ms()
        used = self._counts[request.path].used(now) if request.path in self._counts else 0
        free_at = max(self._server_ms() + (SECOND_MS if used > limit else 0), self.limited_until_ms)
        if now < self.limited_until_ms:
            used = limit
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(max(limit - used, 0)),
            "X-Bapi-Limit-Reset-Timestamp": str(free_at),
        }

    # --- who -----------------------------------------------------------------------------------------------------

    def check(self, request: Request) -> None:
        """Refuse a private request that is not signed by our key, now, with the right to do it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self._check_key(headers)
        self._check_time(headers)
        self._check_signature(request, headers)
        is_order = request.method == "POST"
        if is_order and (self.key.is_read_only or not self.key.can_trade):
            raise BybitSaysNo(10005, "Permission denied, please check your API key permissions.")

    def _check_key(self, headers: Mapping[str, str]) -> None:
        if headers.get("x-bapi-api-key") != self.key.api_key:
            raise BybitSaysNo(10003, "API key is invalid.")
        if self.key.is_expired:
            raise BybitSaysNo(33004, "Your api key has expired.")
        if self.key.is_address_bound:
            raise BybitSaysNo(10010, "Unmatched IP, please check your API key's bound IP addresses.")

    def _check_time(self, headers: Mapping[str, str]) -> None:
        at, window, now = (
            int(headers.get("x-bapi-timestamp") or 0),
            int(headers.get("x-bapi-recv-window") or 5_000),
            self._server_ms(),
        )
        if not now - window <= at < now + SECOND_MS:
            raise BybitSaysNo(
                10002,
                "invalid request, please check your server timestamp or recv_window param. "
                f"req_timestamp[{at}],server_timestamp[{now}],recv_window[{window}]",
            )

    def _check_signature(self, request: Request, headers: Mapping[str, str]) -> None:
        payload = request.body if request.method == "POST" else request.query
        start = headers["x-bapi-timestamp"] + self.key.api_key + headers.get("x-bapi-recv-window", "")
        right = signature(self.key.api_secret, start + payload)
        if not hmac.compare_digest(right, headers.get("x-bapi-sign", "")):
            raise BybitSaysNo(10004, f"error sign! origin_string[{start}{payload}]")
