"""What a candidate must meet before money is put in: each check says yes, or no with its facts; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.market import Instrument, MarketFacts
from core.domain.money import Price, Quantity, percent_of_ratio
from core.domain.pauses import Pause
from core.domain.people import StopListing
from core.domain.settings import TradingSettings, ValidationSettings
from core.domain.signals import Facts, Side, Signal
from core.domain.verdicts import Verdict
from core.trading.sizing import size_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A signal with everything that its checks look at.

    Attributes:
        instrument: None: the venue has no such contract.
        price: The reference price of the entry; None: there is none that is fresh.
        price_age_s: Age of the last price seen, whole seconds; None: none was ever seen.
        held_by: Id of the live position on this symbol and exchange, None if there is none.
        open_count, exposure_quote: Live positions of all exchanges.
        pause: A pause of this symbol in force.
        listing: Its place on the stop list that people keep.
    """

    signal: Signal
    instrument: Instrument | None
    market: MarketFacts
    price: Price | None
    price_age_s: int | None
    held_by: int | None
    open_count: int
    exposure_quote: Decimal
    pause: Pause | None = None
    listing: StopListing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A candidate that may be traded, with its size; `noted` names checks passed for want of data."""

    signal: Signal
    instrument: Instrument
    quantity: Quantity
    noted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A check's no."""

    verdict: Verdict
    facts: Facts


Check = Callable[[Candidate, ValidationSettings, TradingSettings], Refusal | None]


def validate(candidate: Candidate, validation: ValidationSettings, trading: TradingSettings) -> Approval | Refusal:
    """Ask every check in order; the first no is the verdict."""
    for check in CHECKS:
        refusal = check(candidate, validation, trading)
        if refusal is not None:
            return refusal
    return _sized(candidate, trading)


def pause_facts(pause: Pause) -> Facts:
    """Return the facts of a `paused` verdict."""
    return {
        "scope": pause.scope,
        "author": pause.author,
        "reason": pause.reason,
        "since": pause.created_at.isoformat(),
        "until": None if pause.until_at is None else pause.until_at.isoformat(),
    }


def _paused(candidate: Candidate, _: ValidationSettings, __: TradingSettings) -> Refusal | None:
    if candidate.pause is None:
        return None
    return Refusal(verdict=Verdict.PAUSED, facts=pause_facts(candidate.pause))


def _stop_listed(candidate: Candidate, validation: ValidationSettings, _: TradingSettings) -> Refusal | None:
    if (listing := candidate.listing) is not None:
        until = None if listing.until_at is None else listing.until_at.isoformat()
        facts: Facts = {"reason": listing.reason, "author": listing.author, "until": until}
        return Refusal(verdict=Verdict.STOP_LISTED, facts=facts)
    if candidate.signal.symbol not in validation.stop_list:
        return None
    return Refusal(verdict=Verdict.STOP_LISTED, facts={})


def _duplicate(candidate: Candidate, _: ValidationSettings, __: TradingSettings) -> Refusal | None:
    if candidate.held_by is None:
        return None
    return Refusal(verdict=Verdict.DUPLICATE, facts={"position_id": candidate.held_by})


def _unknown_symbol(candidate: Candidate, _: ValidationSettings, __: TradingSettings) -> Refusal | None:
    if candidate.instrument is None:
        return Refusal(verdict=Verdict.UNKNOWN_SYMBOL, facts={})
    if not candidate.instrument.is_trading:
        return Refusal(verdict=Verdict.UNKNOWN_SYMBOL, facts={"cause": "not trading"})
    return None


def _no_price(candidate: Candidate, _: ValidationSettings, __: TradingSettings) -> Refusal | None:
    if candidate.price is not None:
        return None
    return Refusal(verdict=Verdict.NO_PRICE, facts={"age_s": candidate.price_age_s})


def _spread(candidate: Candidate, validation: ValidationSettings, _: TradingSettings) -> Refusal | None:
    spread = candidate.market.spread_ratio
    if spread is None or spread <= validation.max_spread:
        return None
    return Refusal(
        verdict=Verdict.SPREAD_TOO_WIDE, facts={"spread_pct": _pct(spread), "limit_pct": _pct(validation.max_spread)}
    )


def _open_interest(candidate: Candidate, validation: ValidationSettings, _: TradingSettings) -> Refusal | None:
    interest = candidate.market.open_interest_quote
    if interest is None or interest >= validation.min_open_interest_quote:
        return None
    facts = {"open_interest_quote": str(interest), "limit_quote": str(validation.min_open_interest_quote)}
    return Refusal(verdict=Verdict.LOW_OPEN_INTEREST, facts=facts)


def _volume(candidate: Candidate, validation: ValidationSettings, _: TradingSettings) -> Refusal | None:
    volume = candidate.market.volume_1h_quote
    if volume is None or volume >= validation.min_volume_1h_quote:
        return None
    facts = {"volume_1h_quote": str(volume), "limit_quote": str(validation.min_volume_1h_quote)}
    return Refusal(verdict=Verdict.LOW_VOLUME, facts=facts)


def _overheated(candidate: Candidate, validation: ValidationSettings, _: TradingSettings) -> Refusal | None:
    change = candidate.market.change_5m_ratio
    if change is None:
        return None
    if (change if candidate.signal.side is Side.BUY else -change) <= validation.max_move_5m:
        return None
    return Refusal(
        verdict=Verdict.OVERHEATED, facts={"change_5m_pct": _pct(change), "limit_pct": _pct(validation.max_move_5m)}
    )


def _min_notional(candidate: Candidate, _: ValidationSettings, trading: TradingSettings) -> Refusal | None:
    if candidate.instrument is None or candidate.price is None or trading.size_quote is None:
        return None
    size = size_entry(trading.size_quote, candidate.price, candidate.instrument)
    if size.is_tradable:
        return None
    return Refusal(
        verdict=Verdict.BELOW_MIN_NOTIONAL,
        facts={
            "size_quote": str(trading.size_quote),
            "min_notional_quote": str(candidate.instrument.min_notional),
            "quantity": str(size.quantity),
            "min_quantity": str(candidate.instrument.min_quantity),
        },
    )


def _max_positions(candidate: Candidate, _: ValidationSettings, trading: TradingSettings) -> Refusal | None:
    if candidate.open_count < trading.max_positions:
        return None
    facts = {"open": candidate.open_count, "limit": trading.max_positions}
    return Refusal(verdict=Verdict.MAX_POSITIONS, facts=facts)


def _max_exposure(candidate: Candidate, _: ValidationSettings, trading: TradingSettings) -> Refusal | None:
    limit = trading.max_exposure_quote
    if limit is None or candidate.exposure_quote + (trading.size_quote or 0) <= limit:
        return None
    facts = {"exposure_quote": str(candidate.exposure_quote), "limit_quote": str(limit)}
    return Refusal(verdict=Verdict.MAX_EXPOSURE, facts=facts)


CHECKS: Sequence[Check] = (
    _paused,
    _stop_listed,
    _duplicate,
    _unknown_symbol,
    _no_price,
    _spread,
    _open_interest,
    _volume,
    _overheated,
    _min_notional,
    _max_positions,
    _max_exposure,
)


def _sized(candidate: Candidate, trading: TradingSettings) -> Approval | Refusal:
    if candidate.instrument is None or candidate.price is None or trading.size_quote is None:
        return Refusal(verdict=Verdict.NO_PARAMS, facts={"cause": "trading.size_quote is not set"})
    size = size_entry(trading.size_quote, candidate.price, candidate.instrument)
    market = candidate.market
    missing = [
        name
        for name, value in (
            ("spread", market.spread_ratio),
            ("open interest", market.open_interest_quote),
            ("volume", market.volume_1h_quote),
            ("5-minute move", market.change_5m_ratio),
        )
        if value is None
    ]
    return Approval(
        signal=candidate.signal,
        instrument=candidate.instrument,
        quantity=size.quantity,
        noted=", ".join(missing),
    )


def _pct(ratio: Decimal) -> str:
    return format(percent_of_ratio(ratio).normalize(), "f")
