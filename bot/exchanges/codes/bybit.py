"""Bybit v5's error codes (its error page and what was recorded). What follows from a kind is not said here."""

import re
from collections.abc import Iterator
from datetime import timedelta

from bot.exchanges.errors import REFUSED, UNKNOWN, Meaning, Sentence, TroubleKind, VenueCodes
from core.domain.orders import RefusalReason


def _refused(reason: RefusalReason) -> Meaning:
    return Meaning(kind=TroubleKind.REFUSED, reason=reason)


def _mend(text: str) -> Meaning:
    return Meaning(kind=TroubleKind.MISCONFIGURED, reason=RefusalReason.MISCONFIGURED, mend=text)


def _back_off(wait: timedelta) -> Meaning:
    return Meaning(kind=TroubleKind.BACK_OFF, reason=RefusalReason.RATE_LIMITED, wait=wait)


def _gone(reason: RefusalReason) -> Meaning:
    return Meaning(kind=TroubleKind.POSITION_GONE, reason=reason)


_SO = Meaning(kind=TroubleKind.ALREADY_SO)
_CROSSED = Meaning(kind=TroubleKind.CLOSE_NOW, reason=RefusalReason.STOP_CROSSED)
_KNOWN_ID = Meaning(kind=TroubleKind.UNKNOWN, is_known_id=True)
_NO_ORDER = Meaning(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER, is_no_such_order=True)
_FUNDS = _refused(RefusalReason.INSUFFICIENT_FUNDS)
_CLOSED = _refused(RefusalReason.NOT_TRADING)
_BAND = _refused(RefusalReason.PRICE_BAND)
_SMALL = _refused(RefusalReason.BELOW_MINIMUM)
_LARGE = _refused(RefusalReason.ABOVE_MAXIMUM)
_LEVERAGE = _refused(RefusalReason.LEVERAGE)
_SYMBOL = _refused(RefusalReason.UNKNOWN_SYMBOL)
_SLOW = _back_off(timedelta(minutes=1))
_KEYS = _mend("check the Bybit API key: is it of this net (live or test net), not expired, its secret whole")
_RIGHTS = _mend("give the Bybit API key the rights Orders and Positions of unified trading, and this symbol")
_IP = _mend("add this machine's address to the Bybit API key's IP list")
_HEDGE = _mend("switch Bybit to one-way mode for USDT perpetuals")
_UNIFIED = _mend("upgrade the Bybit account to a unified trading account")
_ACCOUNT = _mend("Bybit restricts this account: see its notices")
_REGION = _mend("Bybit does not serve this place or account")
_PROGRAM = _mend("Bybit does not know what the program sent: stop and report it")

_GROUPS: tuple[tuple[str, Meaning], ...] = (
    ("10000 10016 10019 170007 170032 170146 170147 170149 170150 170001 170234 110073", UNKNOWN),
    ("10002", REFUSED),
    ("10003 10004 10007 33004", _KEYS),
    ("10005 10029", _RIGHTS),
    ("10010", _IP),
    ("10006 10018 10429 170222", _SLOW),
    ("429 170005", _refused(RefusalReason.RATE_LIMITED)),
    ("10008 10027 170201 110068 110069", _ACCOUNT),
    ("10009 10024 170209", _REGION),
    ("10020 10028 100028 110067", _UNIFIED),
    ("10014 110030 110072 170141", _KNOWN_ID),
    ("10017 170003 170105 170130 181000 181002 181003 181004 3100198", _PROGRAM),
    # The answer of a request without its category: what it did is not said.
    ("181001", UNKNOWN),
    ("110001 110008 110010 110019 170139 170142 170143 170190 170213", _NO_ORDER),
    ("110092 110093", _CROSSED),
    ("110003 110120 110121 30208 30209 170132 170133 170192 170193 170194 170204 170206 170371 170372", _BAND),
    ("110004 110006 110007 110012 110014 110044 110045 110047 110051 110052 110053 170033 170131", _FUNDS),
    ("110009 110016 110020 110021 110061 110085 110089 110090 170124 170135 170197 170198 170381 170382", _LARGE),
    ("110013 110036 110038 110048 110086", _LEVERAGE),
    ("110017 110058", _gone(RefusalReason.REDUCE_ONLY)),
    ("110033 110034", _gone(RefusalReason.POSITION_GONE)),
    ("110005 110023 110042 110063 110066 110070 110074 110095 30228 170151 170157 170159", _CLOSED),
    ("110094 170136 170140 3100116", _SMALL),
    ("110024 110028", _mend("close all positions and orders of USDT perpetuals, then switch Bybit to one-way mode")),
    ("110025 110026 110027 110043 110075 30084 34026 34036 34040", _SO),
    ("170121 170221", _SYMBOL),
    ("110118", _refused(RefusalReason.NO_PRICE)),
    ("170241", _mend("confirm the risk disclosure of this coin in the Bybit app")),
)

_SENTENCES: tuple[tuple[str | None, str, Meaning], ...] = (
    ("10001", r"StopLoss:\S+ set for (Buy|Sell) position should .*base_price", _CROSSED),
    ("10001", r"zero position|position (is|size is) zero", _gone(RefusalReason.POSITION_GONE)),
    ("10001", r"exceeds maximum", _LARGE),
    ("10001", r"exceeds minimum|minimum limit|lower than the minimum", _SMALL),
    ("10001", r"only support UNIFIED", _UNIFIED),
    ("10001", r"position ?idx not match|position mode", _HEDGE),
    ("10001", r"(?i)symbol.*(invalid|not exist|not supported)|symbol params err|not supported symbol", _SYMBOL),
    ("10001", r"(?i)not modified", _SO),
    ("10001", r"(?i)leverage", _LEVERAGE),
    ("10001", r"(?i)duplicate", _KNOWN_ID),
    ("10001", r"(?i)sign params|api_?key", _KEYS),
    ("10001", r"(?i)max(imum)?.*(qty|quantity)|(qty|quantity).*max", _LARGE),
    ("10001", r"(?i)(qty|quantity).*(invalid|zero|min)", _SMALL),
    ("10016", r"(?i)not modified", _SO),
    ("110017", r"(?i)position is zero", _gone(RefusalReason.POSITION_GONE)),
    # Nothing may be paid for it: the market of this symbol has no price.
    ("170193", r"higher than 0\s*([A-Z]|\.?$)", _refused(RefusalReason.NO_PRICE)),
    ("http 403", r"(?i)country|region|restricted location", _REGION),
)


def _codes() -> Iterator[tuple[str, Meaning]]:
    for codes, meaning in _GROUPS:
        for code in codes.split():
            yield code, meaning


BYBIT_CODES = VenueCodes(
    code_key="retCode",
    text_key="retMsg",
    fine=frozenset({"0"}),
    clock=frozenset({"10002"}),
    sentences=tuple(Sentence(code=code, pattern=re.compile(text), meaning=what) for code, text, what in _SENTENCES),
    codes=dict(_codes()),
    statuses={
        401: _KEYS,
        # More than 600 requests in five seconds: the address is let in again after ten minutes.
        403: _back_off(timedelta(minutes=10)),
        408: UNKNOWN,
        418: _back_off(timedelta(minutes=2)),
        429: _SLOW,
        451: _REGION,
    },
)
