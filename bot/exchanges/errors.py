"""What a venue's error means to us. The codes are data of each venue; waiting and retrying belong to `client`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.exchanges.unanswered import why_unanswered
from core.domain.errors import WavehelmError
from core.domain.orders import RefusalReason

LONGEST_DETAIL = 300
_LONGEST_WAIT = timedelta(days=3)
_MOMENT = re.compile(r"\buntil (\d{13})\b")
"""How Binance says how long a ban lasts."""


class TroubleKind(StrEnum):
    """What is to be done about it.

    `REFUSED`: nothing was executed. `ALREADY_SO`: nothing had to be done. `POSITION_GONE`: there is no position to act
    on, or none of that size: read it again. `CLOSE_NOW`: the price is beyond the stop. `BACK_OFF`: not executed;
    nothing is to be sent for `wait`. `UNKNOWN`: whether it was executed must be looked up. `MISCONFIGURED`: not
    executed; a person must mend something.
    """

    REFUSED = "refused"
    ALREADY_SO = "already_so"
    POSITION_GONE = "position_gone"
    CLOSE_NOW = "close_now"
    BACK_OFF = "back_off"
    UNKNOWN = "unknown"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTrouble:
    """An error of a venue, translated.

    Attributes:
        reason: Set for every kind but ALREADY_SO and UNKNOWN.
        detail: What to mend, if a person must, and the venue's own sentence; without keys, signatures and addresses.
        code: The venue's code, `http 502`, or the name of a local error.
        wait: Set for BACK_OFF.
        is_no_such_order: The venue has no such order, or none that still rests.
        is_known_id: The client order id was used before: what became of that order is to be looked up.
    """

    kind: TroubleKind
    reason: RefusalReason | None = None
    detail: str = ""
    code: str = ""
    wait: timedelta | None = None
    is_no_such_order: bool = False
    is_known_id: bool = False


class VenueFailure(WavehelmError):  # noqa: N818 - named by what happened
    """A call to a venue did not do what was asked; `trouble` says why."""

    def __init__(self, trouble: VenueTrouble) -> None:
        super().__init__(f"{trouble.kind}: {trouble.detail or trouble.code}")
        self.trouble = trouble


class VenueAnswer(WavehelmError):  # noqa: N818
    """The venue answered with an error; as it came, header names in lower case."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(f"http {status}")
        self.status = status
        self.body = body
        self.headers = {name.lower(): value for name, value in headers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one code or sentence means.

    Attributes:
        mend: What a person is to do about it.
        wait: How long to send nothing at least; for BACK_OFF.
    """

    kind: TroubleKind
    reason: RefusalReason | None = None
    mend: str = ""
    wait: timedelta | None = None
    is_no_such_order: bool = False
    is_known_id: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A meaning that the code alone does not give: where `pattern` is found in the text of `code` (None: of any)."""

    pattern: re.Pattern[str]
    meaning: Meaning
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueCodes:
    """One venue's errors.

    Attributes:
        code_key, text_key: Where an answer carries its code and its sentence.
        fine: The codes that are no errors.
        clock: The codes of a request whose time was wrong; it was not executed.
        sentences: Looked through first.
        codes: Looked up next.
        statuses: HTTP statuses that say enough by themselves; looked up last.
    """

    code_key: str
    text_key: str
    fine: frozenset[str]
    clock: frozenset[str]
    codes: Mapping[str, Meaning]
    sentences: Sequence[Sentence] = ()
    statuses: Mapping[int, Meaning] = field(default_factory=dict)

    def read(self, body: str) -> tuple[str | None, str]:
        """Return the code and the sentence of an answer; no code where it carries none, or is no JSON object."""
        try:
            document = json.loads(body)
        except ValueError:
            return None, body
        if not isinstance(document, dict) or self.code_key not in document:
            return None, str(document.get(self.text_key, "")) if isinstance(document, dict) else ""
        return str(document[self.code_key]), str(document.get(self.text_key, ""))

    def refuses(self, status: int, body: str) -> bool:
        """True if the answer says that the call failed, or says nothing that could be read."""
        if status >= 400 or not body.lstrip().startswith(("{", "[")):
            return True
        code, _ = self.read(body)
        return code is not None and code not in self.fine


REFUSED = Meaning(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER)
UNKNOWN = Meaning(kind=TroubleKind.UNKNOWN)

_LOCAL = {
    "ArgumentsRequired": RefusalReason.OTHER,
    "AuthenticationError": RefusalReason.MISCONFIGURED,
    "BadRequest": RefusalReason.OTHER,
    "BadSymbol": RefusalReason.UNKNOWN_SYMBOL,
    "ExchangeClosedByUser": RefusalReason.OTHER,
    "InsufficientFunds": RefusalReason.INSUFFICIENT_FUNDS,
    "InvalidOrder": RefusalReason.OTHER,
    "InvalidProxySettings": RefusalReason.MISCONFIGURED,
    "NotSupported": RefusalReason.OTHER,
    "OrderNotFound": RefusalReason.OTHER,
}
"""The errors that ccxt raises by itself, without a request or after a good answer, nearest class first."""


def translate(error: Exception, codes: VenueCodes, now: datetime) -> VenueTrouble:
    """Return what `error`, raised by a call to a venue, means; `now` is when it came.

    Anything that is neither the venue's answer nor a refusal of the library itself is `UNKNOWN`: cut connections,
    timeouts, answers that cannot be read.
    """
    if isinstance(error, VenueAnswer):
        return _of_answer(error, codes, now)
    names = [parent.__name__ for parent in type(error).__mro__]
    local = next((name for name in names if name in _LOCAL), None)
    if local is None or error.__cause__ is not None:
        detail = why_unanswered(error) or plain(str(error))
        return VenueTrouble(kind=TroubleKind.UNKNOWN, detail=detail, code=names[0])
    reason = _LOCAL[local]
    if "minimum amount precision" in str(error):
        reason = RefusalReason.BELOW_MINIMUM
    kind = TroubleKind.MISCONFIGURED if reason is RefusalReason.MISCONFIGURED else TroubleKind.REFUSED
    return VenueTrouble(
        kind=kind,
        reason=reason,
        detail=plain(str(error)),
        code=names[0],
        is_no_such_order="OrderNotFound" in names,
    )


def _of_answer(answer: VenueAnswer, codes: VenueCodes, now: datetime) -> VenueTrouble:
    code, text = codes.read(answer.body)
    meaning = _meaning(answer.status, code, text, codes)
    said = plain(text) if code is not None or not text.lstrip().startswith("<") else ""
    detail = f"{meaning.mend} ({said})" if meaning.mend and said else meaning.mend or said
    return VenueTrouble(
        kind=meaning.kind,
        reason=meaning.reason,
        detail=detail or _speechless(answer, meaning),
        code=code or f"http {answer.status}",
        wait=_wait(answer, text, meaning, now) if meaning.kind is TroubleKind.BACK_OFF else None,
        is_no_such_order=meaning.is_no_such_order,
        is_known_id=meaning.is_known_id,
    )


def _speechless(answer: VenueAnswer, meaning: Meaning) -> str:
    """Return words for an answer that has none for people."""
    if meaning.kind is TroubleKind.BACK_OFF:
        return f"too many requests from this address (http {answer.status})"
    return f"its servers are in trouble (http {answer.status})" if answer.status >= 500 else ""


def _meaning(status: int, code: str | None, text: str, codes: VenueCodes) -> Meaning:
    for sentence in codes.sentences:
        if sentence.code in {None, code or f"http {status}"} and sentence.pattern.search(text):
            return sentence.meaning
    if code is not None and code in codes.codes:
        return codes.codes[code]
    if status in codes.statuses:
        return codes.statuses[status]
    return REFUSED if code is not None and status < 500 else UNKNOWN


def _wait(answer: VenueAnswer, text: str, meaning: Meaning, now: datetime) -> timedelta:
    """Return how long to send nothing: what the venue says, within bounds, and no less than we know."""
    least = meaning.wait or timedelta(minutes=1)
    said = answer.headers.get("retry-after", "")
    until = _MOMENT.search(text)
    if said.isdecimal():
        return min(max(least, timedelta(seconds=int(said))), _LONGEST_WAIT)
    if until is not None:
        return min(max(least, _moment(until) - now), _LONGEST_WAIT)
    return least


def _moment(found: re.Match[str]) -> datetime:
    return datetime.fromtimestamp(int(found[1]) // 1000, UTC)


_SECRETS = (
    (re.compile(r"\b(?:https?|wss?)://\S+"), "…"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?"), "…"),
    (re.compile(r"\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b", re.IGNORECASE), "…"),
    # Keys and signatures: long runs of letters and digits, whatever their name. Our ids are shorter.
    (re.compile(r"\b[A-Za-z0-9+/=]{33,}"), "…"),
    (re.compile(r"(?i)\b(signature|sign|api_?key|secret)\b(\s*[=:]\s*)[^\s&,]+"), r"\1\2…"),
)


def plain(text: str) -> str:
    """Return a venue's sentence on one line, of a length that can be shown, without what must not be."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = _MOMENT.sub(
        lambda found: f"until {datetime.fromtimestamp(int(found[1]) // 1000, UTC):%d %b %H:%M} UTC", text
    )
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_DETAIL else text[: LONGEST_DETAIL - 1] + "…"
