"""The app manifest against the limits that Slack documents."""

import json
from collections.abc import Callable

import pytest

from bot.platforms.slack.manifest import build_manifest, everyday_names, shortcut_names
from handlers.invocation import Command
from handlers.registry import build_registry
from tests.fakes.slack_manifest import find_faults

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
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    needed = {_NEEDED_SCOPES[event] for event in events if event != "app_home_opened"}
    assert set(scopes) == {"commands", "chat:write", "files:write"} | needed
    assert len(set(scopes)) == len(scopes)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert "request_url" not in json.dumps(manifest)


def test_shortcuts_are_everyday_commands_that_need_no_argument(command: Callable[..., Command]) -> None:
    commands = [
        command("close", usage="<id> [percent]", is_everyday=True),
        command("pause", usage="[exchange|SYMBOL|all] [for 2h [or more]] [reason]", is_everyday=True),
        command("version"),
        command("x" * 25, is_everyday=True),
        command("by_symbol", is_everyday=True),
        *(command(f"more{number}", is_everyday=True) for number in range(9)),
    ]
    assert shortcut_names(commands) == ("pause", "by_symbol", "more0", "more1", "more2")
    shortcuts = build_manifest(commands)["features"]["shortcuts"]
    assert shortcuts[1] == {
        "name": "By symbol",
        "type": "global",
        "callback_id": "by_symbol",
        "description": "Shows by_symbol",
    }


@pytest.mark.parametrize("name", ["Wavehelm", "Desk bot (test)", "Übung", "!!!"])
def test_slack_accepts_it(commands: list[Command], name: str) -> None:
    for offered in (commands, [], list(build_registry().commands)):
        assert find_faults(build_manifest(offered, name)) == []


def test_the_judge_of_manifests_is_strict(commands: list[Command]) -> None:
    manifest = build_manifest(commands)
    features = manifest["features"]
    features["shortcuts"] = [*features["shortcuts"]] * 3
    features["slash_commands"][-1] = {"command": "no slash", "description": ""}
    features["bot_user"]["display_name"] = "a b"
    manifest["settings"]["colour"] = "red"
    faults = "\n".join(find_faults(manifest))
    for words in ("unknown: colour", "display_name", "5 global", "unique", "slash_commands[", "description"):
        assert words in faults
