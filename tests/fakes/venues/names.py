"""Lets a whole process believe that venues of this machine are the real ones: names and certificates; no dialect.

Nothing of the product is changed for it, and every other name stays as it was: out of reach for tests.
"""

import asyncio
import socket as sockets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certifi
import pytest

from tests.fakes.venues.server import VenueServer

ADDRESSES: Mapping[tuple[str, bool], Mapping[str, tuple[str, ...]]] = {
    ("binance", False): {
        "fapi.binance.com": ("/fapi/",),
        "api.binance.com": ("/sapi/",),
        "fstream.binance.com": ("/market/ws", "/private/ws"),
    },
    ("binance", True): {
        "demo-fapi.binance.com": ("/fapi/",),
        "demo-fstream.binance.com": ("/market/ws", "/private/ws"),
    },
    ("bybit", False): {
        "api.bybit.com": ("/v5/",),
        "stream.bybit.com": ("/v5/public/linear", "/v5/private"),
    },
    ("bybit", True): {
        "api-testnet.bybit.com": ("/v5/",),
        "stream-testnet.bybit.com": ("/v5/public/linear", "/v5/private"),
    },
}
"""By venue and whether it is the test net: the hosts there are, as the venues' documents name them, and what each of
them serves.
"""

_Resolved = list[tuple[sockets.AddressFamily, sockets.SocketKind, int, str, tuple[str, int]]]


def strays(server: VenueServer, venue: str, *, is_testnet: bool) -> list[str]:
    """Return the requests and upgrades that the real venue would not have served under the name they were sent to."""
    served = ADDRESSES[venue, is_testnet]
    return [
        f"{request.host}{request.path}"
        for request in (*server.requests, *server.upgrades)
        if not request.path.startswith(served.get(request.host, ("nowhere",)))
    ]


@contextmanager
def real_names(folder: Path, *servers: VenueServer) -> Iterator[None]:
    """Let the venues' names mean `servers`, which run with `is_tls`, and their certificates be trusted; no others."""
    trusted = folder / "authorities.pem"
    trusted.write_bytes(b"".join({server.certificate for server in servers}))
    ports = {host: server.tls_port for server in servers for host in server.hosts}
    ask = asyncio.BaseEventLoop.getaddrinfo

    async def resolve(loop: asyncio.BaseEventLoop, host: Any, port: Any, **named: Any) -> Any:  # noqa: ANN401
        if host not in ports:
            return await ask(loop, host, port, **named)
        # At once and without a thread: virtual time would not wait for one.
        found: _Resolved = [(sockets.AF_INET, sockets.SOCK_STREAM, 6, "", ("127.0.0.1", ports[host]))]
        return found

    def where() -> str:
        return str(trusted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
        # Where the libraries look for authorities: ccxt in a bundle, streams in the system's place.
        patch.setattr(certifi, "where", where)
        patch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(trusted))
        patch.setenv(ssl.get_default_verify_paths().openssl_capath_env, str(folder / "none"))
        yield
