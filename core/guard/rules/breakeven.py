"""The stop goes to the entry plus costs once a set profit was seen; off unless set."""

from core.domain.money import Price, Ratio
from core.domain.positions import Position
from core.guard.judgement import Judgement, Sight, TightenStop


def breakeven_price(position: Position, fee: Ratio) -> Price:
    """Return the price at which closing pays the fees of both sides and nothing more."""
    return position.price_at_profit(Ratio(2 * fee))


def judge(sight: Sight) -> Judgement:
    """Tighten the stop to break-even, once."""
    position, threshold = sight.position, sight.settings.breakeven_at
    if threshold is None or position.is_breakeven or position.profit_ratio(sight.price) < threshold:
        return None
    return TightenStop(price=breakeven_price(position, sight.settings.fee), is_breakeven=True)
