"""What a test may do to a venue's server: wrong, late, lost and missing answers; clocks, limits and sockets."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center>502 Bad Gateway</center></body>\r\n</html>\r\n"
)
GATEWAY_TIMEOUT = BAD_GATEWAY.replace("502 Bad Gateway", "504 Gateway Time-out")


class End(StrEnum):
    """How the caller experiences a fault: an ANSWER of the test's, the connection DROPped, or nothing at all (HANG)."""

    ANSWER = "answer"
    DROP = "drop"
    HANG = "hang"
    TRUE = "true"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One lever; applies to the next `times` requests that fit (None: to all until `clear`).

    Attributes:
        method, path: Shell patterns, such as POST and /fapi/v1/*rder.
        params: Only requests that have all these parameters with these values.
        until_ms: Server time at which it ends by itself.
        is_taken: The request has its effect all the same; only its answer is replaced.
        delay_s: Waited before anything is done, `late_s` after the effect and before the answer.
    """

    method: str = "*"
    path: str = "*"
    params: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    until_ms: int | None = None
    end: End = End.ANSWER
    status: int = 502
    body: object = BAD_GATEWAY
    headers: Mapping[str, str] = field(default_factory=dict)
    is_taken: bool = False
    delay_s: float = 0
    late_s: float = 0
    used: int = 0

    def fits(self, method: str, path: str, params: Mapping[str, str], now_ms: int) -> bool:
        """True if it applies to such a request now."""
        if self.until_ms is not None and now_ms >= self.until_ms:
            return False
        if self.times is not None and self.used >= self.times:
            return False
        named = all(params.get(name) == value for name, value in self.params.items())
        return named and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Faults:
    """The levers of one server; the first that fits a request is applied to it.

    Attributes:
        clock_drift_ms: The server's clock is ahead of the test's by this.
        is_black_hole: Every request and connection is taken and never answered.
        are_sockets_refused: New WebSocket connections get HTTP 503.
        are_sockets_silent: Sockets stay connected, but nothing is sent on them, not even pongs.
        sleep: How delays are waited for.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self.sleep = sleep
        self.clock_drift_ms = 0
        self.is_black_hole = False
        self.are_sockets_refused = False
        self.are_sockets_silent = False
        self.listed: list[Fault] = []
        self._released = asyncio.Event()

    def add(self, fault: Fault) -> Fault:
        """Put a lever on; returned so that a test can see how often it was used."""
        self.listed.append(fault)
        return fault

    def answer(
        self,
        path: str,
        status: int,
        body: object,
        *,
        method: str = "*",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
    ) -> Fault:
        """Answer with this instead of acting; `body` is text or something for JSON."""
        return self.add(
            Fault(
                method=method,
                path=path,
                status=status,
                body=body,
                params=params or {},
                headers=headers or {},
                times=times,
            )
        )

    def lose(
        self,
        path: str,
        *,
        method: str = "POST",
        end: End = End.DROP,
        status: int = 502,
        body: object = BAD_GATEWAY,
        times: int | None = 1,
    ) -> Fault:
        """Act, and then lose the answer: drop the connection, hang, or answer something else."""
        return self.add(Fault(method=method, path=path, end=end, status=status, body=body, times=times, is_taken=True))

    def drop(self, path: str, *, method: str = "*", times: int | None = 1) -> Fault:
        """Cut the connection before anything is done."""
        return self.add(Fault(method=method, path=path, end=End.DROP, times=times))

    def hang(self, path: str, *, method: str = "*", times: int | None = 1, is_taken: bool = False) -> Fault:
        """Never answer (until `release`, or the end of the server)."""
        return self.add(Fault(method=method, path=path, end=End.HANG, times=times, is_taken=is_taken))

    def delay(self, path: str, seconds: float, *, method: str = "*", times: int | None = 1) -> Fault:
        """Wait before acting; the answer is the true one."""
        return self.add(Fault(method=method, path=path, end=End.TRUE, delay_s=seconds, times=times))

    def answer_late(self, path: str, seconds: float, *, method: str = "*", times: int | None = 1) -> Fault:
        """Act at once, and give the true answer late."""
        return self.add(Fault(method=method, path=path, end=End.TRUE, late_s=seconds, times=times))

    def find(self, method: str, path: str, params: Mapping[str, str], now_ms: int) -> Fault | None:
        """Return the lever for this request and count its use."""
        if self.is_black_hole:
            return Fault(end=End.HANG, times=None)
        for fault in self.listed:
            if fault.fits(method, path, params, now_ms):
                fault.used += 1
                return fault
        return None

    async def hold(self) -> None:
        """Wait as a hung request does."""
        await self._released.wait()

    def release(self) -> None:
        """Cut the connections of all hung requests."""
        self._released.set()
        self._released = asyncio.Event()

    def clear(self) -> None:
        """Take all levers off and release what hangs."""
        self.listed.clear()
        self.clock_drift_ms = 0
        self.is_black_hole = self.are_sockets_refused = self.are_sockets_silent = False
        self.release()
