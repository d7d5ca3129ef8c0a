"""How many messages Slack takes for one channel before it says 429; what is in them is kept elsewhere."""

import math
from collections.abc import Callable
from dataclasses import dataclass

PACE_S = 1.0
BURST = 4
TOLERANCE_S = 0.25
"""Calls do not arrive in quite the intervals in which they were made."""

COUNTED = {"chat.postMessage", "chat.postEphemeral", "chat.update"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A call above the limit."""

    at_s: float
    method: str
    channel: str


class SlackLimits:
    """One message a second and channel, four at once when it was quiet before; refused calls do not count.

    Slack documents the one a second, and short bursts above it without saying how long; four is what we count on.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.violations: list[Violation] = []
        self._now_s = now_s
        self._free_at_s: dict[str, float] = {}

    def check(self, method: str, channel: str) -> int:
        """Count a call; returns how many seconds Slack asks to wait, 0 if it takes it."""
        if method not in COUNTED:
            return 0
        now_s = self._now_s()
        free_at_s = max(self._free_at_s.get(channel, now_s), now_s)
        ahead_s = free_at_s - now_s - (BURST - 1) * PACE_S
        if ahead_s > TOLERANCE_S:
            self.violations.append(Violation(at_s=now_s, method=method, channel=channel))
            return max(1, math.ceil(ahead_s))
        self._free_at_s[channel] = free_at_s + PACE_S
        return 0
