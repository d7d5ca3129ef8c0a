"""What people are told where a venue gives no answer: the reason, never the signed address."""

import socket
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.exchanges.codes.binance import BINANCE_CODES
from bot.exchanges.errors import TroubleKind, translate
from bot.exchanges.unanswered import never_left, why_unanswered
from tests.builders import NOW

KEY: Any = SimpleNamespace(host="fapi.binance.com", port=443, ssl=True, is_ssl=True)
REFUSED = ConnectionRefusedError(111, "Connection refused")


def of_ccxt(cause: Exception) -> Exception:
    """Return the error that ccxt raises at `cause`."""
    error = RuntimeError("binanceusdm GET https://fapi.binance.com/fapi/v1/time?signature=abc")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (TimeoutError(), "does not answer in time"),
        (aiohttp.ServerTimeoutError(), "does not answer in time"),
        (
            aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name or service not known")),
            "its name is not found: is this machine on the network?",
        ),
        (socket.gaierror(-2, "Name or service not known"), "is this machine on the network?"),
        (aiohttp.ClientConnectorError(KEY, REFUSED), "cannot be reached: Connection refused"),
        (aiohttp.ClientConnectorError(KEY, OSError()), "cannot be reached"),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "handshake failure")), "time and its certificates"),
        (aiohttp.ServerDisconnectedError(), "connection was cut"),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), "connection was cut"),
        (ConnectionResetError(), "connection was cut"),
    ],
)
def test_the_reason_is_told_and_the_address_is_not(cause: Exception, words: str) -> None:
    trouble = translate(of_ccxt(cause), BINANCE_CODES, NOW)
    assert trouble.kind is TroubleKind.UNKNOWN
    assert words in trouble.detail
    for part in ("GET", "https", "signature", "binanceusdm"):
        assert part not in trouble.detail
    assert words in why_unanswered(cause)


def test_what_tells_of_no_connection_is_left_to_others() -> None:
    assert why_unanswered(of_ccxt(ValueError("odd"))) == ""
    assert why_unanswered(ValueError("odd")) == ""


@pytest.mark.parametrize(
    ("cause", "is_so"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name or service not known")), True),
        (aiohttp.ClientConnectorError(KEY, REFUSED), True),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "handshake failure")), True),
        (aiohttp.ServerDisconnectedError(), False),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), False),
        (ConnectionResetError(), False),
        (TimeoutError(), False),
    ],
)
def test_only_a_request_without_a_connection_was_taken_by_nobody(cause: Exception, is_so: bool) -> None:
    assert never_left(of_ccxt(cause)) is is_so
