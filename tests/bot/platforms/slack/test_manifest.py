"""The app manifest against the limits that Slack documents."""

import json
from collections.abc import Callable

import pytest

from bot.platforms.slack.manifest import build_manifest, everyday_names
from handlers.invocation import Command

_NEEDED_SCOPES = {"app_mention": "app_mentions:read", "message.im": "im:history"}


@pytest.fixture
def commands(command: Callable[..., Command]) -> list[Command]:
    return [
        command("positions", usage="[sort]", is_everyday=True),
        command("close", usage="<id|SYMBOL> [percent]"),
        command("pause", usage="x" * 2_000, is_everyday=True),
        command("status", is_everyday=True),
        command("a" * 40, is_everyday=True),
        command("wave", is_everyday=True),
        *(command(f"more{number}", is_everyday=True) for number in range(60)),
    ]


def test_it_offers_wave_and_the_everyday_commands(commands: list[Command]) -> None:
    offered = [entry["command"] for entry in build_manifest(commands)["features"]["slash_commands"]]
    assert offered[:3] == ["/wave", "/positions", "/pause"]
    assert offered.count("/wave") == 1
    assert "/close" not in offered
    assert "/status" not in offered, "Slack has a /status of its own"
    assert [f"/{name}" for name in everyday_names(commands)] == offered[1:]


def test_it_keeps_the_documented_limits(commands: list[Command]) -> None:
    manifest = build_manifest(commands)
    json.dumps(manifest)
    display = manifest["display_information"]
    assert 0 < len(display["name"]) <= 35
    assert 0 < len(display["description"]) <= 140
    assert 174 <= len(display["long_description"]) <= 4_000
    assert 0 < len(manifest["features"]["bot_user"]["display_name"]) <= 80
    entries = manifest["features"]["slash_commands"]
    assert 0 < len(entries) <= 50
    for entry in entries:
        assert set(entry) <= {"command", "description", "usage_hint", "should_escape"}
        assert entry["command"].startswith("/")
        assert 1 < len(entry["command"]) <= 32
        assert 0 < len(entry["description"]) <= 2_000
        assert 0 < len(entry.get("usage_hint", "x")) <= 1_000
    assert len({entry["command"] for entry in entries}) == len(entries)
    assert set(manifest) == {"_metadata", "display_information", "features", "oauth_config", "settings"}


def test_it_asks_for_what_is_used_and_no_more(commands: list[Command]) -> None:
    manifest = build_manifest(commands)
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    scopes = set(manifest["oauth_config"]["scopes"]["bot"])
    assert scopes == {"commands", "chat:write"} | {_NEEDED_SCOPES[event] for event in events}
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    assert "request_url" not in json.dumps(manifest)
