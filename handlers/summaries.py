"""Where things stand, in a few words each, for the answers that show much at once; details belong to the commands."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from core.domain.delivery import Traffic
from core.domain.pauses import Pause
from core.domain.positions import Position
from handlers import labels, texts
from handlers.services import Services
from handlers.valuations import Total, add_up, value

LONGEST_ERROR = 80


def entries(pauses: Sequence[Pause], services: Services, *, is_unreleased: bool = False) -> str:
    """Return whether entries are taken, and what is held back; `is_unreleased`: nobody has let live ones begin."""
    if is_unreleased:
        return "held back: live trading is not released (/mode live)"
    if not pauses:
        return "running"
    return "paused: " + texts.listing((labels.scope(p.scope, services.exchanges) for p in pauses), limit=4)


def next_wave(services: Services, now: datetime) -> str:
    """Return which wave comes next, and how soon it is taken."""
    expected = services.next_wave_at()
    if expected is None:
        return "when its signals come"
    taken_at, wave_at = expected
    wait = f"taken in {texts.age(taken_at - now)}" if taken_at > now else "being taken"
    return f"{texts.time(wave_at, now)}, {wait}"


def open_positions(live: Sequence[Position], services: Services) -> str:
    """Return how many positions are open, and where."""
    counts = Counter(position.exchange for position in live)
    parts = [f"{labels.title_of(name, services.exchanges)} {number}" for name, number in sorted(counts.items())]
    if len(parts) > 1:
        return f"{len(live)} ({', '.join(parts)})"
    return " ".join([str(len(live)), *(labels.title_of(name, services.exchanges) for name in counts)])


def unrealised(live: Iterable[Position], services: Services) -> str:
    """Return what the open positions would make if they were closed now."""
    return total(add_up(value(position, services.prices, services.fee) for position in live))


def total(summed: Total) -> str:
    """Return money made, as a sum and as a return, and how much of it is not known."""
    text = texts.money(summed.pnl_quote)
    if summed.return_ratio is not None:
        text += f" ({texts.percent(summed.return_ratio)})"
    return f"{text}, {summed.unpriced} without a price" if summed.unpriced else text


def is_failing(traffic: Traffic) -> bool:
    """Return True for a destination that takes nothing now."""
    return traffic.is_lost or traffic.failing_since is not None


def delivery(traffic: Traffic, now: datetime) -> str:
    """Return how one destination of alerts fares: what is wrong, since when, and how much waits."""
    waiting = f"{texts.count(traffic.waiting, 'alert')} waiting" if traffic.waiting else "nothing waits"
    if not is_failing(traffic):
        return waiting
    since = f" since {texts.time(traffic.failing_since, now)}" if traffic.failing_since else ""
    error = f" ({texts.cut(traffic.error, LONGEST_ERROR)})" if traffic.error else ""
    return f"{'LOST' if traffic.is_lost else 'failing'}{since}{error}, {waiting}"


def deliveries(traffic: Iterable[Traffic], now: datetime) -> str:
    """Return how the destinations fare that fail or have alerts waiting, those that fail first."""
    told = sorted((each for each in traffic if each.waiting or is_failing(each)), key=_worst_first)
    if not told:
        return "nothing waits"
    return texts.listing((f"{each.destination}: {delivery(each, now)}" for each in told), limit=4)


def _worst_first(traffic: Traffic) -> tuple[bool, bool, str]:
    return not traffic.is_lost, not is_failing(traffic), str(traffic.destination)
