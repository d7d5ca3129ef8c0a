"""One venue's REST interface: calls, limits, the venue's time. What the answers mean belongs to those who call."""

import asyncio
import importlib
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import localcontext
from typing import Any

import aiohttp

from bot.exchanges.access import VenueAccess
from bot.exchanges.errors import TroubleKind, VenueAnswer, VenueFailure, VenueTrouble, translate
from bot.exchanges.profiles import VenueProfile
from bot.exchanges.rest.ccxt_loading import load_client_class
from bot.exchanges.rest.gate import VenueGate, VenueListener
from bot.exchanges.rest.library import Seams, Sending, build_library, milliseconds
from bot.exchanges.rest.pace import PacedLane
from bot.exchanges.rest.server_time import VenueTime
from bot.exchanges.unanswered import never_left
from core.domain.errors import ConfigurationError, RetryLater
from core.domain.orders import RefusalReason
from core.ports.edges import Clock

__all__ = ["VenueClient", "VenueListener"]

_log = logging.getLogger(__name__)
_RETRY_SOON = timedelta(seconds=5)
_RETRY_LATE = timedelta(minutes=1)
_MISREAD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What ccxt's parsers raise at answers of a shape that they do not expect."""


@dataclass(slots=True, kw_only=True)
class _Call:
    """What has been done so far for one call of ours, which may be several requests.

    Attributes:
        lane: Where its reads take their turn.
        is_acting: The request that goes out now is an order or a change, which have a lane of their own.
        has_sent: Something has gone out, or may have.
        has_acted: The venue took an order or a change; whatever fails afterwards does not undo it.
    """

    lane: PacedLane
    is_acting: bool = False
    has_sent: bool = False
    has_acted: bool = False


_CALL: ContextVar[_Call] = ContextVar("venue_call")


class VenueClient:
    """The REST calls of one venue, through ccxt; opened by its first call, `close` it once at the end.

    Args:
        listener: Is told when the venue limits us, and when it does no more.
        session: Makes the HTTP session to use, which is closed with the client; None: ccxt's own.
    """

    def __init__(
        self,
        access: VenueAccess,
        *,
        clock: Clock,
        listener: VenueListener | None = None,
        session: Callable[[], aiohttp.ClientSession] | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._make_session = session
        self._session: aiohttp.ClientSession | None = None
        self._library: Any = None
        self._foreign: tuple[type[Exception], ...] = (VenueAnswer, VenueFailure)
        self._opening = asyncio.Lock()
        self._loading = asyncio.Lock()
        self._is_closed = False
        profile = access.profile
        self._gate = VenueGate(profile.name, clock, listener)
        self._acts = PacedLane(profile.order_pace, clock)
        self._urgent = PacedLane(profile.read_pace, clock)
        self._reads = PacedLane(profile.read_pace, clock)
        self._time = VenueTime(clock, lambda: milliseconds(clock), self._ask_time, self._set_time)

    @property
    def access(self) -> VenueAccess:
        """How the venue is reached."""
        return self._access

    @property
    def profile(self) -> VenueProfile:
        """What the venue is like."""
        return self._access.profile

    @property
    def name(self) -> str:
        """Our name for the venue."""
        return self._access.profile.name

    @property
    def library(self) -> Any:  # noqa: ANN401 - ccxt's classes have no useful types
        """The ccxt instance, for what needs no request: contracts, parsing. Never call the venue through it."""
        if self._library is None:
            raise RuntimeError(f"the client of {self.name} is not open")
        return self._library

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far our clock is ahead of the venue's (below zero: behind); None before it was measured."""
        return self._time.ahead

    async def measure_time(self) -> timedelta:
        """Measure now how far our clock is ahead of the venue's, as a read (see `ask`)."""
        try:
            await self._opened()
            await self._within(self._reads, self._time.measure)
        except VenueFailure as failure:
            raise _for_reader(self.profile, failure.trouble) from None
        return self._time.ahead or timedelta(0)

    async def open(self) -> None:
        """Load ccxt's class and build the instance; safe to repeat."""
        async with self._opening:
            if self._library is not None or self._is_closed:
                return
            found = await load_client_class(self.profile.ccxt_id)
            base: type[Exception] = importlib.import_module("ccxt.base.errors").BaseError
            self._foreign = (VenueAnswer, VenueFailure, base, aiohttp.ClientError, OSError)
            self._session = self._make_session() if self._make_session else None
            seams = Seams(fetch=self._fetch, throttle=self._throttle, load_markets=self._load_markets)
            self._library = build_library(found, self._access, self._clock, seams, self._session)

    async def close(self) -> None:
        """Let go of the connections; safe to repeat. Calls fail from now on."""
        self._is_closed = True
        library, self._library = self._library, None
        session, self._session = self._session, None
        if library is not None:
            await library.close()
        if session is not None:
            await session.close()

    async def call(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401
        """Call ccxt's `method` (unified or implicit) at the venue; it waits behind no read.

        Raises:
            VenueFailure: it did not do what was asked.
        """
        return await self._run(self._urgent, method, arguments, named)

    async def ask(self, method: str, *arguments: object, **named: object) -> Any:  # noqa: ANN401
        """Read something from the venue with ccxt's `method`.

        Raises:
            RetryLater: the venue cannot answer now.
            ConfigurationError: a person must mend keys or settings first.
        """
        try:
            return await self._run(self._reads, method, arguments, named)
        except VenueFailure as failure:
            raise _for_reader(self.profile, failure.trouble) from None

    async def _run(
        self, lane: PacedLane, method: str, arguments: tuple[object, ...], named: Mapping[str, object]
    ) -> Any:  # noqa: ANN401
        doing = getattr(await self._opened(), method)
        return await self._within(lane, lambda: doing(*arguments, **named))

    async def _opened(self) -> Any:  # noqa: ANN401
        await self.open()
        if self._library is None:
            detail = f"the client of {self.name} is closed"
            raise VenueFailure(
                VenueTrouble(kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER, detail=detail, code="closed")
            )
        return self._library

    async def _within(self, lane: PacedLane, doing: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Await `doing`, with all that goes wrong translated."""
        call = _Call(lane=lane)
        token = _CALL.set(call)
        try:
            # ccxt sets the rounding of the whole task's decimal context.
            with localcontext():
                return await doing()
        except VenueFailure as failure:
            raise VenueFailure(_judged(failure.trouble, call)) from None
        # The library's texts carry signed addresses: they are not chained to what is shown and logged.
        except self._foreign as error:
            trouble = translate(error, self.profile.codes, self._clock.now())
            raise VenueFailure(_judged(trouble, call)) from None
        except _MISREAD as error:
            if not call.has_sent:
                raise
            _log.exception("venue_answer_not_read", extra={"venue": self.name})
            trouble = VenueTrouble(kind=TroubleKind.UNKNOWN, detail="unreadable answer", code=type(error).__name__)
            raise VenueFailure(trouble) from None
        finally:
            _CALL.reset(token)

    # --- inside ccxt ---------------------------------------------------------------------------------------------

    async def _throttle(self, cost: Any) -> None:  # noqa: ANN401
        call = _CALL.get()
        self._gate.check()
        await (self._acts if call.is_acting else call.lane).take(int(cost * 1000))
        self._gate.check()
        call.has_sent = True

    async def _fetch(self, sending: Sending, section: str, method: str) -> Any:  # noqa: ANN401
        call = _CALL.get()
        is_signed = section in self.profile.signed_sections
        if is_signed:
            await self._keep_time(call)
        is_acting = is_signed and method != "GET"
        sent_at = self._clock.now()
        try:
            answer = await self._send(sending, call, is_acting)
        except VenueAnswer as error:
            if not is_signed or self.profile.codes.read(error.body)[0] not in self.profile.codes.clock:
                raise
            # Such a request was not executed: it is sent once more with the right time.
            if not await self._measured(sent_at):
                raise
            answer = await self._send(sending, call, is_acting)
        call.has_acted |= is_acting
        return answer

    async def _send(self, sending: Sending, call: _Call, is_acting: bool) -> Any:  # noqa: ANN401
        call.is_acting = is_acting
        try:
            answer = await sending()
        except VenueAnswer as error:
            trouble = translate(error, self.profile.codes, self._clock.now())
            if trouble.kind is TroubleKind.BACK_OFF:
                await self._gate.shut(trouble)
            elif trouble.kind is not TroubleKind.UNKNOWN:
                await self._gate.passed()
            raise
        except self._foreign as error:
            call.has_sent &= not (is_acting and never_left(error))
            raise
        await self._gate.passed()
        return answer

    async def _keep_time(self, call: _Call) -> None:
        """Measure the venue's time when that is due; orders wait for the first measurement only."""
        if not self._time.is_due() or (call.lane is self._urgent and self._time.ahead is not None):
            return
        # Where that fails the call goes out with the time as it is known; the venue says if that is wrong.
        await self._measured(self._clock.now())

    async def _measured(self, seen_at: datetime) -> bool:
        try:
            await self._time.measure(seen_at)
        except self._foreign as error:
            _log.warning("venue_time_not_read", extra={"venue": self.name, "error": type(error).__name__})
            return False
        return True

    async def _ask_time(self) -> int:
        theirs = await self.library.fetch_time()
        if theirs is None:
            raise VenueAnswer(200, "")
        return int(theirs)

    def _set_time(self, ahead_ms: int) -> None:
        self.library.options["timeDifference"] = ahead_ms

    async def _load_markets(self, reload: bool = False, params: Any = None) -> Any:  # noqa: ANN401
        # ccxt's own shares one task among all who wait: the first that is cancelled would take the others with it.
        async with self._loading:
            library = self.library
            if library.markets and not reload:
                return library.markets
            return await library.load_markets_helper(reload, params or {})


def _judged(trouble: VenueTrouble, call: _Call) -> VenueTrouble:
    """Return `trouble` in the light of what had gone out before it came."""
    if call.has_acted:
        return replace(trouble, kind=TroubleKind.UNKNOWN, reason=None, wait=None)
    if not call.has_sent and trouble.kind is TroubleKind.UNKNOWN:
        return replace(trouble, kind=TroubleKind.REFUSED, reason=RefusalReason.OTHER)
    return trouble


def _for_reader(profile: VenueProfile, trouble: VenueTrouble) -> RetryLater | ConfigurationError:
    said = f"{profile.title}: {trouble.detail or trouble.code}"
    if trouble.kind is TroubleKind.MISCONFIGURED:
        return ConfigurationError(said)
    soon = trouble.kind in {TroubleKind.UNKNOWN, TroubleKind.BACK_OFF}
    return RetryLater(said, trouble.wait or (_RETRY_SOON if soon else _RETRY_LATE))
