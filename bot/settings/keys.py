"""The whole of config.yaml as one section of sections."""

from collections.abc import Iterator

from bot.settings import keys_chat as chat
from bot.settings import keys_edges as edges
from bot.settings import keys_trading as trade
from bot.settings.keys_trading import same
from bot.settings.schema import Settings
from bot.settings.section import Section
from core.domain.market import TradingMode


def _check_all(settings: Settings) -> Iterator[tuple[str, str]]:
    mode = settings.trading.mode
    if mode is not TradingMode.PAPER and settings.prices.is_simulated:
        yield "prices.source", f"simulated is not allowed in {mode} trading; allowed: exchange"


ALL = Section(
    Settings,
    same(
        trading=trade.TRADING,
        waves=trade.WAVES,
        validation=trade.VALIDATION,
        guard=trade.GUARD,
        tiers=trade.TIERS,
        paper=trade.PAPER,
        feed=edges.FEED,
        prices=edges.PRICES,
        exchanges=edges.EXCHANGES,
        telegram=chat.TELEGRAM,
        slack=chat.SLACK,
        terminal=chat.TERMINAL,
        access=chat.ACCESS,
        routes=chat.ROUTES,
        delivery=chat.DELIVERY,
        approvals=chat.APPROVALS,
        database=edges.DATABASE,
        reports=edges.REPORTS,
        assistant=edges.ASSISTANT,
        ops=edges.OPS,
    ),
    check=_check_all,
)
