"""An order of the paper exchange, as its own ledger keeps it; how it is filled belongs to the paper exchange."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.money import NO_MONEY, NO_QUANTITY, Money, Price, Quantity
from core.domain.orders import OrderRequest, OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperOrder:
    """What the simulated venue knows of one order.

    Attributes:
        exchange: Name of the simulated exchange.
        filled_quantity: Coins executed, 0 while none were.
        filled_price: Average price of the fill; None while there is none.
        fee_quote: Fee of the fill, zero or more.
        realised_quote: Profit that the fill realised before fees; 0 for an entry.
        detail: The venue's own sentence, empty when it had nothing to say.
    """

    exchange: str
    request: OrderRequest
    state: OrderState
    filled_quantity: Quantity = NO_QUANTITY
    filled_price: Price | None = None
    fee_quote: Money = NO_MONEY
    realised_quote: Money = NO_MONEY
    detail: str = ""
    created_at: datetime
    updated_at: datetime
