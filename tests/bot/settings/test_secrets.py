"""Secrets: only from the environment or files, never shown."""

import copy
import pickle
from pathlib import Path

import pytest
import yaml

from bot.settings.load import effective, load_settings
from bot.settings.secrets import MASK, VARIABLES, Secret, Variable
from core.domain.errors import ConfigurationError

SECRETS = [variable for variable in VARIABLES if variable.is_secret]
TOKEN = "123456:do-not-show-me"
SHARED = "JBSWY3DPEHPK3PXP"
"""A secret of one-time codes."""


def written(variable: Variable) -> tuple[str, str]:
    """Return what stands in `variable`, and the secret that is in it."""
    if variable.name == "APPROVALS_TOTP":
        return f"telegram:1001={SHARED}", SHARED
    return TOKEN, TOKEN


@pytest.mark.parametrize(
    "text", [str(Secret(TOKEN)), repr(Secret(TOKEN)), f"{Secret(TOKEN):>40}", f"{[Secret(TOKEN)]}"]
)
def test_a_secret_cannot_be_printed(text: str) -> None:
    assert TOKEN not in text
    assert MASK in text


def test_a_secret_gives_its_value_only_when_asked() -> None:
    assert Secret(TOKEN).reveal() == TOKEN
    assert Secret(TOKEN) == Secret(TOKEN)
    assert Secret(TOKEN) != Secret("another")


def test_a_secret_cannot_be_written_to_a_file() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(TOKEN))
    with pytest.raises(TypeError):
        copy.copy(Secret(TOKEN))


@pytest.mark.parametrize("variable", SECRETS, ids=lambda variable: variable.name)
def test_every_secret_comes_from_the_environment_or_a_file_and_is_masked(tmp_path: Path, variable: Variable) -> None:
    text, secret = written(variable)
    (tmp_path / "token").write_text(f"{text}\n", encoding="utf-8")
    by_value = load_settings(None, {variable.name: text}, folder=tmp_path)
    by_file = load_settings(None, {f"{variable.name}_FILE": str(tmp_path / "token")}, folder=tmp_path)
    assert by_value == by_file
    assert [each.reveal() for each in by_value.secrets] == [secret]
    shown = yaml.safe_dump(effective(by_value))
    assert MASK in shown
    assert secret not in shown
    assert secret not in repr(by_value)


@pytest.mark.parametrize("variable", SECRETS, ids=lambda variable: variable.name)
def test_a_secret_in_the_config_file_is_refused_without_repeating_it(tmp_path: Path, variable: Variable) -> None:
    raw: object = TOKEN
    for key in reversed(variable.path):
        raw = {key: raw}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    for environment in ({}, {variable.name: "another"}):
        with pytest.raises(ConfigurationError) as caught:
            load_settings(None, environment, folder=tmp_path)
        assert f"put it into the environment (or .env) as {variable.name}" in str(caught.value)
        assert TOKEN not in str(caught.value)


def test_a_secret_by_override_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TELEGRAM_BOT_TOKEN_FILE") as caught:
        load_settings(None, {}, [f"telegram.token={TOKEN}"], folder=tmp_path)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("text", [f"telegram: '{TOKEN}'", f"feed: {{url: 'ws://me:{TOKEN}@host'}}"])
def test_a_secret_in_a_wrong_place_is_not_repeated(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(None, {}, folder=tmp_path)
    assert "do-not-show-me" not in str(caught.value)


def test_a_secret_comes_from_the_env_file_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN='a${HOME}b'\nSIGNAL_WS_TOKEN\n", encoding="utf-8")
    settings = load_settings(None, {}, folder=tmp_path)
    assert settings.slack.bot_token == Secret("a${HOME}b")


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read: No such file"), ("", "is empty"), (b"\xff\xfe", "it is no text")]
)
def test_a_bad_secret_file_is_told(tmp_path: Path, content: str | bytes | None, words: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigurationError, match=f"SIGNAL_WS_TOKEN_FILE: .*{words}"):
        load_settings(None, {"SIGNAL_WS_TOKEN_FILE": str(path)}, folder=tmp_path)


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="both set; keep one"):
        load_settings(None, {"SIGNAL_WS_TOKEN": "a", "SIGNAL_WS_TOKEN_FILE": "b"}, folder=tmp_path)
