"""When Slack takes the next message of a channel: its documented limits, met beforehand and obeyed when answered."""

from datetime import datetime, timedelta

from core.ports.edges import Clock

# Slack allows one message a second and channel, and short bursts above that; edits draw on the same budget here.
PACE = timedelta(seconds=1)
BURST = 4

_ANSWERS = (BURST - 1) * PACE
# One place is left over: an answer that a person waits for finds it however many alerts there are.
_ALERTS = (BURST - 2) * PACE
_MOST_CHANNELS = 500
_LONGEST_TURN = timedelta(seconds=60)


class Pacing:
    """One budget a channel, for alerts, edits and answers alike; and what Slack asked each method to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: dict[str, datetime] = {}
        self._held_until: dict[str, datetime] = {}
        self._rooms: dict[str, str] = {}

    def ready_at(self, channel: str) -> datetime | None:
        """Return when an alert for `channel` may go; None: now."""
        now = self._clock.now()
        free_at = self._free_at.get(self._rooms.get(channel, channel), now) - _ALERTS
        at = max([free_at, *self._held_until.values()])
        return at if at > now else None

    async def turn(self, channel: str) -> None:
        """Count a message and wait until it may go, within reason: after a minute Slack is asked again."""
        await self._clock.sleep_until(min(self._take(channel), self._clock.now() + _LONGEST_TURN))

    def hold(self, method: str, wait: timedelta) -> None:
        """Note that Slack asked to wait with `method`."""
        until_at = self._clock.now() + wait
        self._held_until[method] = max(self._held_until.get(method, until_at), until_at)

    def join(self, person_id: str, channel: str) -> None:
        """Note that writing to that person is writing to `channel`, their private chat."""
        if self._rooms.get(person_id) == channel:
            return
        if len(self._rooms) > _MOST_CHANNELS:
            self._rooms.clear()
        self._rooms[person_id] = channel
        now = self._clock.now()
        ahead = self._free_at.pop(person_id, now) - now
        if ahead > timedelta(0):
            # Both wrote to the same chat without knowing: what each of them took counts.
            self._free_at[channel] = max(self._free_at.get(channel, now), now) + ahead

    def _take(self, channel: str) -> datetime:
        now = self._clock.now()
        if len(self._free_at) > _MOST_CHANNELS:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
        room = self._rooms.get(channel, channel)
        turn_at = max(self._free_at.get(room, now), now)
        self._free_at[room] = turn_at + PACE
        return max([turn_at - _ANSWERS, *self._held_until.values()])
