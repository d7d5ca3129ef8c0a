"""One-time codes: the vectors of RFC 4226 and RFC 6238, each code once, no guessing."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.people import Person
from handlers.confirming.one_time_codes import MOST_WRONG, CodeCheck, OneTimeCodes, code_at, read_secret
from tests.fakes.chat import ADA, OLE

SECRET = b"12345678901234567890"
TEXT = base64.b32encode(SECRET).decode()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def codes() -> OneTimeCodes:
    return OneTimeCodes({("telegram", "1"): TEXT})


def when(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate("755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split())),  # noqa: SIM905 - as the RFC has them
)
def test_the_vectors_of_rfc_4226(counter: int, code: str) -> None:
    assert code_at(SECRET, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30, digits=8) == code
    assert codes().check(ADA, code[2:], when(seconds)) is CodeCheck.RIGHT


@pytest.mark.parametrize(("drift", "check"), [(-2, "wrong"), (-1, "right"), (0, "right"), (1, "right"), (2, "wrong")])
def test_a_clock_may_be_one_step_off(drift: int, check: str) -> None:
    code = code_at(SECRET, 1000 + drift)
    assert codes().check(ADA, code, when(30_000)) is CodeCheck(check)


def test_a_code_counts_once_and_none_before_it_counts_any_more() -> None:
    known = codes()
    assert known.check(ADA, code_at(SECRET, 1000), when(30_000)) is CodeCheck.RIGHT
    assert known.check(ADA, code_at(SECRET, 1000), when(30_029)) is CodeCheck.USED
    assert known.check(ADA, code_at(SECRET, 999), when(30_029)) is CodeCheck.USED
    assert known.check(ADA, code_at(SECRET, 1001), when(30_029)) is CodeCheck.RIGHT


@pytest.mark.parametrize("code", ["", "0", "abcdef", "12345", "1234567", "١٢٣٤٥٦", "é"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert codes().check(ADA, code, when(30_000)) is CodeCheck.WRONG


def test_nobody_else_has_a_code() -> None:
    known = codes()
    slack = Person(platform="slack", id="1")
    assert [known.covers(person) for person in (ADA, OLE, slack)] == [True, False, False]
    assert known.check(OLE, code_at(SECRET, 1000), when(30_000)) is CodeCheck.WRONG
    assert known.check(OLE, code_at(b"", 1000), when(30_000)) is CodeCheck.WRONG
    assert (bool(known), bool(OneTimeCodes({}))) == (True, False)


def test_guessing_is_stopped_for_an_hour() -> None:
    known = codes()
    for _ in range(MOST_WRONG):
        assert known.check(ADA, "000000", when(30_000)) is CodeCheck.WRONG
    assert known.check(ADA, code_at(SECRET, 1000), when(30_000)) is CodeCheck.LOCKED
    assert known.check(ADA, code_at(SECRET, 1119), when(33_599)) is CodeCheck.LOCKED
    assert known.check(ADA, code_at(SECRET, 1120), when(33_600)) is CodeCheck.RIGHT


@pytest.mark.parametrize("text", [TEXT, TEXT.lower(), f" {TEXT[:4]} {TEXT[4:]} ", f"{TEXT[:8]}-{TEXT[8:]}"])
def test_secrets_as_apps_show_them(text: str) -> None:
    assert read_secret(text) == SECRET


def test_padding_does_not_matter() -> None:
    assert read_secret("MFRGG") == read_secret("MFRGG===") == b"abc"


def test_what_is_no_base32_is_refused() -> None:
    with pytest.raises(ValueError, match="base32"):
        OneTimeCodes({("telegram", "1"): "not base32 at all!"})
