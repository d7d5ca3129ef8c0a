"""The whole bot between its real neighbours: a signal server, a Telegram and a Slack, all on this machine."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.app.process import Process, ProcessOptions
from bot.clock import SystemClock
from bot.demo.signal_server import SimulatedSignalServer
from bot.settings import Settings, load_settings
from core.ports.edges import Clock
from core.waves.calendar import floor_to_grid
from tests.fakes.slack_payloads import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TOKEN, TelegramServer

ADMIN, VIEWER, STRANGER = 1001, 1002, 6666
SLACK_OPERATOR, SLACK_STRANGER = "U0001", "U0666"
GROUP, CHANNEL = -1001, "C0001"

CONFIG = f"""
trading: {{ mode: paper, size_quote: 100 }}
waves: {{ mode: on_arrival, settle_s: 0.4, delay_s: 0 }}
prices: {{ source: simulated, seed: 7 }}
validation: {{ min_open_interest_quote: 0, min_volume_1h_quote: 0, max_spread_pct: 50, max_move_5m_pct: 90 }}
terminal: {{ enabled: false }}
access:
  telegram: {{ "{ADMIN}": admin, "{VIEWER}": viewer }}
  slack: {{ "{SLACK_OPERATOR}": operator }}
routes:
  - {{ match: {{ severity: info }}, to: ["telegram:{GROUP}", "slack:{CHANNEL}"] }}
ops: {{ http: null }}
"""


class World:
    """`async with World(tmp_path) as world:` is a running bot; `world.telegram` and `world.slack` are its chats.

    Args:
        clock: The time of everybody in it.
        config: config.yaml of the bot.
        enforces_limits: The chats refuse what is above their limits, and count it.
        environment: What the bot finds in its environment besides the addresses and tokens of its neighbours.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        config: str = CONFIG,
        options: ProcessOptions | None = None,
        enforces_limits: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self._folder = folder
        self._config = config
        self._options = options or ProcessOptions(clock=self.clock)
        self._enforces_limits = enforces_limits
        self._environment = dict(environment or {})
        self.database = folder / "bot.db"
        self._stack = AsyncExitStack()
        self._next_id = 1
        self.wave_at = floor_to_grid(self.clock.now())

    async def __aenter__(self) -> Self:
        self.signals = await self._stack.enter_async_context(
            SimulatedSignalServer(token="open sesame", clock=self.clock)
        )
        now_s = lambda: self.clock.now().timestamp()  # noqa: E731 - the servers' clocks
        self.telegram = await self._stack.enter_async_context(
            TelegramServer(now_s=now_s, enforce_limits=self._enforces_limits)
        )
        self.telegram.add_chat(GROUP)
        self.slack = await self._stack.enter_async_context(
            SlackServer(now_s=now_s, enforce_limits=self._enforces_limits)
        )
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        await self._stack.aclose()

    async def start(self) -> None:
        """Start the bot on its database, the old one if there is one."""
        self.process = Process(self._settings(), self._options)
        await self.process.start()

    async def stop(self) -> None:
        """Stop the bot in order."""
        await self.process.stop("the scene is over")

    async def publish(
        self,
        *symbols: str,
        action: str = "BUY",
        exchange_id: int = 1,
        **changes: Any,  # noqa: ANN401 - fields of the wire
    ) -> list[str]:
        """Let the signal server tell signals of the wave of now; returns their ids."""
        rows = [self._row(symbol, action, exchange_id) | changes for symbol in symbols]
        await self.signals.publish(rows)
        return [str(row["id"]) for row in rows]

    async def on_telegram(self, *words: str) -> str:
        """Wait for the newest message of the group that holds all `words`, and return it."""
        return await self.telegram.wait_for(lambda: _newest([m.text for m in self.telegram.messages(GROUP)], words), 15)

    async def on_slack(self, *words: str) -> str:
        """Wait for the newest message of the channel that holds all `words`, and return it."""
        return await self.slack.wait_for(lambda: _newest([m.words for m in self.slack.messages(CHANNEL)], words), 15)

    def _settings(self) -> Settings:
        path = self._folder / "config.yaml"
        path.write_text(self._config, encoding="utf-8")
        environment = self._environment | {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": self.slack.api_url,
            "SIGNAL_WS_URL": self.signals.url,
            "SIGNAL_WS_TOKEN": "open sesame",
            "DATABASE_URL": f"sqlite:///{self.database}",
        }
        return load_settings(path, environment, folder=self._folder)

    def _row(self, symbol: str, action: str, exchange_id: int) -> dict[str, Any]:
        self._next_id += 1
        return {
            "id": self._next_id,
            "pair_symbol": symbol,
            "recommended_action": action,
            "score_week": 80.0,
            "score_month": 70.0,
            "timestamp": self.wave_at.isoformat(),
            "created_at": self.clock.now().isoformat(),
            "trading_pair_id": 1,
            "exchange_id": exchange_id,
            "max_trades_filter": 3,
            "stop_loss_filter": 5.0,
            "trailing_activation_filter": 2.0,
            "trailing_distance_filter": 0.5,
        }


def _newest(texts: Sequence[str], words: Sequence[str]) -> str:
    return next((text for text in reversed(texts) if all(word in text for word in words)), "")
