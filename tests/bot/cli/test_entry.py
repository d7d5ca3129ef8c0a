"""The commands as a shell sees them: words in, words out, an exit code."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main
from storage.schema import MIGRATIONS
from tests.scenarios.recordings import flat, signal_row, write_candles, write_signals

ROOT = Path(__file__).resolve().parents[3]
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Call it with the words after `wavehelm`: exit code, what was printed, what was said on the side."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wavehelm", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out, printed.err

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("database: { url: 'sqlite:///bot.db' }\nterminal: { enabled: false }\nops: { http: null }\n")
    return path


# --- words that are wrong -------------------------------------------------------------------------------------------


def test_without_words_there_is_help(shell: Shell) -> None:
    code, out, err = shell()
    assert code == 2
    for command in ("run", "demo", "check", "replay", "do", "resend", "export", "config", "slack-manifest", "db"):
        assert re.search(rf"\b{command}\b", out + err)


def test_an_unknown_setting_is_refused_with_the_nearest_one(shell: Shell, config: Path) -> None:
    config.write_text("trading: { size_qoute: 100 }\n")
    asking = (("do", "/status"), ("resend", "1"), ("export", "signals"))
    for words in (("config",), ("run",), ("check",), ("db", "check"), *asking):
        code, out, err = shell(*words)
        assert (code, out) == (2, "")
        assert "trading.size_qoute" in err
        assert "trading.size_quote" in err
        assert "Traceback" not in err


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    code, _, err = shell("config", "-c", "nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fly",), "fly"),
        (("demo", "--for", "soon"), "no duration"),
        (("demo", "--speed", "0"), "0.1"),
        (("replay",), "--signals"),
        (("resend",), "number"),
        (("resend", "0"), "greater than or equal to 1"),
        (("export",), "kind"),
        (("run", "--fast"), "--fast"),
    ],
)
def test_words_that_make_no_sense_are_answered_with_usage(shell: Shell, words: tuple[str, ...], said: str) -> None:
    code, _, err = shell(*words)
    assert code == 2
    assert said in err


# --- settings -------------------------------------------------------------------------------------------------------


def test_config_shows_everything_in_force_and_masks_secrets(
    shell: Shell, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "TELEGRAM_BOT_TOKEN": "123:telegram-secret",
        "SLACK_BOT_TOKEN": "xoxb-slack-secret",
        "SLACK_APP_TOKEN": "xapp-slack-secret",
        "SIGNAL_WS_TOKEN": "signal-secret",
        "BINANCE_API_KEY": "binance-key-secret",
        "BINANCE_API_SECRET": "binance-secret",
        "APPROVALS_TOTP": "JBSWY3DPEHPK3PXP",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, f"telegram:1001={value}" if name == "APPROVALS_TOTP" else value)
    monkeypatch.setenv("WAVEHELM_TRADING__SIZE_QUOTE", "250")
    code, out, err = shell("config")
    assert (code, err) == (0, "")
    assert not [value for value in secrets.values() if value in out]
    shown = yaml.safe_load(out)
    assert shown["telegram"]["token"] == "********"
    assert shown["approvals"]["totp"] == {"telegram:1001": "********"}
    assert {"quiet", "digest_min", "fallback"} <= set(shown["routes"][0])
    assert {"veto_window_s", "veto_default"} <= set(shown["waves"])
    assert shown["database"]["url"] == "sqlite+aiosqlite:///bot.db"
    assert str(shown["trading"]["size_quote"]) == "250"
    assert len(shown) > 10


def test_the_slack_manifest_can_be_read_and_offers_our_commands(shell: Shell) -> None:
    code, out, _ = shell("slack-manifest")
    assert code == 0
    manifest: dict[str, Any] = yaml.safe_load(out)
    offered = {command["command"] for command in manifest["features"]["slash_commands"]}
    assert {"/wave", "/positions", "/pause"} <= offered
    assert manifest["settings"]["socket_mode_enabled"] is True


# --- the database ---------------------------------------------------------------------------------------------------


def change(path: Path, statement: str, *values: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_database_is_missed_made_found_well_and_found_too_new(shell: Shell, config: Path) -> None:
    path = config.with_name("bot.db")
    code, out, err = shell("db", "check")
    assert (code, out) == (2, "")
    assert "wavehelm db upgrade" in err
    assert not path.exists()

    assert shell("db", "upgrade")[0] == 0
    code, out, err = shell("db", "check")
    assert (code, err) == (0, "")
    assert MIGRATIONS.head in out
    assert "the file is sound" in out

    change(path, "UPDATE alembic_version SET version_num = '9999'")
    for word in ("check", "upgrade"):
        code, _, err = shell("db", word)
        assert code == 2
        assert "newer version" in err
    assert shell("run")[0] == 2


def test_a_database_that_is_held_is_not_upgraded(shell: Shell, config: Path) -> None:
    assert shell("db", "upgrade")[0] == 0
    now = datetime.now(UTC).isoformat()
    holder = json.dumps({"host": "elsewhere", "pid": 7, "started": None, "since_at": now, "beat_at": now})
    change(config.with_name("bot.db"), "INSERT INTO settings (key, value) VALUES ('lease', ?)", holder)
    for words in (("db", "upgrade"), ("run",)):
        code, _, err = shell(*words)
        assert code == 3
        assert "process 7 on elsewhere" in err


# --- a process that starts ------------------------------------------------------------------------------------------


def test_live_trading_without_its_size_and_keys_is_refused_at_the_start(
    shell: Shell, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHELM_TRADING__MODE", "live")
    monkeypatch.setenv("WAVEHELM_PRICES__SOURCE", "exchange")
    code, _, err = shell("run")
    assert code == 2
    assert "live trading has no default size; set trading.size_quote" in err
    monkeypatch.setenv("WAVEHELM_TRADING__SIZE_QUOTE", "50")
    code, _, err = shell("run")
    assert code == 2
    assert "BYBIT_API_KEY is not set" in err
    assert not config.with_name("bot.db").exists()


def test_check_answers_with_its_code(shell: Shell, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def checked(_: object) -> int:
        return 4

    monkeypatch.setattr("bot.app.checking.run_checks", checked)
    assert shell("check")[0] == 4


# --- replay and demo ------------------------------------------------------------------------------------------------


def test_a_replay_depends_on_its_words_alone(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signals = write_signals(tmp_path / "signals.csv", [signal_row(n, f"C{n}USDT") for n in (1, 2, 3)])
    for number in (1, 2, 3):
        write_candles(tmp_path / "candles", f"C{number}USDT", flat("100", 12))

    def replay(name: str, *more: str) -> bytes:
        words = ("--signals", str(signals), "--candles", str(tmp_path / "candles"), "--out", name, *more)
        code, out, err = shell("replay", *words)
        assert (code, err) == (0, "")
        assert f"see {Path(name) / 'report.json'}" in out
        return (tmp_path / name / "report.json").read_bytes()

    usual = replay("usual")
    monkeypatch.setenv("WAVEHELM_TRADING__SIZE_QUOTE", "50")
    (tmp_path / ".env").write_text("WAVEHELM_WAVES__BUFFER_EXTRA=0\nWAVEHELM_TRADING__SIZE_QUOTE=70\n")
    assert replay("again") == usual
    assert replay("smaller", "--set", "trading.size_quote=50") != usual


def test_a_replay_without_input_is_refused(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("replay", "--signals", "none.csv", "--candles", ".", "--out", "out")
    assert code == 2
    assert "none.csv" in err


def environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)}


def test_the_demo_starts_and_stops_with_nothing_set_up(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--for", "3s", "--no-input"],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Started" in done.stdout
    assert done.stdout.rindex("Stopped") > done.stdout.index("Started")
    assert list(tmp_path.iterdir()) == []
