"""Bybit's positions and account: modes, leverage, stops of positions, the wallet, the key; orders belong elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.domain.money import exact
from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.book import Position
from tests.fakes.venues.bybit_answers import Answer, BybitSaysNo, in_bybits_words, parameter_error
from tests.fakes.venues.bybit_gate import Key
from tests.fakes.venues.bybit_lag import BybitLag
from tests.fakes.venues.bybit_orders import PRICE_KINDS, OrderDesk, check_mode, number
from tests.fakes.venues.bybit_public import Handler, check_category
from tests.fakes.venues.bybit_records import BybitRecords, page
from tests.fakes.venues.bybit_rows import Row, position_row, wallet_row
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.wire import plain

MARGIN_MODES = {"REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN"}


@dataclass(slots=True, kw_only=True)
class Standing:
    """What kind of account it is. `unified_status`: 1 classic, 3 and 4 unified 1.0, 5 and 6 unified 2.0."""

    unified_status: int = 6
    margin_mode: str = "REGULAR_MARGIN"

    @property
    def is_unified(self) -> bool:
        """False for a classic account."""
        return self.unified_status > 1


class AccountDesk:
    """Answers all that is about positions and the account.

    Attributes:
        routes: By `METHOD /path`.
        refuses_modes: Changing the margin mode fails, with a reason, as for accounts that may not have it.
    """

    def __init__(
        self,
        account: FakeAccount,
        *,
        lag: BybitLag,
        records: BybitRecords,
        orders: OrderDesk,
        key: Key,
        server_ms: Callable[[], int],
    ) -> None:
        self.standing = Standing()
        self.refuses_modes = False
        self._account = account
        self._lag = lag
        self._orders = orders
        self._key = key
        self._server_ms = server_ms
        self.routes: Mapping[str, Handler] = {
            "GET /v5/account/info": self._info,
            "GET /v5/user/query-api": self._key_info,
            "GET /v5/account/wallet-balance": self._wallet,
            "GET /v5/account/fee-rate": self._fee_rate,
            "GET /v5/asset/coin/query-info": self._coins,
            "POST /v5/account/set-margin-mode": self._set_margin_mode,
            "GET /v5/position/list": self._positions,
            "POST /v5/position/set-leverage": self._set_leverage,
            "POST /v5/position/switch-mode": self._switch_mode,
            "POST /v5/position/switch-isolated": self._switch_isolated,
            "POST /v5/position/trading-stop": self._set_stop,
            "GET /v5/execution/list": self._linear(records.list_executions),
            "GET /v5/position/closed-pnl": self._linear(records.list_closed_profits),
            "GET /v5/account/transaction-log": records.list_transactions,
        }

    def _linear(self, handler: Handler) -> Handler:
        def checked(params: Mapping[str, str]) -> Answer:
            check_category(params)
            return handler(params)

        return checked

    # --- the account ---------------------------------------------------------------------------------------------

    def _info(self, params: Mapping[str, str]) -> Answer:
        return {
            "marginMode": self.standing.margin_mode,
            "updatedTime": str(self._server_ms()),
            "unifiedMarginStatus": self.standing.unified_status,
            "dcpStatus": "OFF",
            "timeWindow": 10,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }

    def _key_info(self, params: Mapping[str, str]) -> Answer:
        trades = ["Order", "Position"] if self._key.can_trade else []
        return {
            "id": "13770661",
            "note": "tests",
            "apiKey": self._key.api_key,
            "readOnly": int(self._key.is_read_only),
            "secret": "",
            "permissions": {
                "ContractTrade": trades,
                "Spot": [],
                "Wallet": ["AccountTransfer", *(["Withdraw"] if self._key.can_withdraw else [])],
                "Options": [],
                "Derivatives": ["DerivativesTrade"] if self._key.can_trade else [],
                "CopyTrading": [],
                "BlockTrade": [],
                "Exchange": [],
                "NFT": [],
                "Affiliate": [],
            },
            "ips": ["*"],
            "type": 1,
            "deadlineDay": 83,
            "expiredAt": "2027-01-15T03:21:05Z",
            "createdAt": "2026-10-16T02:24:40Z",
            "unified": 0,
            "uta": int(self.standing.is_unified),
            "userID": 24600000,
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_DEFAULT",
            "kycRegion": "",
        }

    def _wallet(self, params: Mapping[str, str]) -> Answer:
        if params.get("accountType") != "UNIFIED":
            raise parameter_error("accountType only support UNIFIED.")
        return {"list": [self.wallet()]}

    def wallet(self) -> Row:
        """Return the wallet as it is written now."""
        return wallet_row(
            wallet=self._account.wallet,
            unrealised=self._account.unrealised,
            margin=self._account.margin,
            is_isolated=self.standing.margin_mode == "ISOLATED_MARGIN",
        )

    def _fee_rate(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        taker = plain(self._account.rules.taker_fee_ratio)
        symbols = [params["symbol"]] if params.get("symbol") else list(self._account.contracts)
        return {"list": [{"symbol": one, "takerFeeRate": taker, "makerFeeRate": "0.0002"} for one in symbols]}

    def _coins(self, params: Mapping[str, str]) -> Answer:
        return {"rows": [{"name": "USDT", "coin": "USDT", "remainAmount": "10000000", "chains": []}]}

    def _set_margin_mode(self, params: Mapping[str, str]) -> Answer:
        mode = params.get("setMarginMode", "")
        if mode not in MARGIN_MODES:
            raise parameter_error("params error: setMarginMode invalid")
        is_change = mode != self.standing.margin_mode
        if self.refuses_modes or (is_change and (self._account.positions() or self._account.resting())):
            reasons = {"reasons": [{"reasonCode": "3400000", "reasonMsg": "Existing positions or orders"}]}
            raise BybitSaysNo(3400045, "Set margin mode failed", result=reasons)
        self.standing.margin_mode = mode
        self._orders.is_isolated = mode == "ISOLATED_MARGIN"
        return {"reasons": []}

    # --- positions -----------------------------------------------------------------------------------------------

    def row(self, position: Position, *, none: str = "") -> Row:
        """Return a position as it is written now."""
        symbol = position.symbol
        prices = self._account.prices(symbol) if self._account.has_price(symbol) else None
        contract, price = self._account.contract(symbol), self._account.liquidation_price(symbol)
        return position_row(position, contract, prices, price, none=none)

    def _positions(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        symbol = params.get("symbol")
        if not symbol and not params.get("settleCoin") and not params.get("baseCoin"):
            raise parameter_error("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
        if symbol:
            self._account.contract(symbol)
            shown = [self._lag.position(symbol)]
        else:
            every = (self._lag.position(name) for name in self._account.contracts)
            shown = [position for position in every if position.amount]
        return page([self.row(position) for position in shown], params, default=20, most=200)

    def _set_leverage(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        buy, sell = number(params, "buyLeverage"), number(params, "sellLeverage")
        if buy != sell:
            raise parameter_error("buy leverage invalid")
        try:
            self._account.set_leverage(params.get("symbol", ""), int(buy))
        except VenueSaysNo as refusal:
            raise in_bybits_words(refusal, unchanged=(110043, "leverage not modified")) from None
        return {}

    def _switch_mode(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        if params.get("mode") not in {"0", "3"}:
            raise parameter_error("params error: mode invalid")
        try:
            self._account.set_hedge_mode(params["mode"] == "3")
        except VenueSaysNo as refusal:
            raise in_bybits_words(refusal, unchanged=(110025, "Position mode is not modified")) from None
        return {}

    def _switch_isolated(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        if self.standing.is_unified:
            raise BybitSaysNo(100028, "unified account is forbidden")
        is_isolated = params.get("tradeMode") == "1"
        if is_isolated is self._orders.is_isolated:
            raise BybitSaysNo(110026, "Cross/isolated margin mode is not modified")
        self._orders.is_isolated = is_isolated
        return {}

    def _set_stop(self, params: Mapping[str, str]) -> Answer:
        check_category(params)
        check_mode(self._account, params)
        symbol = params.get("symbol", "")
        self._account.contract(symbol)
        if params.get("tpslMode", "Full") != "Full" or "stopLoss" not in params:
            raise parameter_error("params error: only a full stop loss is known here")
        if self._lag.position(symbol).side is None:
            raise VenueSaysNo(No.NO_POSITION)
        price: Decimal | None = exact(number(params, "stopLoss")) or None
        self._account.attach_stop(symbol, price, trigger_by=PRICE_KINDS[params.get("slTriggerBy", "LastPrice")])
        return {}
