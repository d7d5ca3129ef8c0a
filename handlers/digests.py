"""Many alerts in one message: what was missed, muted or gathered; the words of each alert are its own renderer's."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from core.domain.delivery import Alert, Digest, FoldReason
from core.domain.events import Severity
from core.domain.market import ExchangeRef
from core.domain.replies import Button, Reply
from handlers import labels, texts

Render = Callable[[Alert], Reply]
"""Gives the words of one alert."""

TIMES, TO = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
MOST_ALERTS = 12
MOST_KINDS = 12
LONGEST_LINE = 120
_BEGINNINGS = {
    FoldReason.MISSED: "While this chat was away",
    FoldReason.QUIET: "During quiet hours",
    FoldReason.DIGEST: "Digest",
    FoldReason.MUTED: "While muted",
}
_MARKS = {Severity.WARNING: "WARNING ", Severity.CRITICAL: "CRITICAL "}


def digest_reply(digest: Digest, render: Render, exchanges: Sequence[ExchangeRef], now: datetime) -> Reply:
    """Return everything in `digest` as one document: how many of what, and the newest of the most severe by name."""
    if digest.reason is FoldReason.GROUP:
        return _repeats(digest, render, exchanges, now)
    alerts = sorted(digest.alerts, key=lambda alert: (alert.severity, alert.id), reverse=True)[:MOST_ALERTS]
    more = digest.count - len(alerts)
    lines = (
        f"{_span(digest, now)}: {_kinds(digest)}." if more > 0 else f"{_span(digest, now)}.",
        *_elsewhere(digest),
        *(_line(alert, render(alert), now) for alert in alerts),
        *((f"And {more:,} more.",) if more > 0 and alerts else ()),
    )
    return _reply(f"{_BEGINNINGS[digest.reason]}: {texts.count(digest.count, 'alert')}", lines)


def _repeats(digest: Digest, render: Render, exchanges: Sequence[ExchangeRef], now: datetime) -> Reply:
    """Return what all of the repeats say once, and whom it was about."""
    alerts = sorted(digest.alerts, key=lambda alert: alert.id, reverse=True)[:MOST_ALERTS]
    kind = next(iter(digest.kinds), "alert")
    title = f"{_words(kind)} {TIMES}{digest.count:,}"
    if digest.last_at - digest.first_at >= timedelta(seconds=1):
        title += f" in {texts.age(digest.last_at - digest.first_at)}"
    if len(where := {alert.event.exchange for alert in alerts} - {None}) == 1:
        title += f" · {labels.title_of(where.pop(), exchanges)}"
    return _reply(title, (*_repeated(digest, alerts, render, now), *_elsewhere(digest), f"{_span(digest, now)}."))


def _repeated(digest: Digest, alerts: Sequence[Alert], render: Render, now: datetime) -> Iterable[str]:
    """Return what repeats have in common; a line each when that is nothing."""
    replies = [render(alert) for alert in alerts]
    about = list(dict.fromkeys(name for alert in reversed(alerts) for name in _names(alert)))
    if len({reply.title for reply in replies}) == 1:
        return [texts.cut(line, LONGEST_LINE) for line in (replies[0].title, *replies[0].lines)]
    if about and len({reply.lines[:1] for reply in replies}) == 1:
        beyond = " …" if digest.count > len(alerts) else ""
        words = texts.cut("".join(replies[0].lines[:1]).rstrip("."), LONGEST_LINE)
        return [f"{words}: {texts.cut(', '.join(about) + beyond, LONGEST_LINE)}"]
    return [_line(alert, reply, now) for alert, reply in zip(alerts, replies, strict=True)]


def _reply(title: str, lines: Sequence[str]) -> Reply:
    button = Button(label="All alerts", command="/alerts")
    return Reply(title=title, lines=tuple(lines), footer="/alerts has all.", buttons=((button,),))


def _span(digest: Digest, now: datetime) -> str:
    first, last = texts.time(digest.first_at, now), texts.time(digest.last_at, now)
    return f"{first} UTC" if first == last else f"{first}{TO}{last} UTC"


def _kinds(digest: Digest) -> str:
    """Return how many of each kind there are, most first."""
    ordered = sorted(digest.kinds.items(), key=lambda item: (-item[1], item[0]))
    return texts.listing((f"{number:,} {TIMES} {_words(kind).lower()}" for kind, number in ordered), limit=MOST_KINDS)


def _elsewhere(digest: Digest) -> Iterable[str]:
    if not digest.elsewhere:
        return ()
    whole = "All " if digest.elsewhere == digest.count > 1 else ""
    verb = "was" if digest.elsewhere == 1 else "were"
    return (f"{whole}{digest.elsewhere:,} of them {verb} told elsewhere meanwhile.",)


def _line(alert: Alert, reply: Reply, now: datetime) -> str:
    """Return one alert in a line: when, how bad, what, and the number under which it is found."""
    begin = f"{texts.time(alert.created_at, now)} {_MARKS.get(alert.severity, '')}"
    return f"{begin}{texts.cut(reply.title, LONGEST_LINE - len(begin))} (alert {alert.id})"


def _names(alert: Alert) -> Iterable[str]:
    """Return the coins that an alert is about, if it is about any."""
    symbol = getattr(alert.event, "symbol", None)
    symbols = getattr(alert.event, "symbols", ()) if symbol is None else (symbol,)
    return [labels.base(each) for each in symbols]


def _words(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
