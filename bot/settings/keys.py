"""The whole of config.yaml as one section of sections."""

from bot.settings import keys_chat as chat
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
)
