"""The contracts that the Bybit server begins with: plain ones, a multiple, one letter, and some that do not trade."""

from decimal import Decimal

from tests.fakes.venues.contracts import Contract, ContractStatus

_D = Decimal

CONTRACTS: tuple[tuple[Contract, str | None], ...] = (
    (
        Contract(
            symbol="BTCUSDT",
            base="BTC",
            price_step=_D("0.10"),
            quantity_step=_D("0.001"),
            min_quantity=_D("0.001"),
            max_quantity=_D(150),
            max_leverage=100,
        ),
        "100000",
    ),
    (Contract(symbol="ETHUSDT", base="ETH", quantity_step=_D("0.01"), min_quantity=_D("0.01")), "4000"),
    (Contract(symbol="SOLUSDT", base="SOL", max_leverage=75), "150"),
    (
        Contract(
            symbol="1000TAGUSDT",
            base="1000TAG",
            price_step=_D("0.0001"),
            quantity_step=_D(1),
            min_quantity=_D(1),
            max_quantity=_D(300_000),
        ),
        "0.6",
    ),
    (
        Contract(
            symbol="TUSDT",
            base="T",
            price_step=_D("0.00001"),
            quantity_step=_D(1),
            min_quantity=_D(1),
            max_quantity=_D(1_000_000),
        ),
        "0.017",
    ),
    (
        Contract(
            symbol="XDCUSDT",
            base="XDC",
            price_step=_D("0.00001"),
            quantity_step=_D(1),
            min_quantity=_D(1),
            max_quantity=_D(500_000),
        ),
        "0.06",
    ),
    (Contract(symbol="SOONUSDT", base="SOON", status=ContractStatus.PENDING), None),
    (Contract(symbol="LEAVINGUSDT", base="LEAVING", status=ContractStatus.SETTLING), "1"),
    (Contract(symbol="GONEUSDT", base="GONE", status=ContractStatus.CLOSED), "2"),
)
