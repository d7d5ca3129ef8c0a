"""Binance USDT-M's error codes (its error page and what was recorded). What follows from a kind is not said here."""

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


_SO = Meaning(kind=TroubleKind.ALREADY_SO)
_CROSSED = Meaning(kind=TroubleKind.CLOSE_NOW, reason=RefusalReason.STOP_CROSSED)
_KNOWN_ID = Meaning(kind=TroubleKind.UNKNOWN, is_known_id=True)
_NO_ORDER = Meaning(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER, is_no_such_order=True)
_GONE = Meaning(kind=TroubleKind.POSITION_GONE, reason=RefusalReason.REDUCE_ONLY)
_FUNDS = _refused(RefusalReason.INSUFFICIENT_FUNDS)
_CLOSED = _refused(RefusalReason.NOT_TRADING)
_BAND = _refused(RefusalReason.PRICE_BAND)
_SMALL = _refused(RefusalReason.BELOW_MINIMUM)
_LARGE = _refused(RefusalReason.ABOVE_MAXIMUM)
_LEVERAGE = _refused(RefusalReason.LEVERAGE)
_KEYS = _mend("check the Binance API key: its permissions (Enable Futures), its IP list, test net or live")
_HEDGE = _mend("switch the Binance futures account to one-way mode: Preferences, Position Mode")
_REGION = _mend("Binance does not serve this place or account")
_ASSETS = _mend("switch Binance futures to single-asset mode: Preferences, Asset Mode")
_ACCOUNT = _mend("Binance restricts this account: see its notices")

_GROUPS: tuple[tuple[str, Meaning], ...] = (
    # Not known whether it was executed. -1001 promises a failure, but a look costs less than a double order.
    ("-1000 -1001 -1006 -1007 -1010 -4078", UNKNOWN),
    ("-1003", _back_off(timedelta(minutes=1))),
    ("-1015", _back_off(timedelta(seconds=10))),
    # The venue protects itself: nothing was executed, and orders that only reduce are let through meanwhile.
    ("-1004 -1008", _refused(RefusalReason.RATE_LIMITED)),
    ("-1016", _CLOSED),
    ("-1021 -5028", REFUSED),
    ("-1002 -1005 -1011 -1022 -1099 -1109 -2008 -2014 -2015 -2017 -4056 -4057", _KEYS),
    ("-1121 -1126 -4144 -20121", _refused(RefusalReason.UNKNOWN_SYMBOL)),
    ("-1122 -2016 -4022 -4140 -4141 -5024", _CLOSED),
    ("-2011 -2013 -20124", _NO_ORDER),
    ("-2018 -2019 -4050 -4051", _FUNDS),
    ("-2020 -5021 -5041", _refused(RefusalReason.NO_PRICE)),
    ("-4131 -4002 -4001 -4006 -4007 -4016 -4024 -4183 -4184 -4210 -4211", _BAND),
    ("-2021 -4142", _CROSSED),
    ("-2022 -2024 -4118", _GONE),
    ("-2023", _ACCOUNT),
    ("-2025 -2027 -4005 -4017 -4045 -4077 -20196 -20198", _LARGE),
    ("-4003 -4004 -4164 -20195", _SMALL),
    ("-2028 -4028 -4161 -4202 -4203 -4205 -4206 -4208 -4209 -4403", _LEVERAGE),
    ("-4046 -4059 -4171 -5027", _SO),
    ("-4047 -4048", _mend("close the open orders and the position of this symbol, or set its margin mode by hand")),
    ("-4067 -4068", _mend("close all positions and orders, then switch the Binance account to one-way mode")),
    ("-4061 -4060 -4531", _HEDGE),
    ("-4167 -4168", _ASSETS),
    ("-4111 -4115 -4116 -20132", _KNOWN_ID),
    ("-4120", _mend("this order must go through the algo order interface: the program is too old for the venue")),
    ("-4087 -4088 -4401", _ACCOUNT),
    ("-4192", _mend("Binance has this account in a cooling-off period: end it or wait")),
    ("-4400", _mend("Binance lets this account only reduce positions (quantitative rules): wait until it ends")),
    ("-4402 -4404", _REGION),
)


def _codes() -> Iterator[tuple[str, Meaning]]:
    for codes, meaning in _GROUPS:
        for code in codes.split():
            yield code, meaning


BINANCE_CODES = VenueCodes(
    code_key="code",
    text_key="msg",
    fine=frozenset({"0", "200"}),
    clock=frozenset({"-1021", "-5028"}),
    sentences=(
        Sentence(
            code="-1015",
            pattern=re.compile(r"per (\d+ )?MINUTE", re.IGNORECASE),
            meaning=_back_off(timedelta(minutes=1)),
        ),
        Sentence(code="-2010", pattern=re.compile("insufficient", re.IGNORECASE), meaning=_FUNDS),
        Sentence(code="-2010", pattern=re.compile("trigger immediately|immediately trigger"), meaning=_CROSSED),
        Sentence(code="-2010", pattern=re.compile("[Dd]uplicate"), meaning=_KNOWN_ID),
        Sentence(code="-2011", pattern=re.compile("disabled on this account"), meaning=_ACCOUNT),
        Sentence(code="-1013", pattern=re.compile("[Mm]arket is closed"), meaning=_CLOSED),
        Sentence(code="-1000", pattern=re.compile("maintenance", re.IGNORECASE), meaning=_CLOSED),
    ),
    codes=dict(_codes()),
    statuses={
        403: _back_off(timedelta(minutes=5)),
        401: _KEYS,
        408: UNKNOWN,
        418: _back_off(timedelta(minutes=2)),
        429: _back_off(timedelta(minutes=1)),
        451: _REGION,
    },
)
