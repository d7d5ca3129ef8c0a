"""Where answers go when the first way is closed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.platforms.slack.answers import Answers
from bot.platforms.slack.outbound import SlackMessenger
from bot.platforms.slack.payloads import Heard
from bot.platforms.slack.settings import SlackSettings
from bot.platforms.slack.web import SlackWeb
from core.domain.people import Person
from core.domain.replies import Reply
from handlers.invocation import InvocationKind
from tests.fakes.clock import FakeClock
from tests.fakes.scripted_dispatch import ScriptedDispatch
from tests.fakes.slack_server import SlackServer

PUBLIC = Reply(title="Here")
PRIVATE = Reply(title="No", is_private=True)


@pytest.fixture
async def answers(settings: SlackSettings, clock: FakeClock, dispatch: ScriptedDispatch) -> AsyncIterator[Answers]:
    web = SlackWeb(settings)
    yield Answers(SlackMessenger(web, clock), clock, dispatch.shown)
    await web.close()


def heard(slack: SlackServer, *, channel: str = "C0001", has_url: bool = True, is_private: bool = False) -> Heard:
    return Heard(
        key="k",
        person=Person(platform="slack", id="U1"),
        channel=channel,
        words="status",
        kind=InvocationKind.COMMAND,
        response_url=slack.response_url(channel, "U1") if has_url else None,
        is_private=is_private,
    )


async def test_where_the_app_is_no_member_the_asker_still_gets_the_answer(slack: SlackServer, answers: Answers) -> None:
    slack.workspace.channels["C0001"] = "not_in_channel"
    await answers.give(heard(slack), PUBLIC)
    assert [message.words for message in slack.whispers("C0001", "U1")] == ["Here"]


async def test_in_two_peoples_private_chat_only_the_asker_sees_it(slack: SlackServer, answers: Answers) -> None:
    await answers.give(heard(slack, channel="D0666"), PUBLIC)
    assert [message.words for message in slack.whispers("D0666", "U1")] == ["Here"]
    assert not slack.messages("D0666")


@pytest.mark.parametrize(("is_private", "whispered"), [(False, 1), (True, 0)])
async def test_a_worn_out_address_is_replaced(
    slack: SlackServer, answers: Answers, *, is_private: bool, whispered: int
) -> None:
    slack.fail("response_url", status=404, body="expired_url")
    await answers.give(heard(slack, is_private=is_private), PRIVATE)
    assert len(slack.whispers("C0001", "U1")) == whispered
    assert len(slack.messages("C0001")) == 1 - whispered


async def test_a_refused_layout_is_answered_in_plain_text(slack: SlackServer, answers: Answers) -> None:
    slack.fail("response_url", status=400, body="invalid_blocks")
    await answers.give(heard(slack), PRIVATE)
    (message,) = slack.whispers("C0001", "U1")
    assert (message.text, message.blocks) == ("No", [])


async def test_an_answer_waits_as_long_as_slack_asks(slack: SlackServer, answers: Answers, clock: FakeClock) -> None:
    slack.limit("chat.postMessage", retry_after_s=7)
    slack.fail("chat.postMessage", status=503)
    began_at = clock.now()
    task = asyncio.create_task(answers.give(heard(slack, has_url=False), PUBLIC))
    await clock.run_until(task.done)
    assert len(slack.messages("C0001")) == 1
    assert clock.now() - began_at == timedelta(seconds=12)


@pytest.mark.parametrize("status", [429, 500])
async def test_an_address_that_asks_to_wait_is_tried_again(
    slack: SlackServer, answers: Answers, clock: FakeClock, status: int
) -> None:
    slack.fail("response_url", status=status)
    task = asyncio.create_task(answers.give(heard(slack), PRIVATE))
    await clock.run_until(task.done)
    assert len(slack.whispers("C0001", "U1")) == 1


async def test_an_answer_is_given_up_in_the_end(
    slack: SlackServer, answers: Answers, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    slack.fail("chat.postMessage", times=4)
    task = asyncio.create_task(answers.give(heard(slack, has_url=False), PUBLIC))
    await clock.run_until(task.done)
    await answers.give(heard(slack, channel="C0404", has_url=False), PUBLIC)
    assert [record.getMessage()[:27] for record in caplog.records] == [
        "an answer in C0001 is lost:",
        "an answer in C0404 is lost:",
    ]
