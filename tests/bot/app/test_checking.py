"""`wavehelm check` against servers on this machine: all fine, wrong tokens, servers that are away."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app.checking import run_checks
from bot.app.database import upgrade_database
from bot.clock import SystemClock
from bot.demo.signal_server import SimulatedSignalServer
from bot.settings import Settings, load_settings
from core.domain.market import TradingMode
from storage.belonging import claim_mode
from storage.engine import Database
from tests.fakes.slack_payloads import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TOKEN, TelegramServer

FINE, MEND, AWAY = 0, 2, 4
LISTED = ('access.telegram={"1001": admin}', 'access.slack={"U0001": operator}')
NO_VENUES = "prices.source=simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The neighbours of a bot, and settings to reach them."""

    signals: SimulatedSignalServer
    telegram: TelegramServer
    slack: SlackServer
    folder: Path

    def settings(self, *overrides: str, listed: Sequence[str] = LISTED, **environment: str) -> Settings:
        known = {
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
            "SIGNAL_WS_URL": self.signals.url,
            "SIGNAL_WS_TOKEN": "open sesame",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_API_URL": self.slack.api_url,
        }
        return load_settings(None, known | environment, [NO_VENUES, *listed, *overrides], folder=self.folder)


@pytest.fixture
async def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Servers]:
    # Wide enough that no finding is broken into lines.
    monkeypatch.setenv("COLUMNS", "250")
    async with (
        SimulatedSignalServer(token="open sesame", clock=SystemClock()) as signals,
        TelegramServer() as telegram,
        SlackServer() as slack,
    ):
        yield Servers(signals=signals, telegram=telegram, slack=slack, folder=tmp_path)


def table_of(text: str) -> dict[str, tuple[str, str]]:
    """Return state and finding by part."""
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if "│" in line]
    return {part: (state, finding) for state, part, finding in lines}


async def test_all_is_fine(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    settings = servers.settings()
    await upgrade_database(settings)
    assert await run_checks(settings) == FINE
    table = table_of(capsys.readouterr().out)
    parts = ["settings", "database", "signals", "binance", "bybit", "telegram", "slack", "people", "routes"]
    assert list(table) == parts
    assert {state for state, _ in table.values()} == {"ok"}
    assert table["settings"][1] == "paper on Binance, Bybit"
    assert "the file is sound" in table["database"][1]
    assert table["signals"][1] == "connected and let in"
    assert table["binance"][1] == "not asked: prices are simulated"
    assert table["telegram"][1] == "@wavehelm_bot"
    assert table["people"][1] == "1 on Telegram, 1 on Slack"


async def test_a_first_look_makes_nothing_and_says_nothing(servers: Servers) -> None:
    assert await run_checks(servers.settings()) == FINE
    assert list(servers.folder.iterdir()) == []
    assert servers.telegram.messages(1001) == []
    assert {method for method, _ in servers.telegram.calls} == {"getMe"}
    assert {method for method, _ in servers.slack.calls} == {"auth.test", "apps.connections.open"}


@pytest.mark.parametrize(
    ("environment", "part", "words"),
    [
        ({"TELEGRAM_BOT_TOKEN": "123456789:wrong"}, "telegram", "TELEGRAM_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "slack", "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "slack", "SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": ""}, "slack", "set SLACK_APP_TOKEN, too"),
        ({"SLACK_BOT_TOKEN": ""}, "slack", "set SLACK_BOT_TOKEN, too"),
        ({"SIGNAL_WS_TOKEN": "wrong"}, "signals", "invalid token: mend SIGNAL_WS_TOKEN"),
        ({"SIGNAL_WS_TOKEN": ""}, "signals", "none is set (SIGNAL_WS_TOKEN)"),
    ],
)
async def test_a_wrong_token_is_named(
    servers: Servers, capsys: pytest.CaptureFixture[str], environment: dict[str, str], part: str, words: str
) -> None:
    assert await run_checks(servers.settings(**environment)) == MEND
    table = table_of(capsys.readouterr().out)
    assert {name for name, (state, _) in table.items() if state == "MEND"} == {part}
    assert words in table[part][1]
    for value in environment.values():
        assert not value or value not in table[part][1]


async def test_servers_that_are_away_are_named_all_of_them(
    servers: Servers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # An outage that is told of at once must not be taken for a refusal.
    settings = servers.settings("feed.lost_after_s=0")
    await servers.signals.close()
    await servers.telegram.down()
    await servers.slack.down()
    assert await run_checks(settings) == AWAY
    table = table_of(capsys.readouterr().out)
    assert {name for name, (state, _) in table.items() if state == "AWAY"} == {"signals", "telegram", "slack"}
    assert "feed.url" in table["signals"][1]
    assert servers.telegram.url in table["telegram"][1]
    assert servers.slack.api_url in table["slack"][1]


async def test_something_to_mend_counts_more_than_something_away(servers: Servers) -> None:
    await servers.telegram.down()
    assert await run_checks(servers.settings(SIGNAL_WS_TOKEN="wrong")) == MEND


async def test_nobody_listed_is_nobody_let_in(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = servers.settings(listed=())
    assert await run_checks(nobody) == MEND
    assert "nobody is let in" in table_of(capsys.readouterr().out)["people"][1]


async def test_a_route_to_a_platform_that_is_not_set_up_is_named(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    routes = 'routes=[{match: {severity: info}, to: ["telegram:-1001", "terminal"]}]'
    assert await run_checks(servers.settings(routes, "terminal.enabled=false")) == MEND
    state, finding = table_of(capsys.readouterr().out)["routes"]
    assert (state, "terminal" in finding, "telegram" in finding) == ("MEND", True, False)


async def test_routes_to_nowhere_are_named(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run_checks(servers.settings("routes=[]")) == MEND
    assert "no alert reaches anybody" in table_of(capsys.readouterr().out)["routes"][1]


async def test_without_chats_nobody_need_be_listed(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    off = {"TELEGRAM_BOT_TOKEN": "", "SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}
    assert await run_checks(servers.settings(listed=(), **off)) == FINE
    table = table_of(capsys.readouterr().out)
    assert table["telegram"] == ("ok", "off: no TELEGRAM_BOT_TOKEN")
    assert table["slack"] == ("ok", "off: no SLACK_BOT_TOKEN and SLACK_APP_TOKEN")


async def test_missing_keys_are_among_the_findings(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = [f"exchanges.{name}.rest_url=http://127.0.0.1:9" for name in ("binance", "bybit")]
    live = servers.settings("prices.source=exchange", "trading.mode=live", "trading.size_quote=50", *nowhere)
    assert await run_checks(live) == MEND
    table = table_of(capsys.readouterr().out)
    state, finding = table["settings"]
    assert (state, "needs the keys of every exchange" in finding) == ("MEND", True)
    assert {table[name][0] for name in ("binance", "bybit")} == {"AWAY"}


async def test_a_database_in_a_bad_state_is_named(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    (servers.folder / "bot.db").touch()
    assert await run_checks(servers.settings()) == MEND
    assert "run `wavehelm db upgrade`" in table_of(capsys.readouterr().out)["database"][1]


async def test_a_database_of_another_mode_is_named(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    paper = servers.settings()
    await upgrade_database(paper)
    database = await Database.open(paper.database.url)
    await claim_mode(database, TradingMode.PAPER)
    await database.close()
    nowhere = ("exchanges.binance.rest_url=http://127.0.0.1:9", "exchanges.bybit.enabled=false")
    other = servers.settings("prices.source=exchange", "trading.mode=testnet", *nowhere)
    assert await run_checks(other) == MEND
    state, finding = table_of(capsys.readouterr().out)["database"]
    assert (state, "belongs to paper trading" in finding) == ("MEND", True)


async def test_what_servers_say_is_shown_as_it_is(servers: Servers, capsys: pytest.CaptureFixture[str]) -> None:
    servers.slack.refuse("auth.test", "[/bold]odd[red]")
    assert await run_checks(servers.settings()) == MEND
    assert "[/bold]odd[red]" in table_of(capsys.readouterr().out)["slack"][1]
