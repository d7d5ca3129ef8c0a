"""How much the Bot API server lets a bot send before it says 429. What is sent is kept elsewhere."""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.telegram_refusal import Refusal

COUNTED = {"sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageReplyMarkup"}
TOLERANCE_S = 0.25
"""Windows are so much shorter than their names: calls do not arrive in quite the intervals in which they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A call above a limit, such as `20 in 60 s`."""

    at_s: float
    method: str
    chat: str
    limit: str


class TelegramLimits:
    """30 messages a second in all, one a second and chat, 20 a minute and group; refused calls do not count.

    The real server lets short bursts to one chat through; here they are refused like everything above the limits.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.violations: list[Violation] = []
        self._now_s = now_s
        self._times: dict[tuple[str, float], deque[float]] = defaultdict(deque)

    def check(self, method: str, params: Mapping[str, Any]) -> None:
        """Count a call.

        Raises:
            Refusal: it is one too many.
        """
        if method not in COUNTED:
            return
        chat, now_s = str(params.get("chat_id", "")), self._now_s()
        windows = list(_windows(chat))
        for key, most, window_s in windows:
            times = self._times[key, window_s]
            while times and now_s - times[0] >= window_s - TOLERANCE_S:
                times.popleft()
            if len(times) >= most:
                self.violations.append(
                    Violation(at_s=now_s, method=method, chat=chat, limit=f"{most} in {window_s:.0f} s")
                )
                wait_s = max(1, math.ceil(times[-most] + window_s - now_s))
                raise Refusal(429, f"Too Many Requests: retry after {wait_s}", {"retry_after": wait_s})
        for key, _, window_s in windows:
            self._times[key, window_s].append(now_s)


def _windows(chat: str) -> Iterator[tuple[str, int, float]]:
    yield "", 30, 1.0
    yield chat, 1, 1.0
    if chat.startswith(("-", "@")):
        yield chat, 20, 60.0
