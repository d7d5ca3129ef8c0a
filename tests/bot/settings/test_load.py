"""The settings as a person gives them: files, variables, overrides, and what is said of mistakes."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.load import effective, effective_text, load_settings
from bot.settings.schema import Settings
from core.domain.delivery import Destination, Loudness, QuietHours, Route
from core.domain.errors import ConfigurationError
from core.domain.events import Severity
from core.domain.market import Tier, TradingMode
from core.domain.people import Role
from core.domain.settings import WaveMode

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str = "", *overrides: str, **environment: str) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(None, environment, overrides, folder=folder)


def problems(folder: Path, text: str = "", *overrides: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text, *overrides, **environment)
    return [line.removeprefix("- ") for line in str(caught.value).splitlines()[1:]]


# --- where settings come from ---------------------------------------------------------------------------------------


def test_nothing_set_gives_the_defaults(folder: Path) -> None:
    assert load_settings(None, {}, folder=folder) == Settings()
    assert load(folder) == Settings()


def test_the_config_file_of_the_repository_says_what_the_defaults_say() -> None:
    assert load_settings(ROOT / "config.yaml", {}, folder=ROOT / "tests") == Settings()


def test_the_config_file_of_the_repository_names_every_key_that_is_no_secret() -> None:
    written = (ROOT / "config.yaml").read_text(encoding="utf-8")

    def keys(value: object) -> set[str]:
        if isinstance(value, list):
            return {name for item in value for name in keys(item)}
        return (
            {name for key, item in value.items() for name in {key, *keys(item)}} if isinstance(value, dict) else set()
        )

    secrets = {"token", "bot_token", "app_token", "api_key", "api_secret"}
    assert {key for key in keys(effective(Settings())) - secrets if f"{key}:" not in written} == set()


def test_a_file_that_was_asked_for_must_be_there(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"elsewhere\.yaml cannot be read"):
        load_settings(folder / "elsewhere.yaml", {}, folder=folder)


def test_later_sources_win(folder: Path) -> None:
    (folder / ".env").write_text("WAVEHELM_WAVES__DELAY_S=3\nWAVEHELM_WAVES__SETTLE_S=4\n", encoding="utf-8")
    settings = load(
        folder,
        "waves: {window_s: 60, delay_s: 2, settle_s: 2, buffer_extra: 7}",
        "waves.settle_s=6",
        WAVEHELM_WAVES__SETTLE_S="5",
    )
    waves = settings.waves
    assert (waves.window, waves.delay, waves.settle) == (
        timedelta(seconds=60),
        timedelta(seconds=3),
        timedelta(seconds=6),
    )
    assert waves.buffer_extra == 7


def test_units_are_taken_off_at_the_door(folder: Path) -> None:
    settings = load(folder, "validation: {max_spread_pct: 0.25}\nguard: {max_age_h: 1.5, take_profit_pct: 2.5}")
    assert settings.validation.max_spread == Decimal("0.0025")
    assert settings.guard.max_age == timedelta(minutes=90)
    assert settings.guard.take_profit == Decimal("0.025")


def test_null_turns_off_what_can_be_off(folder: Path) -> None:
    settings = load(folder, "guard: {time_exit_h: null}\nops: {http: null}\ntrading: {defaults: null}")
    assert (settings.guard.time_exit, settings.ops.http, settings.trading.defaults) == (None, None, None)


def test_a_section_without_keys_keeps_its_defaults(folder: Path) -> None:
    assert load(folder, "waves:\nguard: {}\n") == Settings()


def test_some_defaults_can_be_changed_alone(folder: Path) -> None:
    defaults = load(folder, "trading: {defaults: {stop_loss: 2.5}}").trading.defaults
    assert defaults is not None
    assert (defaults.stop_loss, defaults.max_trades) == (Decimal("2.5"), 5)


def test_values_of_variables_are_yaml(folder: Path) -> None:
    settings = load(folder, WAVEHELM_WAVES__CHECK_MINUTES="[1, 16]", WAVEHELM_WAVES__MODE="on_arrival")
    assert settings.waves.check_minutes == (1, 16)
    assert settings.waves.mode is WaveMode.ON_ARRIVAL


def test_a_whole_list_can_come_from_a_variable(folder: Path) -> None:
    settings = load(folder, WAVEHELM_ROUTES="[{to: [slack:C1]}]")
    assert settings.routes == (Route(to=(Destination(platform="slack", address="C1"),)),)


def test_addresses_come_by_their_own_names(folder: Path) -> None:
    settings = load(
        folder,
        TELEGRAM_API_URL="http://127.0.0.1:9/",
        SLACK_API_URL="http://127.0.0.1:9/api",
        SIGNAL_WS_URL="ws://127.0.0.1:7",
        DATABASE_URL="sqlite:////tmp/x/other.db",
        OLLAMA_HOST="http://127.0.0.1:11434",
    )
    assert settings.telegram.api_url == "http://127.0.0.1:9"
    assert settings.slack.api_url == "http://127.0.0.1:9/api/"
    assert settings.feed.url == "ws://127.0.0.1:7"
    assert settings.database.url == "sqlite+aiosqlite:////tmp/x/other.db"
    assert settings.database.control_socket == Path("/tmp/x/other.sock")
    assert settings.assistant.host == "http://127.0.0.1:11434"


def test_the_control_socket_and_exports_stand_beside_the_database() -> None:
    assert Settings().database.path == Path("data/wavehelm.db")
    assert Settings().database.control_socket == Path("data/wavehelm.sock")
    assert Settings().database.exports == Path("data/exports")


def test_empty_variables_count_as_not_set(folder: Path) -> None:
    assert load(folder, TELEGRAM_BOT_TOKEN="", SIGNAL_WS_URL=" ") == Settings()


def test_what_is_not_ours_in_the_environment_is_left_alone(folder: Path) -> None:
    assert load(folder, PATH="/bin", TELEGRAM_SOMETHING="1") == Settings()


# --- sections with a form of their own ------------------------------------------------------------------------------


def test_access(folder: Path) -> None:
    text = """
    access:
      telegram: { "1001": admin, 1002: viewer }
      slack: { U0001: operator }
      chats: { "telegram:-1001/5": viewer }
      disabled: { slack: [close] }
    """
    access = load(folder, text, WAVEHELM_ACCESS__SLACK__U0002="viewer").access
    assert access.telegram == {"1001": Role.ADMIN, "1002": Role.VIEWER}
    assert access.slack == {"U0001": Role.OPERATOR, "U0002": Role.VIEWER}
    assert access.chats == {Destination(platform="telegram", address="-1001", topic="5"): Role.VIEWER}
    assert access.disabled == {"slack": {"close"}}


def test_routes(folder: Path) -> None:
    text = """
    routes:
      - { match: { severity: info }, to: ["telegram:-1001", "slack:C0001"] }
      - match: { severity: critical, kinds: [feed_lost], exchanges: [bybit], modes: [paper] }
        to: ["telegram:-1001/7"]
        loudness: mention
        fallback: terminal
        quiet: "22:00-07:30"
        digest_min: 15
    """
    first, second = load(folder, text).routes
    assert first.severity is Severity.INFO
    assert [str(place) for place in first.to] == ["telegram:-1001", "slack:C0001"]
    assert second == Route(
        to=(Destination(platform="telegram", address="-1001", topic="7"),),
        severity=Severity.CRITICAL,
        kinds=frozenset({"feed_lost"}),
        exchanges=frozenset({"bybit"}),
        modes=frozenset({TradingMode.PAPER}),
        loudness=Loudness.MENTION,
        fallback=Destination(platform="terminal"),
        quiet=QuietHours(begin=time(22), end=time(7, 30)),
        digest=timedelta(minutes=15),
    )
    assert (first.quiet, first.digest) == (None, None)


def test_exchanges_can_be_left_out(folder: Path) -> None:
    enabled = load(folder, "exchanges: {binance: {enabled: false}}").exchanges.enabled
    assert [(venue.ref.id, venue.ref.name, venue.ref.title) for venue in enabled] == [(2, "bybit", "Bybit")]


def test_tiers_and_slippage(folder: Path) -> None:
    settings = load(folder, "tiers: {large: [btc], mid: [], meme: [WIF]}\npaper: {slippage_pct: {meme: 2}}")
    assert settings.tiers.coins == {"BTC": Tier.LARGE, "WIF": Tier.MEME}
    assert settings.paper.slippage[Tier.MEME] == Decimal("0.02")
    assert settings.paper.slippage[Tier.LARGE] == Decimal("0.0015")


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("wave: {mode: scheduled}", "wave", "waves"),
        ("waves: {windows_s: 3}", "waves.windows_s", "waves.window_s"),
        ("window_s: 3", "window_s", "waves.window_s"),
        ("trading: {defaults: {stoploss: 3}}", "trading.defaults.stoploss", "trading.defaults.stop_loss"),
        ("paper: {slippage_pct: {larg: 3}}", "paper.slippage_pct.larg", "paper.slippage_pct.large"),
        ("exchanges: {binanse: {}}", "exchanges.binanse", "exchanges.binance"),
        ("routes: [{too: [terminal]}]", "routes.1.too", "routes.to"),
        ("routes: [{to: [terminal], digest: 5}]", "routes.1.digest", "routes.digest_min"),
        ("waves: {veto_window: 5}", "waves.veto_window", "waves.veto_window_s"),
        ("delivery: {failover_s: 5}", "delivery.failover_s", "delivery.failover_after_s"),
        ("approvals: {second_persons: true}", "approvals.second_persons", "approvals.second_person"),
        (
            "routes: [{to: [terminal], match: {severty: info}}]",
            "routes.1.match.severty",
            "routes.match.severity",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(folder: Path, text: str, key: str, nearest: str) -> None:
    assert problems(folder, text)[0] == f"{key}: there is no such key; did you mean {nearest}?"


@given(st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(lambda key: key not in effective(Settings())))
def test_any_unknown_key_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{key}.*there is no such key; did you mean"):
        load_settings(None, {}, [f"{key}=1"], folder=Path("/nonexistent"))


def test_an_unknown_variable_is_refused_by_its_name(folder: Path) -> None:
    (text,) = problems(folder, WAVEHELM_WAVE__WINDOW_S="3")
    assert text == "wave (set by WAVEHELM_WAVE__WINDOW_S): there is no such key; did you mean waves?"


def test_a_wrong_value_is_refused_with_what_is_allowed(folder: Path) -> None:
    (text,) = problems(folder, "waves: {window_s: 0}")
    assert text == "waves.window_s: 0 is not allowed; allowed: a number of seconds from 1 to 840"


@pytest.mark.parametrize(
    "text",
    [
        "trading: {size_quote: lots}",
        "trading: {size_quote: .nan}",
        "trading: {size_quote: true}",
        "trading: {size_quote: -1}",
        "trading: {size_quote: null}",
        "trading: {mode: papr}",
        "trading: {leverage: 20}",
        "trading: {leverage: 1.5}",
        "trading: {defaults: {max_trades: 101}}",
        "trading: {settle_waits_s: []}",
        "waves: {check_minutes: [60]}",
        "waves: {check_minutes: [6, 6]}",
        "waves: {check_minutes: 6}",
        "waves: {apply_score_filters: maybe}",
        "waves: [1]",
        "feed: {url: 'http://127.0.0.1'}",
        "feed: {url: 'ws://'}",
        "telegram: {api_url: 'ftp://x'}",
        "database: {url: 'postgresql://x/y'}",
        "ops: {http: '8080'}",
        "ops: {http: '127.0.0.1:99999'}",
        "reports: {timezone: Mars/Olympus}",
        "reports: {timezone: 7}",
        "access: {telegram: {ann: admin}}",
        "access: {telegram: {'1': boss}}",
        "access: {telegram: {'1': nobody}}",
        "access: {slack: {'#general': viewer}}",
        "access: {terminal: nobody}",
        "access: {chats: {here: viewer}}",
        "access: {disabled: {telegram: close}}",
        "routes: {to: [terminal]}",
        "routes: [{to: []}]",
        "routes: [{match: {severity: info}}]",
        "routes: [{to: ['telegram:@name']}]",
        "routes: [{to: ['slack:C1/5']}]",
        "routes: [{to: ['discord:1']}]",
        "routes: [{to: [terminal], match: {kinds: [feed_lots]}}]",
        "routes: [{to: [terminal], loudness: loud}]",
        "routes: [{to: [terminal], quiet: '22:00'}]",
        "routes: [{to: [terminal], quiet: '25:00-07:00'}]",
        "routes: [{to: [terminal], quiet: '07:00-07:00'}]",
        "routes: [{to: [terminal], digest_min: 0}]",
        "routes: [{to: [terminal], fallback: terminal}]",
        "delivery: {urgent_timeout_s: 31}",
        "delivery: {edit_until_h: 49}",
        "delivery: {edit_every_s: 0}",
        "waves: {veto_window_s: 601}",
        "waves: {veto_default: maybe}",
        "approvals: {second_person: please}",
        "approvals: {to: [here]}",
        "exchanges: {binance: {enabled: false}, bybit: {enabled: false}}",
        "tiers: {large: [BTC], mid: [BTC]}",
        "stop_list: [SOLUSDT]",
        "prices: {source: guesses}",
    ],
)
def test_wrong_values_are_refused(folder: Path, text: str) -> None:
    (section,) = yaml.safe_load(text)
    found = problems(folder, text)
    assert len(found) == 1
    assert found[0].startswith(section)


def test_every_problem_is_told_at_once(folder: Path) -> None:
    found = problems(
        folder, "waves: {window_s: 0, delay: 1}\nguards: {}", "prices.seed=x", WAVEHELM_OPS__HTTP="nowhere"
    )
    assert [text.split(":")[0] for text in found] == [
        "waves.window_s",
        "waves.delay",
        "guards",
        "ops.http (set by WAVEHELM_OPS__HTTP)",
        "prices.seed (set by --set prices.seed)",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is no valid YAML"),
        ("- a", "must hold sections"),
        ("waves: {delay_s: 1, delay_s: 2}", "'delay_s' stands here twice"),
        ("waves: {}\nwaves: {}", r"'waves' stands here twice \(line 2"),
        ("!!python/object:os.system {}", "is no valid YAML"),
    ],
)
def test_a_broken_file_is_told_with_the_place(folder: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(folder, text)


@pytest.mark.parametrize("text", ["waves", "=3", "waves.window_s"])
def test_an_override_without_a_value_is_refused(folder: Path, text: str) -> None:
    assert problems(folder, "", text) == [f"--set {text}: write it as section.key=value"]


def test_broken_yaml_in_a_variable_is_told(folder: Path) -> None:
    (text,) = problems(folder, WAVEHELM_WAVES__CHECK_MINUTES="[1,")
    assert text.startswith("WAVEHELM_WAVES__CHECK_MINUTES: it is no valid YAML")


# --- what is shown --------------------------------------------------------------------------------------------------


def test_what_is_shown_can_be_read_again(folder: Path) -> None:
    settings = load(
        folder,
        "routes: [{to: ['telegram:-1/2'], match: {kinds: [paused]}, quiet: '22:00-07:00', digest_min: 2.5}]\n"
        "access: {telegram: {1: admin}}\n"
        "waves: {veto_window_s: 60, veto_default: skip}\n"
        "approvals: {second_person: true, to: [terminal]}",
        "trading.size_quote=12.50",
        "waves.window_s=90.5",
    )
    assert load(folder, effective_text(settings)) == settings
