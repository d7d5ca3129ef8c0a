"""The settings of the whole process as frozen objects; reading and checking them is `load`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.settings.forms import Slippage, TierCoins
from bot.settings.secrets import Secret
from core.domain.delivery import Destination, Route
from core.domain.events import Severity
from core.domain.market import ExchangeRef, Tier
from core.domain.money import Money, Ratio
from core.domain.people import Role
from core.domain.settings import (
    DeliverySettings,
    GuardSettings,
    TierLists,
    TradingSettings,
    ValidationSettings,
    WaveSettings,
)

EXCHANGE_PRICES, SIMULATED_PRICES = "exchange", "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """The connection to the signal server (section `feed`).

    Attributes:
        token: None: an empty one is sent, as servers without accounts accept.
        silence: Without any frame for so long the connection is closed and opened again.
        connect_timeout, auth_timeout: How long opening and the handshake may take.
        backoff_first, backoff_max: Waits between attempts, doubling from the first to the longest.
        lost_after: An outage as long as this is an alert.
        auth_retry: Wait after the server refused the token.
        quiet_alert: No signal for so long is worth an alert.
    """

    url: str = "ws://127.0.0.1:8765"
    token: Secret | None = None
    silence: timedelta = timedelta(seconds=90)
    max_frame_bytes: int = 8 * 1024 * 1024
    connect_timeout: timedelta = timedelta(seconds=10)
    auth_timeout: timedelta = timedelta(seconds=30)
    backoff_first: timedelta = timedelta(seconds=1)
    backoff_max: timedelta = timedelta(seconds=60)
    lost_after: timedelta = timedelta(seconds=60)
    auth_retry: timedelta = timedelta(minutes=5)
    quiet_alert: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSettings:
    """Where prices come from (section `prices`): `exchange` or `simulated`, the latter from `seed`.

    Attributes:
        max_gap: A last price further off its own mark price is not believed.
        quiet: A watched symbol whose stream brings no price for so long is asked for by request.
    """

    source: str = EXCHANGE_PRICES
    seed: int = 1
    max_gap: Ratio = Ratio(Decimal("0.3"))
    quiet: timedelta = timedelta(seconds=5)

    @property
    def is_simulated(self) -> bool:
        """True when prices are made from the seed."""
        return self.source == SIMULATED_PRICES


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings:
    """The paper exchange (section `paper`): what an account starts with and what a trade costs."""

    start_quote: Money = Money(Decimal(10_000))
    fee: Ratio = Ratio(Decimal("0.0005"))
    slippage: Mapping[Tier, Ratio] = field(default_factory=lambda: Slippage().by_tier())


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """Telegram (section `telegram`); runs when the token is set. `api_url` is the root of the Bot API server."""

    token: Secret | None = None
    api_url: str = "https://api.telegram.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """Slack (section `slack`); runs when both tokens are set. `api_url` ends in a slash."""

    bot_token: Secret | None = None
    app_token: Secret | None = None
    api_url: str = "https://slack.com/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSettings:
    """The terminal (section `terminal`): whether alerts are printed and commands are read there."""

    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Who may what (section `access`); nobody listed: nobody is let in.

    Attributes:
        telegram, slack: Platform ids of people with their role.
        terminal: Role of whoever sits at the terminal or may open the control socket.
        chats: The most that anybody may do in a chat (telegram:-1001, slack:C0001).
        disabled: Commands that are switched off, by platform.
    """

    telegram: Mapping[str, Role] = field(default_factory=dict)
    slack: Mapping[str, Role] = field(default_factory=dict)
    terminal: Role = Role.ADMIN
    chats: Mapping[Destination, Role] = field(default_factory=dict)
    disabled: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something listens."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsSettings:
    """What is seen from outside (section `ops`). `http` None: no health server. `log_format` is console or json."""

    http: Address | None = field(default_factory=lambda: Address(host="127.0.0.1", port=8080))
    log_format: str = "console"
    log_level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSettings:
    """Where everything is kept (section `database`). `url` names the driver, too."""

    url: str = "sqlite+aiosqlite:///data/wavehelm.db"

    @property
    def path(self) -> Path | None:
        """The database's file; None for one in memory."""
        name = self.url.partition(":///")[2]
        return None if name in {"", ":memory:"} else Path(name)

    @property
    def control_socket(self) -> Path:
        """The socket through which `wavehelm do` reaches the running process: beside the database."""
        return (self.path or Path("data/wavehelm.db")).with_suffix(".sock")

    @property
    def exports(self) -> Path:
        """The folder in which the terminal keeps files: beside the database."""
        return self.control_socket.with_name("exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSettings:
    """One exchange (section `exchanges`); keys are needed for anything but paper.

    Attributes:
        rest_url, stream_url, private_stream_url: Stand in for the venue's own addresses; None: those.
    """

    ref: ExchangeRef
    enabled: bool = True
    api_key: Secret | None = None
    api_secret: Secret | None = None
    rest_url: str | None = None
    stream_url: str | None = None
    private_stream_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangesSettings:
    """The exchanges that there are (section `exchanges`), by the ids of the signal server."""

    binance: VenueSettings = field(
        default_factory=lambda: VenueSettings(ref=ExchangeRef(id=1, name="binance", title="Binance"))
    )
    bybit: VenueSettings = field(
        default_factory=lambda: VenueSettings(ref=ExchangeRef(id=2, name="bybit", title="Bybit"))
    )

    @property
    def all(self) -> tuple[VenueSettings, ...]:
        """Every exchange that there is, in the order of their ids."""
        venues: list[VenueSettings] = [getattr(self, key.name) for key in fields(self)]
        return tuple(sorted(venues, key=lambda venue: venue.ref.id))

    @property
    def enabled(self) -> tuple[VenueSettings, ...]:
        """Those that are traded, in the order of their ids."""
        return tuple(venue for venue in self.all if venue.enabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings:
    """Who else must agree to what raises risk (section `approvals`).

    Attributes:
        second_person: Another listed person with the role has to confirm it, too.
        to: Where the question is shown besides the chat that it was asked in.
        totp: Secrets of one-time codes by person (telegram:1001, slack:U0001, terminal:local), in base32; with one of
            these a person's own code stands for the second person.
    """

    second_person: bool = False
    to: tuple[Destination, ...] = ()
    totp: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Reports (section `reports`): the zone in which a day begins and ends, and in which hours are quiet."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Los_Angeles"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantSettings:
    """The local language model (section `assistant`). None: there is none."""

    host: str | None = None


def _default_routes() -> tuple[Route, ...]:
    return (Route(to=(Destination(platform="terminal"),), severity=Severity.INFO),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was set, by section."""

    trading: TradingSettings = field(default_factory=TradingSettings)
    waves: WaveSettings = field(default_factory=WaveSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    guard: GuardSettings = field(default_factory=GuardSettings)
    tiers: TierLists = field(default_factory=lambda: TierCoins().lists())
    feed: FeedSettings = field(default_factory=FeedSettings)
    prices: PriceSettings = field(default_factory=PriceSettings)
    paper: PaperSettings = field(default_factory=PaperSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    slack: SlackSettings = field(default_factory=SlackSettings)
    terminal: TerminalSettings = field(default_factory=TerminalSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    routes: tuple[Route, ...] = field(default_factory=_default_routes)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    approvals: ApprovalSettings = field(default_factory=ApprovalSettings)
    ops: OpsSettings = field(default_factory=OpsSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    exchanges: ExchangesSettings = field(default_factory=ExchangesSettings)
    reports: ReportSettings = field(default_factory=ReportSettings)
    assistant: AssistantSettings = field(default_factory=AssistantSettings)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every secret that is set, so that logs can mask them."""
        found = [self.feed.token, self.telegram.token, self.slack.bot_token, self.slack.app_token]
        for venue in self.exchanges.all:
            found += [venue.api_key, venue.api_secret]
        found += self.approvals.totp.values()
        return tuple(secret for secret in found if secret is not None)
