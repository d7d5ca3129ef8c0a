"""Makes an account ready for entries: one-way positions, isolated margin, leverage. Orders are sent elsewhere."""

from bot.exchanges.errors import TroubleKind, VenueFailure, VenueTrouble
from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import inside, number
from bot.exchanges.orders.reads import OrderReads
from bot.exchanges.orders.refusals import refused
from bot.exchanges.orders.restraint import CallKind, Restraint
from bot.exchanges.rest.client import VenueClient
from core.domain.orders import Accepted, OrderOutcome, RefusalReason, Refused, Unknown

_PASSING = {TroubleKind.BACK_OFF, TroubleKind.UNKNOWN}


class AccountSetup:
    """Sets once, and reads back, what entries of one account depend on; remembers what was seen to be so."""

    def __init__(self, client: VenueClient, market: VenueMarket, reads: OrderReads, restraint: Restraint) -> None:
        self._client = client
        self._market = market
        self._reads = reads.setup
        self._restraint = restraint
        self._is_one_way = False
        self._isolated: set[str] = set()
        self._leverages: dict[str, int] = {}

    async def set_leverage(self, symbol: str, leverage: int) -> OrderOutcome:
        """Let entries of `symbol` be made with `leverage`, isolated, in one-way mode; nothing is sent if that is so."""
        if self._is_one_way and self._is_isolated(symbol) and self._leverages.get(symbol) == leverage:
            return Accepted()
        held_back = self._restraint.refusal(CallKind.LEVERAGE, symbol)
        if held_back is not None:
            return held_back
        try:
            outcome = await self._prepare(symbol, leverage)
        except VenueFailure as failure:
            await self._restraint.failed(CallKind.LEVERAGE, symbol, failure.trouble)
            if failure.trouble.kind is TroubleKind.UNKNOWN:
                return Unknown(detail=failure.trouble.detail or failure.trouble.code)
            return refused(failure.trouble)
        self._restraint.succeeded(CallKind.LEVERAGE, symbol)
        return outcome

    async def _prepare(self, symbol: str, leverage: int) -> OrderOutcome:
        if not self._is_one_way:
            await self._use_one_way()
        if not self._is_isolated(symbol):
            await self._use_isolated(symbol)
        self._leverages.pop(symbol, None)
        await self._set("set_leverage", leverage, self._market.unified(symbol))
        answer = await self._client.call(self._reads.leverage_method, self._about(symbol))
        found = number(inside(answer, self._reads.leverage_path))
        if found != leverage:
            detail = f"{self._client.profile.title} keeps leverage {found} for {symbol}"
            return Refused(reason=RefusalReason.LEVERAGE, detail=detail)
        self._leverages[symbol] = leverage
        return Accepted()

    async def _use_one_way(self) -> None:
        # The answer is the proof: done, or already so.
        mend = "switch the account to one-way mode, with no position and no order open"
        await self._set("set_position_mode", False, mend=mend)
        self._is_one_way = True

    async def _use_isolated(self, symbol: str) -> None:
        if not await self._reads_isolated(symbol):
            mend = "switch to isolated margin by hand, with no position and no order open"
            await self._set("set_margin_mode", "isolated", self._market.unified(symbol), mend=mend)
            if not await self._reads_isolated(symbol):
                raise VenueFailure(_to_mend(f"{self._client.profile.title} keeps cross margin: {mend}", "cross margin"))
        self._isolated.add("" if self._reads.mode_is_of_account else symbol)

    def _is_isolated(self, symbol: str) -> bool:
        return ("" if self._reads.mode_is_of_account else symbol) in self._isolated

    async def _reads_isolated(self, symbol: str) -> bool:
        about = {} if self._reads.mode_is_of_account else self._about(symbol)
        answer = await self._client.call(self._reads.mode_method, about)
        return bool(inside(answer, self._reads.mode_path) == self._reads.isolated)

    def _about(self, symbol: str) -> dict[str, object]:
        return {**self._reads.params, "symbol": symbol}

    async def _set(self, method: str, *arguments: object, mend: str = "") -> None:
        """Change a setting; with `mend`, whatever the venue refuses is for a person to mend."""
        try:
            await self._client.call(method, *arguments)
        except VenueFailure as failure:
            trouble = failure.trouble
            if trouble.kind is TroubleKind.ALREADY_SO:
                return
            if not mend or trouble.kind in _PASSING or trouble.reason is RefusalReason.RATE_LIMITED:
                raise
            detail = trouble.detail if trouble.kind is TroubleKind.MISCONFIGURED else f"{mend} ({trouble.detail})"
            raise VenueFailure(_to_mend(detail, trouble.code)) from None


def _to_mend(detail: str, code: str) -> VenueTrouble:
    return VenueTrouble(kind=TroubleKind.MISCONFIGURED, reason=RefusalReason.MISCONFIGURED, detail=detail, code=code)
