"""Tries a venue before anything trades there: reach, clock, what the keys and the account allow. Changes nothing."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from bot.exchanges.market.venue_market import VenueMarket
from bot.exchanges.orders.answers import inside, number
from bot.exchanges.orders.holdings import AccountReads
from bot.exchanges.orders.reads import READS
from bot.exchanges.rest.client import VenueClient
from core.domain.errors import RetryLater

_SYMBOL = "BTCUSDT"
_MOST_DRIFT = timedelta(seconds=1)
_FEW_DAYS = 14
_WITHDRAWS = "the key may WITHDRAW: take that permission away at the venue, whoever gets hold of the key gets the money"
_NO_TRADE = "the key may not trade: give it the permission to trade futures (derivatives)"
_UNBOUND = "the key is bound to no IP address: bind it to that of this machine"
_HEDGE = "hedge mode: switch the position mode to one-way, with no position and no order open"


@dataclass(slots=True, kw_only=True)
class VenueFindings:
    """What came of a try.

    Attributes:
        fine: What is as it should be.
        warnings: What a person should mend; trading is possible.
        faults: What a person must mend before it is traded there.
    """

    fine: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it, the worst first: what is to be mended has a line each."""
        return "\n".join([*self.faults, *self.warnings, "; ".join(self.fine)])


async def probe(client: VenueClient, market: VenueMarket) -> VenueFindings:
    """Return what is found at the venue of `client`; its account is looked at only where there are keys.

    Raises:
        RetryLater: the venue is away.
        ConfigurationError: it refuses the keys, or us.
    """
    found = VenueFindings()
    await _look_at_market(client, market, found)
    if client.access.has_keys:
        await _ACCOUNTS[client.name](client, found)
        balance = await AccountReads(client, market, READS[client.name]).balance()
        told = f"{balance.total:.2f} {client.profile.settle}, {balance.free:.2f} free"
        (found.fine if balance.free > 0 else found.warnings).append(told)
    else:
        found.fine.append("no keys: prices only")
    return found


async def _look_at_market(client: VenueClient, market: VenueMarket, found: VenueFindings) -> None:
    ahead = await client.measure_time()
    drift = f"our clock is {abs(ahead).total_seconds():.1f} s {'ahead of' if ahead > timedelta(0) else 'behind'} it"
    if abs(ahead) > _MOST_DRIFT:
        found.warnings.append(f"{drift}: let this machine keep its time by NTP")
    else:
        found.fine.append(f"reached, {drift}")
    price = await market.price(_SYMBOL)
    if price is None:
        raise RetryLater(f"{client.profile.title} tells no price of {_SYMBOL}", timedelta(minutes=1))
    found.fine.append(f"{_SYMBOL} at {price.normalize():f}")


async def _look_at_binance(client: VenueClient, found: VenueFindings) -> None:
    access = client.access
    # Its test net knows nothing of permissions.
    if not access.is_testnet or access.rest_url is not None:
        may = await client.ask("sapiGetAccountApiRestrictions")
        _judge_key(
            found,
            may_trade=_is_true(may.get("enableFutures")),
            may_withdraw=_is_true(may.get("enableWithdrawals")),
            is_bound=_is_true(may.get("ipRestrict")),
        )
    _judge_mode(found, is_hedge=_is_true((await client.ask("fapiPrivateGetPositionSideDual")).get("dualSidePosition")))
    if _is_true((await client.ask("fapiPrivateGetMultiAssetsMargin")).get("multiAssetsMargin")):
        found.faults.append("multi-assets mode allows no isolated margin: switch to single-asset mode")


async def _look_at_bybit(client: VenueClient, found: VenueFindings) -> None:
    key = inside(await client.ask("privateGetV5UserQueryApi"), ("result",)) or {}
    allowed = key.get("permissions") or {}
    trades = {"Order", "Position"} <= set(allowed.get("ContractTrade") or ())
    bound = [address for address in key.get("ips") or () if address != "*"]
    _judge_key(
        found,
        may_trade=trades and number(key.get("readOnly")) == 0,
        may_withdraw="Withdraw" in (allowed.get("Wallet") or ()),
        is_bound=bool(bound),
    )
    days = number(key.get("deadlineDay"))
    if not bound and days is not None and days < _FEW_DAYS:
        found.warnings.append(f"the key runs out in {days:f} days: make another")
    account = inside(await client.ask("privateGetV5AccountInfo"), ("result",)) or {}
    if number(account.get("unifiedMarginStatus")) == 1:
        found.faults.append("a classic account: upgrade it to a unified trading account")
    mode = account.get("marginMode")
    if mode != "ISOLATED_MARGIN":
        found.fine.append(f"margin mode {mode}: isolated margin is set with the first entry")
    rows = inside(
        await client.ask("privateGetV5PositionList", {"category": "linear", "symbol": _SYMBOL}), ("result", "list")
    )
    _judge_mode(found, is_hedge=any(number(row.get("positionIdx")) for row in rows or ()))


def _judge_key(found: VenueFindings, *, may_trade: bool, may_withdraw: bool, is_bound: bool) -> None:
    if may_trade:
        found.fine.append("the key may trade")
    else:
        found.faults.append(_NO_TRADE)
    if may_withdraw:
        found.warnings.append(_WITHDRAWS)
    else:
        found.fine.append("may not withdraw")
    if is_bound:
        found.fine.append("is bound to an IP address")
    else:
        found.warnings.append(_UNBOUND)


def _judge_mode(found: VenueFindings, *, is_hedge: bool) -> None:
    if is_hedge:
        found.faults.append(_HEDGE)
    else:
        found.fine.append("one-way mode")


def _is_true(raw: object) -> bool:
    """Return whether the venue says yes: it writes it as itself or as a text."""
    return raw is True or str(raw).lower() == "true"


_Look = Callable[[VenueClient, VenueFindings], Awaitable[None]]
_ACCOUNTS: Mapping[str, _Look] = MappingProxyType({"binance": _look_at_binance, "bybit": _look_at_bybit})
"""How the account of a venue is looked at, by the name of its profile."""
