"""A dispatcher over fakes, spoken to as a person would; no platform and no database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from core.domain.delivery import Traffic
from core.domain.market import Balance, ExchangeRef, TradingMode
from core.domain.money import Ratio
from core.domain.people import AuditEntry, Person, Role
from core.domain.positions import Position
from core.domain.replies import Reply
from core.domain.settings import TradingSettings
from core.domain.signals import Signal
from core.domain.verdicts import VerdictRecord
from core.ports.delivery import Router
from handlers.access import Access
from handlers.confirming.approvals import ApprovalSettings
from handlers.confirming.questions import Confirmations
from handlers.dispatch import Dispatcher
from handlers.invocation import Invocation, InvocationKind
from handlers.registry import Registry, build_registry
from handlers.services import HealthItem, LogLine, Services
from tests.builders import NOW, make_stored_params
from tests.fakes.clock import FakeClock
from tests.fakes.copies import FakeCopies
from tests.fakes.desk import FakeDesk
from tests.fakes.memory_outbox import MemoryOutbox
from tests.fakes.prices import FakePrices
from tests.fakes.router import no_routes
from tests.fakes.units import MemoryUnits

BINANCE = ExchangeRef(id=1, name="binance", title="Binance")
BYBIT = ExchangeRef(id=2, name="bybit", title="Bybit")
ADA = Person(platform="telegram", id="1", name="Ada")
OLE = Person(platform="telegram", id="2", name="Ole")
VIC = Person(platform="telegram", id="3", name="Vic")
CHAT = "telegram:-1001"
EVE = Person(platform="telegram", id="666", name="Ada")
ROLES = {("telegram", "1"): Role.ADMIN, ("telegram", "2"): Role.OPERATOR, ("telegram", "3"): Role.VIEWER}


class FakeChat:
    """Everything that a command sees, and `say` to speak; Ada is admin, Ole operator, Vic viewer, Eve nobody.

    What a test changes before it speaks: `next_wave`, `health_items`, `flows` (of destinations), `log_lines`, `config`,
    and `desk.progress`.
    """

    def __init__(
        self,
        *,
        registry: Registry | None = None,
        ceilings: Mapping[str, Role] | None = None,
        disabled: Mapping[str, frozenset[str]] | None = None,
        router: Router = no_routes,
        per_minute: int = 1000,
        approvals: ApprovalSettings | None = None,
        fixed_stop_list: frozenset[str] = frozenset(),
    ) -> None:
        self.clock = FakeClock(NOW)
        self.units = MemoryUnits(router=router)
        self.prices = FakePrices(self.clock)
        self.desk = FakeDesk(self.units, self.clock, self.prices)
        self.next_wave: tuple[datetime, datetime] | None = (NOW + timedelta(minutes=4), NOW - timedelta(minutes=5))
        self.health_items: list[HealthItem] = [HealthItem(name="feed", is_ok=True, detail="connected")]
        self.flows: list[Traffic] = []
        self.log_lines: list[LogLine] = []
        self.funds: dict[str, Balance] = {}
        self.config = "mode: paper\n"
        self.copies = FakeCopies()
        self.confirmations = Confirmations(clock=self.clock)
        self.access = Access(roles=ROLES, ceilings=ceilings, disabled=disabled)
        self.registry = registry or build_registry()
        self.services = Services(
            units=self.units,
            clock=self.clock,
            prices=self.prices,
            desk=self.desk,
            outbox=MemoryOutbox(self.units),
            exchanges=(BINANCE, BYBIT),
            mode=TradingMode.PAPER,
            version="0.1.0",
            started_at=NOW - timedelta(hours=3, minutes=12),
            defaults=make_stored_params(0, updated_at=None),
            fee=Ratio(Decimal("0.0005")),
            next_wave_at=lambda: self.next_wave,
            health=self._health,
            balances=self._balances,
            rights=self.access,
            traffic=self._traffic,
            logs=self._logs,
            config=lambda: self.config,
            fixed_stop_list=fixed_stop_list,
            questions=self.confirmations.waiting,
            trading=TradingSettings(),
            keys={},
        )
        self.dispatch = Dispatcher(
            registry=self.registry,
            access=self.access,
            services=self.services,
            confirmations=self.confirmations,
            approvals=approvals or ApprovalSettings(),
            copies=self.copies,
            per_minute=per_minute,
            incident=lambda: "c0ffee",
        )

    async def hear(
        self,
        words: str,
        *,
        by: Person = ADA,
        kind: InvocationKind = InvocationKind.COMMAND,
        chat: str = CHAT,
        is_private: bool = False,
        age: timedelta = timedelta(0),
        message: str = "",
    ) -> Reply | None:
        """Say `words` (`age` ago) and return what comes back, None for silence."""
        said = Invocation(
            person=by,
            chat=chat,
            kind=kind,
            words=words,
            is_private=is_private,
            received_at=self.clock.now() - age,
            message=message,
        )
        return await self.dispatch(said)

    async def say(self, words: str, *, by: Person = ADA) -> Reply:
        """Say `words` and return the answer that must come."""
        reply = await self.hear(words, by=by)
        assert reply is not None
        return reply

    def show(self, reply: Reply, *, chat: str = CHAT, message: str = "m1") -> None:
        """Do what a platform does that shows a question."""
        assert reply.confirmation is not None
        self.dispatch.shown(reply.confirmation, chat, message)

    async def press(
        self, reply: Reply, verb: str = "confirm", *, by: Person = ADA, chat: str = CHAT, message: str = "m1"
    ) -> Reply | None:
        """Press a button of a question that is shown there, and return what comes back."""
        words = f"/{verb} {reply.confirmation}"
        return await self.hear(words, by=by, kind=InvocationKind.BUTTON, chat=chat, message=message)

    async def act(self, words: str, *, by: Person = ADA) -> Reply:
        """Say `words`, and confirm if that is asked for; returns what came of it."""
        reply = await self.say(words, by=by)
        if reply.confirmation is None:
            return reply
        self.show(reply)
        answer = await self.press(reply, by=by)
        assert answer is not None
        return answer

    async def audit(self) -> Sequence[AuditEntry]:
        """Return the audit, oldest first."""
        async with self.units.reading() as unit:
            return list(reversed(await unit.audit.recent(1000)))

    async def keep(self, *, positions: Sequence[Position] = (), signals: Sequence[Signal] = ()) -> list[Position]:
        """Store positions and signals; returns the positions with their ids."""
        async with self.units.writing() as unit:
            await unit.signals.add_new(signals, self.clock.now())
            return [await unit.positions.add(position) for position in positions]

    async def judge(self, *verdicts: VerdictRecord) -> None:
        """Store verdicts."""
        async with self.units.writing() as unit:
            await unit.verdicts.add(verdicts)

    async def _health(self) -> Sequence[HealthItem]:
        return self.health_items

    async def _traffic(self) -> Sequence[Traffic]:
        return self.flows

    def _logs(self, limit: int, level: str) -> Sequence[LogLine]:
        levels = ("debug", "info", "warning", "error", "critical")
        least = levels.index(level.lower())
        return [line for line in self.log_lines if levels.index(line.level.lower()) >= least][-limit:]

    async def _balances(self) -> dict[str, Balance]:
        return self.funds


def text_of(reply: Reply) -> str:
    """Return everything that a reply says, a line a piece."""
    table = [" | ".join(row) for row in reply.table.rows] if reply.table else []
    fields = [f"{field.name}: {field.value}" for field in reply.fields]
    prompt = [reply.picker.prompt] if reply.picker else []
    return "\n".join([reply.title, *reply.lines, *fields, *table, *prompt, reply.footer])


def commands_of(reply: Reply) -> list[str]:
    """Return what the presses of a reply, and the options of its picker, stand for."""
    options = reply.picker.options if reply.picker else ()
    return [button.command for row in (*reply.buttons, options) for button in row]
