"""The sections about people and what they are told, and the wait for their veto."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot.settings.load import load_settings
from bot.settings.schema import Settings
from core.domain.errors import ConfigurationError
from core.domain.settings import DeliverySettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(None, {}, folder=folder)


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, text)
    _, line = str(caught.value).splitlines()
    return line.removeprefix("- ")


def test_delivery(folder: Path) -> None:
    text = """
    delivery: { send_timeout_s: 20, urgent_timeout_s: 4, failover_after_s: 60, missed_after_s: 90,
                edit_every_s: 5, edit_until_h: 40 }
    """
    assert load(folder, text).delivery == DeliverySettings(
        send_timeout=timedelta(seconds=20),
        urgent_timeout=timedelta(seconds=4),
        failover_after=timedelta(seconds=60),
        missed_after=timedelta(seconds=90),
        edit_every=timedelta(seconds=5),
        edit_until=timedelta(hours=40),
    )


def test_the_wait_for_a_veto(folder: Path) -> None:
    waves = load(folder, "waves: {veto_window_s: 120, veto_default: skip}").waves
    assert (waves.veto_window, waves.veto_default_trades) == (timedelta(seconds=120), False)
    assert load(folder, "waves: {veto_default: trade}").waves.veto_default_trades
    assert (
        problem(folder, "waves: {veto_window_s: 601}")
        == "waves.veto_window_s: 601 is not allowed; allowed: a number of seconds from 0 to 600"
    )


def test_approvals(folder: Path) -> None:
    approvals = load(folder, 'approvals: {second_person: true, to: ["slack:C0001", terminal], totp: {}}').approvals
    assert approvals.second_person
    assert [str(place) for place in approvals.to] == ["slack:C0001", "terminal"]
    assert approvals.totp == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("routes: [{to: [terminal], quiet: '22-7'}]", "routes.1.quiet: '22-7' is not allowed"),
        ("routes: [{to: [terminal], quiet: '22-7'}]", 'allowed: a part of the day like "22:00-07:00", or null'),
        ("routes: [{to: [terminal], fallback: terminal}]", "routes.1.fallback: terminal is told by this route already"),
        ("delivery: {urgent_timeout_s: 31}", "delivery.urgent_timeout_s: it is longer than send_timeout_s"),
        ("waves: {veto_default: maybe}", "waves.veto_default: 'maybe' is not allowed; allowed: one of trade, skip"),
    ],
)
def test_a_mistake_is_told_with_what_is_allowed(folder: Path, text: str, said: str) -> None:
    assert yaml.safe_load(text)
    assert said in problem(folder, text)
