"""What people see of live trading, which nobody plays out here: /mode, and each alert as one of a live desk."""

from dataclasses import replace

from core.domain.delivery import Alert
from core.domain.market import Balance, TradingMode
from core.domain.replies import Reply
from core.domain.settings import TradingSettings
from handlers.alert_renderer import AlertRenderer
from handlers.confirming.approvals import ApprovalSettings
from handlers.dispatch import Dispatcher
from handlers.registry import build_registry
from tests.builders import NOW, money
from tests.fakes.chat import BINANCE, BYBIT, FakeChat
from tests.fakes.events import EVENTS
from tests.handlers.cards.scenes import Stage

_KEYS = {"binance": "3f2a0001", "bybit": "99aa0002"}


async def mode_at_stake() -> list[tuple[str, Reply]]:
    """Return what /mode answers on a live desk, from held back to released; each with its caption."""
    chat = FakeChat()
    chat.funds = {"binance": Balance(total=money("1234.5"), free=money(1000))}
    chat.desk.keys = _KEYS
    trading = TradingSettings(mode=TradingMode.LIVE, size_quote=money(50), leverage=2)
    chat.dispatch = Dispatcher(
        registry=chat.registry,
        access=chat.access,
        services=replace(chat.services, mode=TradingMode.LIVE, trading=trading, keys=_KEYS),
        confirmations=chat.confirmations,
        approvals=ApprovalSettings(),
        copies=chat.copies,
    )
    shown = [(words, await chat.say(words)) for words in ("/mode", "/mode live")]
    return [*shown, ("confirmed", await chat.act("/mode live")), ("/mode paper", await chat.say("/mode paper"))]


def alerts_at_stake() -> list[tuple[str, Reply]]:
    """Return every kind of alert as a live desk tells it, by kind."""
    renderer = AlertRenderer(build_registry(), (BINANCE, BYBIT), Stage().sources)
    return [
        (
            event.kind,
            renderer.render(
                Alert(
                    id=number,
                    kind=event.kind,
                    severity=event.severity,
                    mode=TradingMode.LIVE,
                    created_at=NOW,
                    event=event,
                )
            ),
        )
        for number, event in enumerate(EVENTS, start=1)
    ]
