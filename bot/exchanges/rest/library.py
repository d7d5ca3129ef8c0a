"""The ccxt instance of one venue as we want it: our roots and time, exact numbers, raw errors. It calls nobody."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.exchanges.access import VenueAccess
from bot.exchanges.errors import VenueAnswer
from bot.exchanges.orders.answers import inside
from bot.exchanges.profiles import VenueProfile
from core.ports.edges import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIMEOUT_MS = 120_000
"""Longer than any limit of ours: a call is cut off by who asked for it."""

Sending = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """What of ccxt's inside is ours.

    Attributes:
        fetch: Stands around one request; is given what sends it, the section of ccxt's roots, and the HTTP method.
        throttle: Waits until a call of that cost may go.
        load_markets: Loads the contracts unless they are there.
    """

    fetch: Callable[[Sending, str, str], Awaitable[Any]]
    throttle: Callable[[Any], Awaitable[None]]
    load_markets: Callable[..., Awaitable[Any]]


def milliseconds(clock: Clock) -> int:
    """Return the time of `clock` as venues write it."""
    return (clock.now() - _EPOCH) // _MILLISECOND


def build_library(found: type[Any], access: VenueAccess, clock: Clock, seams: Seams, session: object = None) -> Any:  # noqa: ANN401
    """Return an instance of ccxt's class `found` for `access`.

    `session` None: ccxt opens one of its own when it needs it.
    """
    profile = access.profile
    settings: dict[str, object] = {
        "enableRateLimit": True,
        "timeout": _TIMEOUT_MS,
        # Texts instead of binary fractions: the one type that all of ccxt's own arithmetic keeps exact.
        "number": str,
        "options": {
            name: dict(value) if isinstance(value, Mapping) else value for name, value in profile.ccxt_options.items()
        },
    }
    if access.has_keys:
        settings |= {"apiKey": access.api_key, "secret": access.api_secret}
    if session is not None:
        settings["session"] = session
    library = found(settings)
    # Coins are asked for with keys, and nobody here needs them.
    library.has["fetchCurrencies"] = False
    library.urls = {"api": rest_urls(library, access)}
    library.timeout_on_exit = 0
    library.milliseconds = lambda: milliseconds(clock)
    library.on_json_response = _exact
    library.handle_errors = _raw_errors(access)
    library.sign = _unbranded(library.sign)
    _take_over(library, seams, profile)
    return library


def _take_over(library: Any, seams: Seams, profile: VenueProfile) -> None:  # noqa: ANN401
    sending = library.fetch2

    async def fetch(path: str, api: list[str], method: str, params: Any, config: Any) -> Any:  # noqa: ANN401
        answer = await seams.fetch(lambda: sending(path, api, method, params, config), api[0], method)
        if method == "GET" and path in profile.lists and not _is_list(inside(answer, profile.lists[path])):
            # ccxt would take it for an empty one.
            raise VenueAnswer(200, "")
        return answer

    library.fetch2 = fetch
    library.throttle = seams.throttle
    library.load_markets = seams.load_markets


def _is_list(told: object) -> bool:
    return isinstance(told, list) and all(isinstance(row, Mapping) for row in told)


def rest_urls(library: Any, access: VenueAccess) -> dict[str, str]:  # noqa: ANN401
    """Return the roots of the sections that we use, by section: the venue's, its test net's, or all at one root."""
    profile = access.profile
    sections = profile.public_sections | profile.signed_sections
    known = {name: library.implode_hostname(url) for name, url in library.urls["api"].items() if name in sections}
    if access.rest_url is not None:
        root = access.rest_url.rstrip("/")
        return {name: root + urlsplit(url).path for name, url in known.items()}
    if access.is_testnet:
        # Sections that the test net does not have are left out: test keys never go to the real venue.
        test = library.urls[profile.testnet_urls]
        return {name: library.implode_hostname(test[name]) for name in known if name in test}
    return known


def _exact(body: str) -> object:
    return json.loads(body, parse_float=str)


def _raw_errors(access: VenueAccess) -> Callable[..., None]:
    codes = access.profile.codes

    def judge(
        status: int, _reason: str, _url: str, _method: str, headers: Mapping[str, str], body: str, *_: object
    ) -> None:
        if codes.refuses(status, body):
            raise VenueAnswer(status, body, headers)

    return judge


def _unbranded(sign: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return `sign` without the header by which ccxt's own brokerage would be credited with our orders."""

    def signed(*arguments: object, **named: object) -> dict[str, Any]:
        request = sign(*arguments, **named)
        (request.get("headers") or {}).pop("Referer", None)
        return request

    return signed
