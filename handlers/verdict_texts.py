"""Verdicts in sentences, with the facts they rest on; looking verdicts up belongs to the commands.

Facts may be missing (older rows, a venue that could not tell): every verdict still makes a sentence.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from core.domain.market import ExchangeRef
from core.domain.orders import RefusalReason
from core.domain.pauses import EVERYTHING
from core.domain.signals import Side
from core.domain.verdicts import Verdict, VerdictRecord
from handlers import labels, texts
from handlers.verdict_facts import VerdictFacts

VERDICTS: Mapping[Verdict, str] = {
    Verdict.EXECUTED: "executed",
    Verdict.ORDER_REFUSED: "refused",
    Verdict.ORDER_UNKNOWN: "order unknown",
    Verdict.UNUSED_BUFFER: "not needed",
    Verdict.NOT_SELECTED: "ranked too low",
    Verdict.BELOW_SCORE: "below score",
    Verdict.DUPLICATE: "already held",
    Verdict.SAME_SYMBOL_IN_WAVE: "symbol twice",
    Verdict.UNKNOWN_SYMBOL: "unknown symbol",
    Verdict.NO_PRICE: "no price",
    Verdict.SPREAD_TOO_WIDE: "wide spread",
    Verdict.BELOW_MIN_NOTIONAL: "below minimum",
    Verdict.LOW_OPEN_INTEREST: "low OI",
    Verdict.LOW_VOLUME: "low volume",
    Verdict.OVERHEATED: "overheated",
    Verdict.STOP_LISTED: "stop-listed",
    Verdict.COOLDOWN: "cooling down",
    Verdict.REGIME: "market regime",
    Verdict.PAUSED: "paused",
    Verdict.VETOED: "vetoed",
    Verdict.MAX_POSITIONS: "too many open",
    Verdict.MAX_EXPOSURE: "max exposure",
    Verdict.INSUFFICIENT_FUNDS: "no funds",
    Verdict.STALE: "too old",
    Verdict.LATE: "too late",
    Verdict.INVALID: "unreadable",
    Verdict.NO_PARAMS: "no params",
}
"""Verdicts in at most 14 characters, for tables and counts."""


def sentence(record: VerdictRecord, side: Side | None, exchanges: Sequence[ExchangeRef], now: datetime) -> str:
    """Return what became of a signal and why, in a sentence; `side` is None when it could not be read."""
    name = f"{record.symbol or 'A signal'} {side.value}" if side else record.symbol or "A signal"
    origin = labels.title_of_id(record.exchange_id, exchanges)
    wave = f"wave {texts.time(record.wave_at, now)}, " if record.wave_at else ""
    return f"{name} ({wave}{origin}) {clause(record, side, exchanges, now)}"


def clause(record: VerdictRecord, side: Side | None, exchanges: Sequence[ExchangeRef], now: datetime) -> str:
    """Return what became of a signal and why, as the end of a sentence whose subject is its symbol."""
    told = VerdictFacts(record.facts, side, exchanges, now)
    return f"{_CLAUSES[record.verdict](told)}.{_noted(told)}"


def tally(records: Iterable[VerdictRecord]) -> list[tuple[Verdict, int]]:
    """Return how many signals ended with which verdict, most first, equals in the order of the verdicts."""
    counts = Counter(record.verdict for record in records)
    return sorted(counts.items(), key=lambda pair: (-pair[1], list(Verdict).index(pair[0])))


def counted(verdicts: Sequence[tuple[Verdict, int]]) -> str:
    """Return verdict counts in a line: 4 below score, 2 paused."""
    return texts.listing((f"{number} {VERDICTS[verdict]}" for verdict, number in verdicts), limit=8)


def _not(reason: str, *details: str | None) -> str:
    """Return "was not traded" with its reason, and those details that are known."""
    known = [detail for detail in details if detail]
    return f"was not traded: {reason}" + (f" ({', '.join(known)})" if known else "")


def _said(form: str, *values: str | None) -> str | None:
    """Return `form` filled with `values`, or None if one of them is missing."""
    return None if None in values else form.format(*values)


def _executed(told: VerdictFacts) -> str:
    verb = {Side.BUY: "was bought", Side.SELL: "was sold short", None: "was traded"}[told.side]
    deal = _said("{} at {}", told.plain("quantity"), told.price("price"))
    position = _said("position #{}", told.text("position_id"))
    return f"{verb}{f': {deal}' if deal else ''}{f' ({position})' if position else ''}"


def _order_refused(told: VerdictFacts) -> str:
    reason = told.text("reason")
    known = {refusal.value: words for refusal, words in labels.REFUSALS.items()}
    return _not(
        f"the order was refused, {known.get(reason or '', known[RefusalReason.OTHER.value])}", told.text("detail")
    )


def _order_unknown(told: VerdictFacts) -> str:
    order = _said("order {}", told.text("client_order_id"))
    known = [detail for detail in (order, told.text("detail")) if detail]
    shown = f" ({', '.join(known)})" if known else ""
    return f"was ordered, and it is not known yet what became of it{shown}; it is being looked up"


def _unused_buffer(told: VerdictFacts) -> str:
    return _not(
        "it was a reserve and the wave was full before its turn",
        _said("rank {}", told.text("rank")),
        _said("{} of {} opened", told.text("opened"), told.text("max_trades")),
    )


def _not_selected(told: VerdictFacts) -> str:
    rank = _said("it ranked {}", told.text("rank")) or "it ranked too low"
    taken = _said("only the best {} were looked at", told.text("taken"))
    limit = _said("max trades {} and {} in reserve", told.text("max_trades"), told.text("buffer"))
    shown = f" ({limit})" if limit else ""
    return _not(f"{rank}{f', and {taken}' if taken else ', behind those that were looked at'}{shown}")


def _below_score(told: VerdictFacts) -> str:
    scored = _said("scored {} + {}", told.score("score_week"), told.score("score_month"))
    week, month = told.plain("filter_week"), told.plain("filter_month")
    asks = (
        _said("the filter asks for {} and {}", week, month)
        or _said("the filter asks for {} of the week", week)
        or _said("the filter asks for {} of the month", month)
        or "its score is below the filter"
    )
    return f"was not traded: it {scored}; {asks}" if scored else _not(asks)


def _duplicate(told: VerdictFacts) -> str:
    position = _said("position #{} on it is open already", told.text("position_id"))
    return _not(position or "its symbol is held already, or an order on it is under way", told.text("cause"))


def _same_symbol(told: VerdictFacts) -> str:
    return _not("a better signal of this wave has the same symbol", _said("signal {}", told.text("other")))


def _no_price(told: VerdictFacts) -> str:
    age = _said("the last one is {} s old", told.plain("age_s"))
    return _not("there was no fresh price", age)


def _spread(told: VerdictFacts) -> str:
    figures = _said("the spread was {}; at most {} is allowed", told.percents("spread_pct"), told.percents("limit_pct"))
    return _not(figures or "the spread was too wide")


def _below_minimum(told: VerdictFacts) -> str:
    notional = _said("{} is below {}", told.size("size_quote"), told.size("min_notional_quote"))
    quantity = _said("{} coins, at least {}", told.plain("quantity"), told.plain("min_quantity"))
    return _not("the size is below the venue's minimum", notional, quantity)


def _open_interest(told: VerdictFacts) -> str:
    figures = _said(
        "open interest was {}; at least {} is asked", told.size("open_interest_quote"), told.size("limit_quote")
    )
    return _not(figures or "open interest was too low")


def _volume(told: VerdictFacts) -> str:
    figures = _said(
        "the last hour traded {}; at least {} is asked", told.size("volume_1h_quote"), told.size("limit_quote")
    )
    return _not(figures or "too little was traded in the last hour")


def _overheated(told: VerdictFacts) -> str:
    figures = _said("it had moved {} in 5 minutes; at most {}", told.move("change_5m_pct"), told.percents("limit_pct"))
    return _not(figures or "it had moved too far in the last 5 minutes")


def _paused(told: VerdictFacts) -> str:
    scope = told.text("scope")
    if scope == "mode":
        return _not(told.text("reason") or "live trading was not released")
    entries = "entries" if scope in {None, EVERYTHING} else f"entries of {labels.scope(scope or '', told.exchanges)}"
    author = told.text("author")
    by = f" by {labels.author(author)}" if author else ""
    since, until = told.time("since"), told.time("until")
    times = (f" since {since}" if since else "") + (f" until {until}" if until else "")
    return _not(f"{entries} were paused{by}{times}", told.text("reason"))


def _max_positions(told: VerdictFacts) -> str:
    figures = _said("{} positions were open; the limit is {}", told.text("open"), told.text("limit"))
    return _not(figures or "the limit of open positions was reached")


def _max_exposure(told: VerdictFacts) -> str:
    figures = _said("{} were at work; the limit is {}", told.size("exposure_quote"), told.size("limit_quote"))
    return _not(figures or "the limit of money at work was reached")


def _stale(told: VerdictFacts) -> str:
    causes = {"interrupted": "its wave was interrupted", "never_taken": "its wave was never taken"}
    cause = told.text("cause")
    age, limit = told.plain("age_min"), told.plain("limit_min")
    if cause:
        return _not(causes.get(cause, cause.replace("_", " ")), _said("{} min old", age))
    return _not(_said("it was {} min old; at most {} is allowed", age, limit) or "it was too old")


def _no_params(told: VerdictFacts) -> str:
    return _not(told.text("cause") or "no params are known for its exchange")


def _late(told: VerdictFacts) -> str:
    return _not("it arrived after its wave was taken", _said("at {}", told.time("claimed_at")))


def _stop_listed(told: VerdictFacts) -> str:
    author = told.text("author")
    if not author:
        return _not("the configuration has it on its stop list")
    until = told.time("until")
    listed = f"{labels.author(author)} put it on the stop list{f' until {until}' if until else ''}"
    return _not(listed, told.text("reason"))


def _vetoed(told: VerdictFacts) -> str:
    cause = told.text("cause")
    if cause:
        return _not(f"its wave waited for a person's word, and {cause}")
    author = told.text("author")
    who = labels.author(author) if author else "a person"
    return _not(f"{who} vetoed {'what was left of its wave' if told.text('via') == 'wave' else 'it'}")


def _simple(reason: str, *keys: str) -> Callable[[VerdictFacts], str]:
    """Return a clause with one reason, and whatever texts are known under `keys`."""
    return lambda told: _not(reason, *(told.text(key) for key in keys))


def _noted(told: VerdictFacts) -> str:
    checks = told.text("noted")
    return f" Not checked, for want of data: {checks.replace('_', ' ')}." if checks else ""


_CLAUSES: Mapping[Verdict, Callable[[VerdictFacts], str]] = {
    Verdict.EXECUTED: _executed,
    Verdict.ORDER_REFUSED: _order_refused,
    Verdict.ORDER_UNKNOWN: _order_unknown,
    Verdict.UNUSED_BUFFER: _unused_buffer,
    Verdict.NOT_SELECTED: _not_selected,
    Verdict.BELOW_SCORE: _below_score,
    Verdict.DUPLICATE: _duplicate,
    Verdict.SAME_SYMBOL_IN_WAVE: _same_symbol,
    Verdict.UNKNOWN_SYMBOL: _simple("the venue does not list this symbol", "cause"),
    Verdict.NO_PRICE: _no_price,
    Verdict.SPREAD_TOO_WIDE: _spread,
    Verdict.BELOW_MIN_NOTIONAL: _below_minimum,
    Verdict.LOW_OPEN_INTEREST: _open_interest,
    Verdict.LOW_VOLUME: _volume,
    Verdict.OVERHEATED: _overheated,
    Verdict.STOP_LISTED: _stop_listed,
    Verdict.COOLDOWN: _simple("it cools down after its last stops", "reason", "until"),
    Verdict.REGIME: _simple("the market regime allows no entries", "regime", "reason"),
    Verdict.PAUSED: _paused,
    Verdict.VETOED: _vetoed,
    Verdict.MAX_POSITIONS: _max_positions,
    Verdict.MAX_EXPOSURE: _max_exposure,
    Verdict.INSUFFICIENT_FUNDS: _simple("there was not enough money for it", "detail", "cause"),
    Verdict.STALE: _stale,
    Verdict.LATE: _late,
    Verdict.INVALID: _simple("it could not be read", "problem"),
    Verdict.NO_PARAMS: _no_params,
}
