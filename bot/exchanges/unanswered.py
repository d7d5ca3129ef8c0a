"""Why a request got no answer, in words for people. What that means for an order belongs to `errors`."""

import socket

import aiohttp

_NO_NAME = "its name is not found: is this machine on the network?"
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "it does not answer in time"),
    (aiohttp.ClientConnectorDNSError, _NO_NAME),
    (socket.gaierror, _NO_NAME),
    (aiohttp.ClientSSLError, "no safe connection comes about: look at this machine's time and its certificates"),
    (aiohttp.ClientConnectorError, "it cannot be reached"),
    (aiohttp.ClientConnectionError, "the connection was cut"),
    (ConnectionError, "the connection was cut"),
)
"""The first that fits says it."""


def never_left(error: BaseException) -> bool:
    """Return True if no connection came about for the request that ended in `error`: nobody can have taken it."""
    return isinstance(error.__cause__ or error, aiohttp.ClientConnectorError | socket.gaierror)


def why_unanswered(error: BaseException) -> str:
    """Return what was wrong with the connection, or an empty text where `error` tells nothing of one.

    ccxt's own text is the name of its class and the address, which is signed; what happened is in its cause.
    """
    cause = error.__cause__ or error
    words = next((words for kind, words in _WORDS if isinstance(cause, kind)), "")
    why = cause.os_error.strerror if type(cause) is aiohttp.ClientConnectorError else None
    return f"{words}: {why}" if why else words
