"""The account endpoints of the Binance server: balance, positions, settings, income, keys. No orders."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.venues.account import FakeAccount
from tests.fakes.venues.binance_answers import Refusal, fixed, money, needed, number
from tests.fakes.venues.binance_routes import Route, Routes
from tests.fakes.venues.binance_rows import INCOMES, asset_row, income_row, risk_row
from tests.fakes.venues.book import MarginMode, Position
from tests.fakes.venues.contracts import Contract
from tests.fakes.venues.refusals import No, VenueSaysNo

_DONE = {"code": 200, "msg": "success"}


class BinancePrivate:
    """Answers what the account's owner may ask and set.

    Attributes:
        permissions: What the API key may do, as sapi's apiRestrictions tells it.
        is_multi_assets: The account margins with several coins, which forbids isolated margin.
    """

    def __init__(self, account: FakeAccount, server_ms: Callable[[], int]) -> None:
        self._account = account
        self._server_ms = server_ms
        self.is_multi_assets = False
        self.permissions: dict[str, Any] = {
            "ipRestrict": False,
            "createTime": 1_698_645_219_000,
            "enableReading": True,
            "enableFutures": True,
            "enableWithdrawals": False,
            "enableInternalTransfer": False,
            "permitsUniversalTransfer": False,
            "enableMargin": False,
            "enableSpotAndMarginTrading": False,
            "enableVanillaOptions": False,
            "enablePortfolioMarginTrading": False,
        }

    def routes(self) -> Routes:
        """Return the endpoints by method and path."""
        return {
            "GET /fapi/v2/balance": Route(act=self._balance, weight=5),
            "GET /fapi/v3/balance": Route(act=self._balance, weight=5),
            "GET /fapi/v2/account": Route(act=lambda _: self._account_row(is_v2=True), weight=5),
            "GET /fapi/v3/account": Route(act=lambda _: self._account_row(is_v2=False), weight=5),
            "GET /fapi/v2/positionRisk": Route(act=lambda params: self._risks(params, is_v2=True), weight=5),
            "GET /fapi/v3/positionRisk": Route(act=lambda params: self._risks(params, is_v2=False), weight=5),
            "GET /fapi/v1/positionSide/dual": Route(act=self._position_mode, weight=30),
            "POST /fapi/v1/positionSide/dual": Route(act=self._set_position_mode),
            "GET /fapi/v1/multiAssetsMargin": Route(
                act=lambda _: {"multiAssetsMargin": self.is_multi_assets}, weight=30
            ),
            "POST /fapi/v1/leverage": Route(act=self._set_leverage),
            "POST /fapi/v1/marginType": Route(act=self._set_margin_mode),
            "GET /fapi/v1/symbolConfig": Route(act=self._symbol_config, weight=5),
            "GET /fapi/v1/accountConfig": Route(act=self._account_config, weight=5),
            "GET /fapi/v1/leverageBracket": Route(act=self._brackets),
            "GET /fapi/v1/commissionRate": Route(act=self._commission, weight=20),
            "GET /fapi/v1/income": Route(act=self._income, weight=30),
            "GET /fapi/v1/apiTradingStatus": Route(
                act=lambda _: {"indicators": {}, "updateTime": self._server_ms()}, weight_all=10
            ),
            "GET /sapi/v1/account/apiRestrictions": Route(act=lambda _: self.permissions),
        }

    # --- what there is -------------------------------------------------------------------------------------------

    def _balance(self, _: Mapping[str, str]) -> object:
        account = self._account
        return [
            {
                "accountAlias": "SgsR",
                "asset": "USDT",
                "balance": money(account.wallet),
                "crossWalletBalance": money(account.wallet),
                "crossUnPnl": money(account.unrealised),
                "availableBalance": money(account.available),
                "maxWithdrawAmount": money(account.available),
                "marginAvailable": True,
                "updateTime": self._server_ms(),
            }
        ]

    def _account_row(self, *, is_v2: bool) -> object:
        account = self._account
        asset = asset_row(account, self._server_ms())
        row: dict[str, Any] = {
            "totalInitialMargin": asset["initialMargin"],
            "totalMaintMargin": asset["maintMargin"],
            "totalWalletBalance": asset["walletBalance"],
            "totalUnrealizedProfit": asset["unrealizedProfit"],
            "totalMarginBalance": asset["marginBalance"],
            "totalPositionInitialMargin": asset["positionInitialMargin"],
            "totalOpenOrderInitialMargin": asset["openOrderInitialMargin"],
            "totalCrossWalletBalance": asset["crossWalletBalance"],
            "totalCrossUnPnl": asset["crossUnPnl"],
            "availableBalance": asset["availableBalance"],
            "maxWithdrawAmount": asset["maxWithdrawAmount"],
            "assets": [asset],
            "positions": [self._position_row(position, is_v2=is_v2) for position in self._listed(is_v2=is_v2)],
        }
        if not is_v2:
            return row
        return row | {
            "feeTier": 0,
            "canTrade": self.permissions["enableFutures"],
            "canDeposit": True,
            "canWithdraw": self.permissions["enableWithdrawals"],
            "tradeGroupId": -1,
            "updateTime": 0,
            "multiAssetsMargin": self.is_multi_assets,
        }

    def _listed(self, *, is_v2: bool) -> list[Position]:
        """v2 lists every contract, v3 those with a position or an order."""
        symbols = [symbol for symbol in self._account.contracts if self._account.has_price(symbol)]
        positions = [self._account.position(symbol) for symbol in symbols]
        return [p for p in positions if is_v2 or p.amount or self._account.resting(p.symbol)]

    def _position_row(self, position: Position, *, is_v2: bool) -> dict[str, Any]:
        risk = risk_row(self._account, position, is_v2=False)
        row: dict[str, Any] = {
            "symbol": position.symbol,
            "positionSide": "BOTH",
            "positionAmt": risk["positionAmt"],
            "unrealizedProfit": risk["unRealizedProfit"],
            "isolatedMargin": risk["isolatedMargin"],
            "notional": risk["notional"],
            "isolatedWallet": risk["isolatedWallet"],
            "initialMargin": risk["initialMargin"],
            "maintMargin": risk["maintMargin"],
            "updateTime": position.updated_ms,
        }
        if not is_v2:
            return row
        return row | {
            "leverage": str(position.leverage),
            "isolated": position.margin_mode is MarginMode.ISOLATED,
            "entryPrice": risk["entryPrice"],
            "breakEvenPrice": risk["breakEvenPrice"],
            "maxNotional": "1000000",
            "positionInitialMargin": risk["initialMargin"],
            "openOrderInitialMargin": "0",
            "bidNotional": "0",
            "askNotional": "0",
        }

    def _risks(self, params: Mapping[str, str], *, is_v2: bool) -> object:
        if "symbol" in params:
            positions = [self._account.position(self._contract(params).symbol)]
        else:
            positions = self._listed(is_v2=is_v2)
        return [risk_row(self._account, position, is_v2=is_v2) for position in positions]

    def _income(self, params: Mapping[str, str]) -> object:
        wanted, symbol = params.get("incomeType"), params.get("symbol")
        if wanted is not None and wanted not in {*INCOMES.values(), "INSURANCE_CLEAR", "REFERRAL_KICKBACK"}:
            raise Refusal(-1130, "Data sent for parameter 'incomeType' is not valid.")
        drift = self._server_ms() - self._account.now_ms()
        end = number(params, "endTime", self._server_ms())
        start = number(params, "startTime", end - 7 * 24 * 3_600_000)
        rows = [
            income_row(payment)
            for payment in self._account.payments
            if symbol in {None, payment.symbol}
            and wanted in {None, INCOMES[payment.kind]}
            and start <= payment.time_ms + drift <= end
        ]
        limit = min(number(params, "limit", 100), 1000)
        first = (number(params, "page", 1) - 1) * limit
        return rows[first : first + limit]

    # --- settings ------------------------------------------------------------------------------------------------

    def _contract(self, params: Mapping[str, str]) -> Contract:
        return self._account.contract(needed(params, "symbol"))

    def _position_mode(self, _: Mapping[str, str]) -> object:
        return {"dualSidePosition": self._account.hedge_mode}

    def _set_position_mode(self, params: Mapping[str, str]) -> object:
        try:
            self._account.set_hedge_mode(needed(params, "dualSidePosition") == "true")
        except VenueSaysNo as no:
            texts = {
                No.UNCHANGED: (-4059, "No need to change position side."),
                No.HAS_POSITION: (-4068, "Position side cannot be changed if there exists position."),
                No.HAS_ORDERS: (-4067, "Position side cannot be changed if there exists open orders."),
            }
            raise Refusal(*texts[no.why]) from no
        return _DONE

    def _set_leverage(self, params: Mapping[str, str]) -> object:
        contract, leverage = self._contract(params), number(params, "leverage", 0)
        try:
            self._account.set_leverage(contract.symbol, leverage)
        except VenueSaysNo as no:
            if no.why is No.LEVERAGE_RANGE:
                raise VenueSaysNo(no.why, leverage=leverage) from no
            if no.why is not No.UNCHANGED:
                raise
        return {"symbol": contract.symbol, "leverage": leverage, "maxNotionalValue": "1000000"}

    def _set_margin_mode(self, params: Mapping[str, str]) -> object:
        modes = {"ISOLATED": MarginMode.ISOLATED, "CROSSED": MarginMode.CROSS}
        symbol, mode = self._contract(params).symbol, modes.get(needed(params, "marginType"))
        if mode is None:
            raise Refusal(-4049, "Invalid margin type.")
        if mode is MarginMode.ISOLATED and self.is_multi_assets:
            raise Refusal(-4168, "Unable to adjust to isolated-margin mode under the Multi-Assets mode.")
        try:
            self._account.set_margin_mode(symbol, mode)
        except VenueSaysNo as no:
            texts = {
                No.UNCHANGED: (-4046, "No need to change margin type."),
                No.HAS_POSITION: (-4048, "Margin type cannot be changed if there exists position."),
                No.HAS_ORDERS: (-4047, "Margin type cannot be changed if there exists open orders."),
            }
            raise Refusal(*texts[no.why]) from no
        return _DONE

    def _symbol_config(self, params: Mapping[str, str]) -> object:
        symbols = [self._contract(params).symbol] if "symbol" in params else list(self._account.contracts)
        return [
            {
                "symbol": symbol,
                "marginType": "ISOLATED" if position.margin_mode is MarginMode.ISOLATED else "CROSSED",
                "isAutoAddMargin": False,
                "leverage": position.leverage,
                "maxNotionalValue": "1000000",
            }
            for symbol in symbols
            for position in (self._account.position(symbol),)
        ]

    def _account_config(self, _: Mapping[str, str]) -> object:
        return {
            "feeTier": 0,
            "canTrade": self.permissions["enableFutures"],
            "canDeposit": True,
            "canWithdraw": True,
            "dualSidePosition": self._account.hedge_mode,
            "updateTime": 0,
            "multiAssetsMargin": self.is_multi_assets,
            "tradeGroupId": -1,
        }

    def _brackets(self, params: Mapping[str, str]) -> object:
        if "symbol" in params:
            return [_bracket_row(self._contract(params))]
        return [_bracket_row(contract) for contract in self._account.contracts.values()]

    def _commission(self, params: Mapping[str, str]) -> object:
        taker = self._account.rules.taker_fee_ratio
        return {
            "symbol": self._contract(params).symbol,
            "makerCommissionRate": fixed(taker * Decimal("0.4"), 6),
            "takerCommissionRate": fixed(taker, 6),
        }


def _bracket_row(contract: Contract) -> dict[str, Any]:
    return {
        "symbol": contract.symbol,
        "brackets": [
            {
                "bracket": 1,
                "initialLeverage": contract.max_leverage,
                "notionalCap": 50_000,
                "notionalFloor": 0,
                "maintMarginRatio": float(contract.maintenance_ratio),
                "cum": 0.0,
            },
            {
                "bracket": 2,
                "initialLeverage": max(contract.max_leverage // 2, 1),
                "notionalCap": 1_000_000,
                "notionalFloor": 50_000,
                "maintMarginRatio": float(contract.maintenance_ratio * 2),
                "cum": 500.0,
            },
        ],
    }
