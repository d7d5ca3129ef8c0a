"""Every error that a venue was seen to give, and those it documents, end in the right kind."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.exchanges.codes.binance import BINANCE_CODES
from bot.exchanges.codes.bybit import BYBIT_CODES
from bot.exchanges.errors import LONGEST_DETAIL, TroubleKind, VenueAnswer, VenueTrouble, plain, translate
from core.domain.orders import RefusalReason

NOW = datetime(2025, 10, 26, 12, 0, tzinfo=UTC)
CODES = {"binance": BINANCE_CODES, "bybit": BYBIT_CODES}
STOP_BUY = "StopLoss:3946000 set for Buy position should lower than base_price:3884000??LastPrice"
STOP_SELL = "StopLoss:17767000 set for Sell position should greater base_price:18334000??LastPrice"

Kind = TroubleKind
Why = RefusalReason


def judged(venue: str, body: str, status: int, **headers: str) -> VenueTrouble:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return translate(VenueAnswer(status, body, named), CODES[venue], NOW)


def bybit(code: int, text: str = "", status: int = 200) -> VenueTrouble:
    body = {"retCode": code, "retMsg": text, "result": {}, "retExtInfo": {}, "time": 1761224097552}
    return judged("bybit", json.dumps(body), status)


def binance(code: int, text: str = "", status: int = 400, **headers: str) -> VenueTrouble:
    return judged("binance", json.dumps({"code": code, "msg": text}), status, **headers)


# --- what was recorded ----------------------------------------------------------------------------------------------

RECORDED: dict[tuple[str, str, str], tuple[Kind, Why | None]] = {
    ("bybit", "10001", "StopLoss"): (Kind.CLOSE_NOW, Why.STOP_CROSSED),
    ("bybit", "10001", "The number of contracts"): (Kind.REFUSED, Why.BELOW_MINIMUM),
    ("bybit", "10001", "accountType"): (Kind.MISCONFIGURED, Why.MISCONFIGURED),
    ("bybit", "10001", "can not set tp/sl/ts"): (Kind.POSITION_GONE, Why.POSITION_GONE),
    ("bybit", "110017", ""): (Kind.POSITION_GONE, Why.REDUCE_ONLY),
    ("bybit", "110043", ""): (Kind.ALREADY_SO, None),
    ("bybit", "170003", ""): (Kind.MISCONFIGURED, Why.MISCONFIGURED),
    ("bybit", "170193", ""): (Kind.REFUSED, Why.NO_PRICE),
    ("bybit", "181001", ""): (Kind.UNKNOWN, None),
    ("bybit", "30208", ""): (Kind.REFUSED, Why.PRICE_BAND),
    ("bybit", "30209", ""): (Kind.REFUSED, Why.PRICE_BAND),
    ("binance", "-2021", ""): (Kind.CLOSE_NOW, Why.STOP_CROSSED),
    ("binance", "-4140", ""): (Kind.REFUSED, Why.NOT_TRADING),
    ("binance", "-4164", ""): (Kind.REFUSED, Why.BELOW_MINIMUM),
    ("binance", "-1003", ""): (Kind.BACK_OFF, Why.RATE_LIMITED),
    ("binance", "HTTP 502", ""): (Kind.UNKNOWN, None),
}
NO_ANSWER = {("bybit", "(status null)"), ("bot", "position-not-found")}
"""Rows that are no errors of a venue: an accepted order, and the old bot's own conclusion."""


def test_every_row_of_the_recorded_errors_ends_in_the_kind_that_was_judged(shared_data: Path) -> None:
    rows = list(csv.DictReader((shared_data / "errors.csv").read_text(encoding="utf-8").splitlines()))
    met = set()
    for row in rows:
        venue, code, text = row["exchange"], row["code"], row["message"]
        if venue == "ccxt" or (venue, code) in NO_ANSWER:
            continue
        key = next(key for key in RECORDED if key[:2] == (venue, code) and text.startswith(key[2]))
        said = text.replace("<n>", "1200").replace("<ip>", "203.0.113.7")
        if code == "HTTP 502":
            trouble = judged(venue, f"<html><body>{said}</body></html>", 502)
        elif venue == "bybit":
            trouble = bybit(int(code), said)
        else:
            trouble = binance(int(code), said, 429 if code == "-1003" else 400)
        assert (trouble.kind, trouble.reason) == RECORDED[key], text
        met.add(key)
    assert met == set(RECORDED)
    assert len(rows) == 21


def test_every_recorded_body_ends_in_its_kind(shared_data: Path) -> None:
    lines = (shared_data / "venue" / "error_bodies_bybit_binance.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = []
    for line in lines:
        row = json.loads(line)
        trouble = judged(row["exchange"], json.dumps(row["body"]), 200)
        kinds.append(trouble.kind)
        assert trouble.kind is (Kind.CLOSE_NOW if trouble.code == "10001" else Kind.MISCONFIGURED)
        assert row["body"]["retMsg"] in trouble.detail
    assert len(kinds) == 12


@pytest.mark.parametrize("text", [STOP_BUY, STOP_SELL])
def test_a_stop_on_the_wrong_side_closes_now(text: str) -> None:
    trouble = bybit(10001, text)
    assert (trouble.kind, trouble.reason, trouble.code) == (Kind.CLOSE_NOW, Why.STOP_CROSSED, "10001")
    assert trouble.detail == text


# --- what the library says by itself --------------------------------------------------------------------------------


def raised(name: str, text: str, *parents: str) -> Exception:
    parent: type[Exception] = Exception
    for each in (*parents, name):
        parent = type(each, (parent,), {})
    return parent(text)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (
            raised(
                "InvalidOrder",
                "binance amount of XMR/USDT:USDT must be greater than minimum amount precision of 0.001",
                "ExchangeError",
            ),
            Kind.REFUSED,
            Why.BELOW_MINIMUM,
        ),
        (raised("ArgumentsRequired", "bybit fetchOrder() can only access an order if …"), Kind.REFUSED, Why.OTHER),
        (raised("BadSymbol", "bybit does not have market symbol X", "BadRequest"), Kind.REFUSED, Why.UNKNOWN_SYMBOL),
        (
            raised("AuthenticationError", 'bybit requires "apiKey" credential'),
            Kind.MISCONFIGURED,
            Why.MISCONFIGURED,
        ),
        (raised("RequestTimeout", "bybit POST https://h/x", "NetworkError"), Kind.UNKNOWN, None),
        (raised("ExchangeNotAvailable", "bybit POST https://h/x", "NetworkError"), Kind.UNKNOWN, None),
        (raised("ExchangeError", "bybit POST https://h/x"), Kind.UNKNOWN, None),
        (ConnectionResetError("cut"), Kind.UNKNOWN, None),
    ],
)
def test_errors_without_an_answer(error: Exception, kind: Kind, reason: Why | None) -> None:
    trouble = translate(error, BYBIT_CODES, NOW)
    assert (trouble.kind, trouble.reason) == (kind, reason)
    assert "https://" not in trouble.detail


def test_an_order_that_the_library_does_not_find_is_no_such_order() -> None:
    assert translate(raised("OrderNotFound", "bybit order 1 is not found"), BYBIT_CODES, NOW).is_no_such_order


def test_a_refusal_with_a_broken_connection_behind_it_is_unknown() -> None:
    error = raised("BadRequest", "bybit POST https://h/x")
    error.__cause__ = ConnectionResetError()
    assert translate(error, BYBIT_CODES, NOW).kind is Kind.UNKNOWN


# --- documented codes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "kind", "reason"),
    [
        ("-1000 -1001 -1006 -1007", Kind.UNKNOWN, None),
        ("-1008", Kind.REFUSED, Why.RATE_LIMITED),
        ("-1015 -1003", Kind.BACK_OFF, Why.RATE_LIMITED),
        ("-1021 -1111", Kind.REFUSED, Why.OTHER),
        ("-1022 -2014 -2015 -4061 -4047 -4192 -4400 -4120 -2023", Kind.MISCONFIGURED, Why.MISCONFIGURED),
        ("-1121", Kind.REFUSED, Why.UNKNOWN_SYMBOL),
        ("-2018 -2019", Kind.REFUSED, Why.INSUFFICIENT_FUNDS),
        ("-2020", Kind.REFUSED, Why.NO_PRICE),
        ("-2021", Kind.CLOSE_NOW, Why.STOP_CROSSED),
        ("-2022 -4118", Kind.POSITION_GONE, Why.REDUCE_ONLY),
        ("-2027 -4005", Kind.REFUSED, Why.ABOVE_MAXIMUM),
        ("-2028 -4028", Kind.REFUSED, Why.LEVERAGE),
        ("-4003 -4164", Kind.REFUSED, Why.BELOW_MINIMUM),
        ("-4046 -4059", Kind.ALREADY_SO, None),
        ("-4131", Kind.REFUSED, Why.PRICE_BAND),
        ("-4140 -4141", Kind.REFUSED, Why.NOT_TRADING),
        ("-4130 -2010", Kind.REFUSED, Why.OTHER),
    ],
)
def test_binance(codes: str, kind: Kind, reason: Why | None) -> None:
    for code in codes.split():
        trouble = binance(int(code))
        assert (code, trouble.kind, trouble.reason) == (code, kind, reason)


@pytest.mark.parametrize(
    ("codes", "kind", "reason"),
    [
        ("10000 10016 181001", Kind.UNKNOWN, None),
        ("10002 110125 110126", Kind.REFUSED, Why.OTHER),
        ("10003 10004 10005 10010 10024 170003 100028 33004", Kind.MISCONFIGURED, Why.MISCONFIGURED),
        ("10006 10018", Kind.BACK_OFF, Why.RATE_LIMITED),
        ("110003 30208 30209", Kind.REFUSED, Why.PRICE_BAND),
        ("110004 110007 110012 110044 110045 110052", Kind.REFUSED, Why.INSUFFICIENT_FUNDS),
        ("110009 110090", Kind.REFUSED, Why.ABOVE_MAXIMUM),
        ("110013", Kind.REFUSED, Why.LEVERAGE),
        ("110017", Kind.POSITION_GONE, Why.REDUCE_ONLY),
        ("110023 110074", Kind.REFUSED, Why.NOT_TRADING),
        ("110025 110026 110043 34040", Kind.ALREADY_SO, None),
        ("110092 110093", Kind.CLOSE_NOW, Why.STOP_CROSSED),
        ("110094 3100116 170140", Kind.REFUSED, Why.BELOW_MINIMUM),
    ],
)
def test_bybit(codes: str, kind: Kind, reason: Why | None) -> None:
    for code in codes.split():
        trouble = bybit(int(code), "whatever it says")
        assert (code, trouble.kind, trouble.reason) == (code, kind, reason)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("The number of contracts exceeds minimum limit allowed", Kind.REFUSED, Why.BELOW_MINIMUM),
        ("The number of contracts exceeds maximum limit allowed: too large", Kind.REFUSED, Why.ABOVE_MAXIMUM),
        ("accountType only support UNIFIED.", Kind.MISCONFIGURED, Why.MISCONFIGURED),
        ("can not set tp/sl/ts for zero position", Kind.POSITION_GONE, Why.POSITION_GONE),
        ("position idx not match position mode", Kind.MISCONFIGURED, Why.MISCONFIGURED),
        ("params error: symbol invalid XUSDT", Kind.REFUSED, Why.UNKNOWN_SYMBOL),
        ("Qty invalid", Kind.REFUSED, Why.BELOW_MINIMUM),
        ("TakeProfit:1 set for Buy position should be higher than base_price:2??LastPrice", Kind.REFUSED, Why.OTHER),
        ("leverage invalid", Kind.REFUSED, Why.LEVERAGE),
        ("Request parameter error.", Kind.REFUSED, Why.OTHER),
    ],
)
def test_bybit_says_by_its_text_what_10001_means(text: str, kind: Kind, reason: Why) -> None:
    trouble = bybit(10001, text)
    assert (trouble.kind, trouble.reason) == (kind, reason)


def test_a_price_of_nothing_is_no_price_and_another_limit_is_a_band() -> None:
    assert bybit(170193, "Buy order price cannot be higher than 0USDT.").reason is Why.NO_PRICE
    assert bybit(170193, "Buy order price cannot be higher than 0.5USDT.").reason is Why.PRICE_BAND


def test_orders_that_are_not_there_and_ids_that_are_known() -> None:
    assert all(binance(code).is_no_such_order for code in (-2011, -2013))
    assert all(bybit(code).is_no_such_order for code in (110001, 110008, 110010))
    known = [binance(-4116), binance(-4111), binance(-2010, "Duplicate order sent."), bybit(110072)]
    assert [(trouble.kind, trouble.is_known_id) for trouble in known] == [(Kind.UNKNOWN, True)] * 4


def test_hedge_mode_says_what_to_mend() -> None:
    trouble = binance(-4061, "Order's position side does not match user's setting.")
    assert "one-way mode" in trouble.detail
    assert "does not match" in trouble.detail


# --- what is not known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_an_unknown_code_of_a_4xx_answer_is_refused(status: int) -> None:
    assert binance(-9999, "new", status).kind is Kind.REFUSED


def test_an_unknown_code_of_bybit_is_refused_though_the_status_is_200() -> None:
    assert bybit(999999, "new").kind is Kind.REFUSED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("<html><title>502 Bad Gateway</title></html>", 502),
        ("<html>not found</html>", 404),
        ("", 500),
        ("", 200),
        ("Service Unavailable.", 503),
        ('{"msg": "Unknown error, please check your request or try again later."}', 503),
        ('{"code": -9999, "msg": "new"}', 500),
        ('{"message": "no such host"}', 400),
        ("{broken", 200),
        ("[]", 502),
        ('{"code": -9999, "msg": "new"}', 408),
    ],
)
def test_anything_else_is_unknown(body: str, status: int) -> None:
    for venue in CODES:
        trouble = judged(venue, body, status)
        assert trouble.kind is Kind.UNKNOWN
        assert trouble.reason is None
        assert "<" not in trouble.detail


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (binance(-1003, "Too many requests", 429), timedelta(minutes=1)),
        (binance(-1003, "Too many requests", 429, retry_after="7"), timedelta(minutes=1)),
        (binance(-1003, "Too many requests", 429, Retry_After="150"), timedelta(seconds=150)),
        (binance(-1003, f"IP banned until {int(NOW.timestamp()) + 600}000.", 418), timedelta(minutes=10)),
        (binance(-1003, "IP banned until 9999999999999.", 418), timedelta(days=3)),
        (binance(-1003, "IP banned until 1000000000000.", 418), timedelta(minutes=1)),
        (binance(-1015, "Too many new orders; current limit is 300 orders per 10 SECOND.", 429), timedelta(seconds=10)),
        (binance(-1015, "Too many new orders; current limit is 1200 orders per MINUTE.", 429), timedelta(minutes=1)),
        (judged("binance", "<html>teapot</html>", 418), timedelta(minutes=2)),
        (judged("binance", "<html>forbidden</html>", 403), timedelta(minutes=5)),
        (judged("bybit", '{"retCode": 10018, "retMsg": "Exceeded the IP Rate Limit."}', 403), timedelta(minutes=1)),
        (judged("bybit", "access too frequent", 403), timedelta(minutes=10)),
        (bybit(10006, "Too many visits!"), timedelta(minutes=1)),
    ],
)
def test_limits_wait_as_long_as_the_venue_says_and_no_less_than_we_know(trouble: VenueTrouble, wait: timedelta) -> None:
    assert (trouble.kind, trouble.reason, trouble.wait) == (Kind.BACK_OFF, Why.RATE_LIMITED, wait)


def test_a_place_that_is_not_served_is_no_limit() -> None:
    page = "The Amazon CloudFront distribution is configured to block access from your country."
    assert judged("bybit", page, 403).kind is Kind.MISCONFIGURED
    assert judged("binance", '{"code": 0, "msg": "Service unavailable from a restricted location"}', 451).kind is (
        Kind.MISCONFIGURED
    )


# --- what people get to see -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "secret",
    [
        "203.0.113.7",
        "2001:db8:0:1:2:3:4:5",
        "https://fapi.binance.com/fapi/v1/order?symbol=X&signature=abc",
        "signature=deadbeef01",
        "api_key=abcdef123456",
        "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    ],
)
def test_a_sentence_is_shown_without_what_is_secret(secret: str) -> None:
    shown = plain(f"before {secret} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    for part in ("203.0", "2001:db8", "binance.com", "deadbeef", "abcdef", "vmPUZE"):
        assert part not in shown


def test_what_matters_in_a_sentence_stays() -> None:
    text = "Order wh-0123456789abcdef0123456789ab at 12345678.12345678: limit 5 (unless you choose reduce only)."
    assert plain(text) == text
    assert plain(STOP_BUY) == STOP_BUY


def test_the_end_of_a_ban_is_told_as_a_time() -> None:
    assert plain("banned until 1795238199439. Please wait") == "banned until 21 Nov 05:16 UTC. Please wait"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, "", "too many requests from this address (http 403)"),
        (502, "<html>502 Bad Gateway</html>", "its servers are in trouble (http 502)"),
    ],
)
def test_an_answer_without_words_gets_some(status: int, body: str, words: str) -> None:
    assert judged("bybit", body, status).detail == words


def test_a_sentence_has_one_line_and_an_end() -> None:
    assert plain("a\n  b\tc") == "a b c"
    assert len(plain("word " * 500)) == LONGEST_DETAIL
