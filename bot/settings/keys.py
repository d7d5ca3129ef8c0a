"""The whole of config.yaml as one section of sections."""

from bot.settings import keys_edges as edges
from bot.settings import keys_trading as trade
from bot.settings.keys_trading import same
from bot.settings.schema import Settings
from bot.settings.section import Section

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
        telegram=edges.TELEGRAM,
        slack=edges.SLACK,
        terminal=edges.TERMINAL,
        access=edges.ACCESS,
        routes=edges.ROUTES,
        delivery=edges.DELIVERY,
        database=edges.DATABASE,
        reports=edges.REPORTS,
        assistant=edges.ASSISTANT,
        ops=edges.OPS,
    ),
)
