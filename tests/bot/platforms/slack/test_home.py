"""Home tabs that are open show the present state, at a measured pace and to those who may see it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from functools import partial

import pytest

from bot.platforms.slack.home import REFRESH, Home
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.people import Person
from core.domain.replies import Button, Reply
from handlers.invocation import Invocation, InvocationKind
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_blocks import texts_of
from tests.fakes.slack_changes import CountedChanges
from tests.fakes.slack_server import SlackServer

ANN = Person(platform="slack", id="U1")


class Board:
    """What the command answers: its present text."""

    def __init__(self) -> None:
        self.text = "0"
        self.reply: Reply | None = None

    def answer(self, _: Invocation) -> Reply | None:
        return self.reply or Reply(title=self.text)


@pytest.fixture
def board(dispatch: ScriptedDispatch) -> Board:
    board = Board()
    dispatch.answer = board.answer
    return board


@pytest.fixture
async def home(
    settings: SlackSettings, dispatch: ScriptedDispatch, clock: FakeClock, changes: CountedChanges, board: Board
) -> AsyncIterator[Home]:
    web = SlackWeb(settings)
    home = Home(web=web, dispatch=dispatch, clock=clock, changes=changes)
    task = asyncio.create_task(home.run())
    yield home
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await web.close()


def shown(slack: SlackServer, person: str = "U1") -> list[str]:
    return ["\n".join(texts_of(view["blocks"])) for user, view in slack.workspace.published if user == person]


async def test_an_opened_tab_is_shown(
    slack: SlackServer, home: Home, clock: FakeClock, dispatch: ScriptedDispatch
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    assert shown(slack) == ["0"]
    (asked,) = dispatch.heard
    assert (asked.kind, asked.words, asked.chat) == (InvocationKind.HOME, "/home", "slack:U1")
    assert (asked.message, asked.is_private, asked.person) == ("", True, ANN)


async def test_changes_are_shown_at_most_each_five_seconds_and_the_last_one_always(
    slack: SlackServer,
    home: Home,
    clock: FakeClock,
    changes: CountedChanges,
    *,
    board: Board,
    dispatch: ScriptedDispatch,
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    began_at = clock.now()
    for number in range(1, 21):
        board.text = str(number)
        await changes.tell()
        await clock.advance(timedelta(milliseconds=500))
        await clock.run_until(lambda: True)
    await clock.run_until(lambda: shown(slack)[-1] == "20")
    assert len(shown(slack)) <= 2 + (clock.now() - began_at) / timedelta(seconds=5)
    assert {invocation.message for invocation in dispatch.heard[1:]} == {REFRESH}


async def test_what_a_change_sets_off_is_shown_soon_after_it(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, board: Board
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    board.text = "1 alert waits"
    await changes.tell()
    await clock.run_until(lambda: shown(slack)[-1] == "1 alert waits")
    board.text = "nothing waits"
    await clock.run_until(lambda: shown(slack)[-1] == "nothing waits")


async def test_what_did_not_change_is_not_published_again(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, dispatch: ScriptedDispatch
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    await changes.tell()
    await clock.run_until(lambda: len(dispatch.heard) == 2)
    home.open(ANN)
    await clock.run_until(lambda: len(dispatch.heard) == 3)
    await clock.advance(timedelta(seconds=10))
    assert shown(slack) == ["0"]
    assert dispatch.heard[2].message == "", "opening is asking, shown anew or not"


async def test_a_person_who_lost_access_sees_the_refusal_and_it_stays(
    slack: SlackServer,
    home: Home,
    clock: FakeClock,
    changes: CountedChanges,
    *,
    board: Board,
    dispatch: ScriptedDispatch,
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    board.reply = Reply(title="Not for you", is_private=True)
    await changes.tell()
    await clock.run_until(lambda: len(shown(slack)) == 2)
    dispatch.answer = lambda _: None
    looks = len(dispatch.heard)
    for _ in range(3):
        await changes.tell()
        await clock.advance(timedelta(seconds=10))
    assert shown(slack) == ["0", "Not for you"]
    assert len(dispatch.heard) == looks + 1, "who is not answered is not kept up to date"


async def test_silence_leaves_nothing_on_the_screen(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, dispatch: ScriptedDispatch
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    dispatch.answer = lambda _: None
    await changes.tell()
    await clock.run_until(lambda: len(shown(slack)) == 2)
    assert shown(slack)[-1] == "Nothing is shown to you here."


async def test_slack_away_is_waited_for_and_the_last_state_comes(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, board: Board
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    began_at = clock.now()
    slack.limit("views.publish", retry_after_s=30)
    board.text = "1"
    await changes.tell()
    await clock.run_until(lambda: len(shown(slack)) == 2)
    assert clock.now() - began_at >= timedelta(seconds=30)


async def test_a_refused_view_is_given_up_until_the_tab_is_opened_again(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, caplog: pytest.LogCaptureFixture
) -> None:
    slack.refuse("views.publish", "not_enabled")
    home.open(ANN)
    await clock.run_until(lambda: "given up: Slack says not_enabled" in caplog.text)
    await changes.tell()
    await clock.advance(timedelta(minutes=1))
    assert not shown(slack)
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))


async def test_after_twelve_hours_a_tab_counts_as_closed(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, dispatch: ScriptedDispatch
) -> None:
    home.open(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    await clock.advance(timedelta(hours=12, minutes=1))
    await changes.tell()
    await clock.advance(timedelta(minutes=1))
    assert len(dispatch.heard) == 1


async def test_fifty_tabs_are_kept_and_slack_is_not_flooded(
    slack: SlackServer, home: Home, clock: FakeClock, changes: CountedChanges, board: Board
) -> None:
    began_at = clock.now()
    for number in range(52):
        home.open(Person(platform="slack", id=f"U{number}"))
    await clock.run_until(lambda: len(slack.workspace.published) == 50, timedelta(minutes=2))
    assert clock.now() - began_at >= timedelta(seconds=29)
    assert not shown(slack, "U0")
    assert not shown(slack, "U1")
    assert shown(slack, "U51") == ["0"]


async def test_a_press_refreshes_the_tab_of_somebody_unknown_too(
    slack: SlackServer, home: Home, clock: FakeClock, dispatch: ScriptedDispatch
) -> None:
    home.refresh(ANN)
    await clock.run_until(lambda: bool(shown(slack)))
    assert dispatch.heard[0].message == REFRESH


async def test_who_has_it_open_stays_known_when_hearing_begins_again(
    slack: SlackServer,
    settings: SlackSettings,
    dispatch: ScriptedDispatch,
    clock: FakeClock,
    *,
    changes: CountedChanges,
    board: Board,
) -> None:
    web = SlackWeb(settings)
    home = Home(web=web, dispatch=dispatch, clock=clock, changes=changes)
    home.open(ANN)
    for count in (1, 2):
        board.text = str(count)
        task = asyncio.create_task(home.run())
        await changes.tell()
        await clock.run_until(partial(_has, slack, count))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await web.close()
    assert shown(slack) == ["1", "2"]


def _has(slack: SlackServer, count: int) -> bool:
    return len(shown(slack)) == count


async def test_a_fault_of_the_dispatcher_ends_it_as_itself(
    settings: SlackSettings, dispatch: ScriptedDispatch, clock: FakeClock, changes: CountedChanges
) -> None:
    def fail(_: Invocation) -> Reply:
        raise LookupError("a bug")

    dispatch.answer = fail
    home = Home(web=SlackWeb(settings), dispatch=dispatch, clock=clock, changes=changes)
    home.open(ANN)
    with pytest.raises(LookupError):
        await home.run()


async def test_pressing_in_the_tab_answers_in_private_and_refreshes(
    slack: SlackServer,
    dispatch: ScriptedDispatch,
    clock: FakeClock,
    running: Callable[[], AbstractAsyncContextManager[object]],
) -> None:
    panel = Reply(title="Panel", buttons=((Button(label="Pause all", command="/pause all"),),))
    dispatch.answer = lambda asked: panel if asked.kind is InvocationKind.HOME else Reply(title="Paused")
    async with running():
        await slack.open_home("U1")
        await slack.open_home("U1", "messages")
        await slack.wait_for(lambda: shown(slack))
        await slack.press_home("U1", "Pause all")
        await slack.wait_for(lambda: slack.messages("DU1"))
        await clock.run_until(lambda: len(dispatch.heard) == 3)

    assert [message.words for message in slack.messages("DU1")] == ["Paused"]
    opened, pressed, refreshed = dispatch.heard
    assert (pressed.kind, pressed.words, pressed.chat) == (InvocationKind.BUTTON, "/pause all", "slack:U1")
    assert (pressed.is_private, pressed.message) == (True, "")
    assert (opened.message, refreshed.message) == ("", REFRESH)
