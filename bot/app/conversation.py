"""Wires what people see and say: rights, commands, chats, and what carries alerts to them. The trade is in `trade`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from bot.app.chat import Chats, Hearers, TerminalUse, build_chats
from bot.app.copying import MessengerCopies
from bot.app.edges import Market
from bot.app.keeping import Keeping
from bot.app.outlook import Outlook
from bot.app.rights import Moves, approvals_of, build_access, load_grants
from bot.app.stakes import key_marks, live_keys
from bot.app.trade import Trade, TradingDesk
from bot.feeds.signal_socket import SignalSocket
from bot.settings import Settings, effective_text
from core.delivery.relay import Relay, Spawn
from core.domain.delivery import Traffic
from core.domain.market import ExchangeRef
from core.ports.edges import Clock
from core.trading.pausing import Pausing
from core.trading.releasing import Releasing
from handlers.access import Access
from handlers.alert_renderer import AlertRenderer
from handlers.card_sources import CardSources
from handlers.confirming.questions import Confirmations
from handlers.dispatch import Dispatcher
from handlers.menus import menus
from handlers.registry import Registry, build_registry
from handlers.services import LogLine, Services

Logs = Callable[[int, str], Sequence[LogLine]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What people talk about, and how this process runs.

    Attributes:
        market: Its exchanges by name; `refs` in the order of their ids.
        logs: The newest lines of the log.
    """

    trade: Trade
    market: Market
    refs: Sequence[ExchangeRef]
    feed: SignalSocket
    clock: Clock
    spawn: Spawn
    terminal: TerminalUse
    logs: Logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Everything between people and the trade."""

    chats: Chats
    dispatch: Dispatcher
    relay: Relay
    outlook: Outlook


async def converse(settings: Settings, keeping: Keeping, ground: Ground) -> Conversation:
    """Return it, with the rights and the moved chats that earlier processes have stored."""
    clock = ground.clock
    registry = build_registry()
    access = build_access(settings)
    await load_grants(keeping.units, access)
    moves = Moves(units=keeping.units, routing=keeping.routing, access=access)
    await moves.load()

    async def traffic() -> Sequence[Traffic]:
        return await relay.traffic()

    outlook = Outlook(
        feed=ground.feed,
        traffic=traffic,
        units=keeping.units,
        exchanges=ground.market.exchanges,
        prices=ground.market.health,
    )
    confirmations, copies = Confirmations(clock=clock), MessengerCopies()
    dispatch = Dispatcher(
        registry=registry,
        access=access,
        services=_services(settings, keeping, ground, outlook, access=access, confirmations=confirmations),
        confirmations=confirmations,
        approvals=approvals_of(settings),
        copies=copies,
    )
    told = [str(destination) for route in settings.routes for destination in route.to]
    hearers = Hearers(
        dispatch=dispatch,
        commands=registry.commands,
        menus=lambda platform: menus(registry, access, platform, told),
        changes=keeping.database.changes,
        moved=moves.follow,
    )
    chats = build_chats(settings, hearers, clock=clock, terminal=ground.terminal)
    copies.connect(chats.messengers)
    relay = Relay(
        outbox=keeping.outbox,
        units=keeping.units,
        renderer=_renderer(settings, keeping, ground, registry),
        messengers=chats.messengers,
        clock=clock,
        spawn=ground.spawn,
        settings=settings.delivery,
        moved=moves.follow,
    )
    return Conversation(chats=chats, dispatch=dispatch, relay=relay, outlook=outlook)


def _services(
    settings: Settings,
    keeping: Keeping,
    ground: Ground,
    outlook: Outlook,
    *,
    access: Access,
    confirmations: Confirmations,
) -> Services:
    trade, clock = ground.trade, ground.clock
    pausing = Pausing(units=keeping.units, clock=clock)
    releasing = Releasing(units=keeping.units, clock=clock, live_keys=live_keys(settings))
    return Services(
        units=keeping.units,
        clock=clock,
        prices=ground.market.prices,
        desk=TradingDesk(pausing=pausing, releasing=releasing, guardian=trade.guardian, vetoes=trade.vetoes),
        outbox=keeping.outbox,
        exchanges=ground.refs,
        mode=settings.trading.mode,
        version=version("wavehelm"),
        started_at=clock.now(),
        defaults=settings.trading.defaults,
        fee=settings.paper.fee,
        next_wave_at=trade.conductor.upcoming,
        health=outlook.health,
        balances=outlook.balances,
        rights=access,
        traffic=outlook.traffic,
        logs=ground.logs,
        config=lambda: effective_text(settings),
        fixed_stop_list=settings.validation.stop_list,
        questions=confirmations.waiting,
        trading=settings.trading,
        keys=key_marks(settings),
    )


def _renderer(settings: Settings, keeping: Keeping, ground: Ground, registry: Registry) -> AlertRenderer:
    sources = CardSources(
        units=keeping.units,
        clock=ground.clock,
        exchanges=ground.refs,
        prices=ground.market.prices,
        fee=settings.paper.fee,
        mode=settings.trading.mode,
        progress=ground.trade.board.progress,
    )
    return AlertRenderer(registry, ground.refs, sources)
