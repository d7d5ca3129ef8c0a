"""Who may what, and which platforms run."""

import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.app.chat import Chats, Hearers, TerminalUse, build_chats, slack_settings, telegram_settings
from bot.app.rights import build_access
from bot.control_socket import LOCAL
from bot.settings import Settings, load_settings
from core.domain.delivery import Destination, Loudness
from core.domain.people import Person, Role
from core.domain.replies import Reply
from handlers.access import Access, Denial
from handlers.invocation import Invocation, InvocationKind
from handlers.registry import build_registry
from storage.changes import RecordedChanges
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch

TELEGRAM = {"TELEGRAM_BOT_TOKEN": "1:t", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:9/api/"}
ACCESS = """
access:
  telegram: { "1001": admin, "1002": viewer }
  slack: { "U0001": operator }
  terminal: operator
  chats: { "telegram:-1001": viewer }
  disabled: { slack: [close] }
"""


def settings_of(folder: Path, environment: Mapping[str, str], text: str = "{}") -> Settings:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, environment, folder=folder)


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return build_access(settings_of(tmp_path, {}, ACCESS))


@pytest.mark.parametrize(
    ("platform", "person", "role"),
    [
        ("telegram", "1001", Role.ADMIN),
        ("telegram", "1002", Role.VIEWER),
        ("telegram", "U0001", Role.NOBODY),
        ("slack", "U0001", Role.OPERATOR),
        ("slack", "1001", Role.NOBODY),
        ("terminal", "local", Role.OPERATOR),
        ("socket", LOCAL, Role.OPERATOR),
        ("socket", "1001", Role.NOBODY),
    ],
)
def test_roles_belong_to_a_platform_and_an_id(access: Access, platform: str, person: str, role: Role) -> None:
    assert access.role_of(Person(platform=platform, id=person, name="Ann")) is role


def test_a_chat_has_a_ceiling_in_its_topics_too(access: Access) -> None:
    admin = Person(platform="telegram", id="1001")
    assert [access.role_in(admin, chat) for chat in ("telegram:-1001", "telegram:-1001/5", "telegram:1001")] == [
        Role.VIEWER,
        Role.VIEWER,
        Role.ADMIN,
    ]


def test_a_command_may_be_off_on_one_platform(access: Access) -> None:
    close = next(command for command in build_registry().commands if command.name == "close")

    def denial(platform: str, person: str) -> Denial | None:
        said = Invocation(
            person=Person(platform=platform, id=person),
            chat=platform,
            kind=InvocationKind.COMMAND,
            words="/close SOLUSDT",
            is_private=True,
            received_at=START_AT,
        )
        return access.decide(said, close).denial

    assert denial("slack", "U0001") is Denial.DISABLED
    assert denial("telegram", "1001") is None


def test_nobody_is_listed_unless_said_so_but_the_terminal(tmp_path: Path) -> None:
    access = build_access(settings_of(tmp_path, {}))
    assert access.role_of(Person(platform="telegram", id="1001")) is Role.NOBODY
    assert access.role_of(Person(platform="terminal", id="local")) is Role.ADMIN


# --- platforms ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def built() -> AsyncIterator[list[Chats]]:
    chats: list[Chats] = []
    yield chats
    for one in chats:
        for platform in one.closing:
            await platform.close()
            await platform.close()


async def nobody_moves(old: Destination, new: Destination) -> None:
    raise AssertionError(f"{old} became {new}")


def build(settings: Settings, built: list[Chats], *, reads_input: bool = False) -> Chats:
    built.append(
        build_chats(
            settings,
            Hearers(
                dispatch=ScriptedDispatch(),
                commands=build_registry().commands,
                menus=lambda _: (),
                changes=RecordedChanges(),
                moved=nobody_moves,
            ),
            clock=FakeClock(),
            terminal=TerminalUse(is_interactive=False, reads_input=reads_input),
        )
    )
    return built[-1]


@pytest.mark.parametrize(
    ("environment", "platforms"),
    [
        ({}, set()),
        (TELEGRAM, {"telegram"}),
        (SLACK, {"slack"}),
        (TELEGRAM | SLACK, {"telegram", "slack"}),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, set()),
        ({"SLACK_APP_TOKEN": "xapp-1"}, set()),
    ],
)
async def test_a_platform_runs_when_its_tokens_are_there(
    tmp_path: Path, built: list[Chats], environment: Mapping[str, str], platforms: set[str]
) -> None:
    chats = build(settings_of(tmp_path, environment), built)
    assert set(chats.listeners) == platforms
    assert set(chats.messengers) == platforms | {"terminal"}
    assert len(chats.closing) == len(platforms)


async def test_a_terminal_is_read_only_if_it_may_be(tmp_path: Path, built: list[Chats]) -> None:
    assert set(build(settings_of(tmp_path, {}), built, reads_input=True).listeners) == {"terminal"}
    silent = build(settings_of(tmp_path, {}, "terminal: { enabled: false }"), built, reads_input=True)
    assert (silent.listeners, silent.messengers) == ({}, {})


async def test_alerts_for_the_terminal_are_printed(
    tmp_path: Path, built: list[Chats], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr("sys.stdout", printed)
    chats = build(settings_of(tmp_path, {}), built)
    await chats.messengers["terminal"].send(Destination.parse("terminal"), Reply(title="Started"), Loudness.NORMAL)
    assert "Started" in printed.getvalue()


def test_the_edges_get_their_tokens_and_addresses(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, TELEGRAM | SLACK)
    telegram, slack = telegram_settings(settings), slack_settings(settings)
    assert telegram is not None
    assert slack is not None
    assert (telegram.token, telegram.api_url) == ("1:t", "http://127.0.0.1:9")
    assert (slack.bot_token, slack.app_token, slack.api_url) == ("xoxb-1", "xapp-1", "http://127.0.0.1:9/api/")
