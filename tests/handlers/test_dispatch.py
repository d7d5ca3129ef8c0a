"""From words to an answer, with rights, limits, faults and the audit."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.market import TradingMode
from core.domain.people import Role
from core.domain.replies import Reply
from handlers.confirming.approvals import ApprovalSettings
from handlers.dispatch import LONGEST_WORDS, REFRESH, Dispatcher
from handlers.invocation import Answer, Command, Forbidden, InvocationKind, Request, UsageError
from handlers.registry import make_registry
from handlers.runs import new_incident
from handlers.services import Services
from tests.builders import make_position
from tests.fakes.chat import ADA, EVE, OLE, VIC, FakeChat, text_of


async def echo(request: Request) -> Answer:
    return Answer(reply=Reply(lines=("|".join(request.arguments),)), before="b", after="a")


def raising(error: BaseException) -> Command:
    async def run(request: Request) -> Answer:
        raise error

    return Command(
        name="fail", summary="Fails", run=run, role=Role.VIEWER, usage="<what>", examples=("/fail now",), section="see"
    )


ECHO = Command(name="echo", summary="Repeats", run=echo, role=Role.VIEWER, aliases=("say",))
ACT = Command(name="act", summary="Acts", run=echo, role=Role.OPERATOR, section="act")
OPEN = Command(name="whoami", summary="Anyone", run=echo, role=Role.NOBODY)


def dispatcher(chat: FakeChat, services: Services) -> Dispatcher:
    """Return a dispatcher of the same chat over other services."""
    return Dispatcher(
        registry=chat.registry,
        access=chat.access,
        services=services,
        confirmations=chat.confirmations,
        approvals=ApprovalSettings(),
        copies=chat.copies,
    )


def chat_with(*commands: Command, per_minute: int = 1000) -> FakeChat:
    return FakeChat(registry=make_registry(commands, {}), per_minute=per_minute)


@pytest.mark.parametrize(
    "words", ["/echo a 'b c'", "echo a 'b c'", "/ECHO a “b c”", '/Say a "b c"', "  /echo   a 'b c' "]
)
async def test_slash_case_alias_and_quotes(words: str) -> None:
    assert (await chat_with(ECHO).say(words)).lines == ("a|b c",)


async def test_every_kind_of_invocation_is_judged_alike() -> None:
    chat = chat_with(ECHO, ACT)
    for kind in InvocationKind:
        refused = await chat.hear("/act", by=VIC, kind=kind)
        assert refused is not None
        assert "needs the role operator; you are viewer" in text_of(refused)
        assert refused.is_private
        answered = await chat.hear("/echo x", by=VIC, kind=kind)
        assert answered is not None
        assert answered.lines == ("x",)
    assert [row.outcome for row in await chat.audit()] == ["refused", "answered"] * len(InvocationKind)


@pytest.mark.parametrize(
    ("mode", "mark"), [(TradingMode.PAPER, None), (TradingMode.TESTNET, "TESTNET"), (TradingMode.LIVE, "LIVE")]
)
async def test_whatever_is_answered_beside_paper_bears_the_mode(mode: TradingMode, mark: str | None) -> None:
    chat = chat_with(ECHO, ACT)
    chat.dispatch = dispatcher(chat, replace(chat.services, mode=mode))
    for words, by in (("/echo x", VIC), ("/act", VIC), ("/nonsense", OLE), ("/confirm 1", OLE)):
        answered = await chat.hear(words, by=by)
        assert answered is not None
        assert answered.banner == mark
    stranger = await chat.hear("/echo x", by=EVE)
    assert stranger is not None
    assert stranger.banner is None


async def test_a_stranger_gets_one_refusal_an_hour_and_then_silence() -> None:
    chat = chat_with(ECHO, OPEN)
    first = await chat.hear("/echo x", by=EVE)
    assert first is not None
    assert text_of(first).strip() == "You are not on the list of this bot. Your id is telegram:666."
    for kind in InvocationKind:
        assert await chat.hear("/echo x", by=EVE, kind=kind) is None
    assert await chat.hear("anything", by=EVE, kind=InvocationKind.TEXT, is_private=True) is None
    await chat.clock.advance(timedelta(minutes=59))
    assert await chat.hear("/nonsense", by=EVE) is None
    await chat.clock.advance(timedelta(minutes=1))
    assert await chat.hear("/nonsense", by=EVE) is not None
    assert {row.outcome for row in await chat.audit()} == {"refused"}
    assert len(await chat.audit()) == 4 + len(InvocationKind)


async def test_whoami_answers_strangers_but_not_without_end() -> None:
    chat = chat_with(OPEN, per_minute=3)
    answers = [await chat.hear("/whoami", by=EVE) for _ in range(6)]
    assert [answer is not None for answer in answers] == [True, True, True, True, False, False]
    assert "more than 3 a minute" in text_of(answers[3] or Reply())


async def test_groups_hear_no_answer_to_talk_and_leave_no_row() -> None:
    chat = chat_with(ECHO)
    for by in (ADA, EVE):
        for kind in (InvocationKind.TEXT, InvocationKind.EDIT):
            assert await chat.hear("good morning everybody", by=by, kind=kind) is None
            assert await chat.hear("", by=by, kind=kind) is None
    assert await chat.audit() == []


async def test_plain_words_in_private_get_a_hint() -> None:
    chat = chat_with(ECHO)
    reply = await chat.hear("what's trending", kind=InvocationKind.TEXT, is_private=True)
    assert reply is not None
    assert "/help" in text_of(reply)
    assert [row.outcome for row in await chat.audit()] == ["unknown_command"]


async def test_plain_words_that_are_a_command_run() -> None:
    reply = await chat_with(ECHO).hear("echo x", kind=InvocationKind.TEXT, is_private=True)
    assert reply is not None
    assert reply.lines == ("x",)


async def test_a_misspelt_command_gets_the_nearest_that_the_asker_may_run() -> None:
    chat = FakeChat()
    assert "did you mean /positions?" in text_of(await chat.say("/postions"))
    assert "did you mean /pause?" in text_of(await chat.say("/pauze", by=OLE))
    assert "/pause" not in text_of(await chat.say("/pauze", by=VIC))
    assert "/help has all" in text_of(await chat.say("/qqqqqqq"))
    assert (await chat.audit())[0].outcome == "unknown_command"


async def test_an_empty_command_gets_the_hint() -> None:
    assert "/help" in text_of(await chat_with(ECHO).say("/"))


async def test_wrong_arguments_get_usage_and_example() -> None:
    chat = chat_with(raising(UsageError("That is wrong.")))
    reply = await chat.say("/fail")
    assert reply.lines == ("That is wrong.", "Usage: /fail <what>", "Example: /fail now")
    assert reply.is_private
    assert [row.outcome for row in await chat.audit()] == ["failed"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RetryLater("Binance is in maintenance", timedelta(seconds=90)), "maintenance. Try again in 1m"),
        (RetryLater("busy", timedelta(0)), "Try again in a moment"),
        (OutcomeUnknown("the venue did not answer"), "do not repeat it"),
        (NotPossible("half of it is below the minimum"), "Half of it is below the minimum. Nothing was changed"),
    ],
)
async def test_foreign_troubles_become_sentences(error: Exception, said: str) -> None:
    reply = await chat_with(raising(error)).say("/fail")
    assert said in " ".join(text_of(reply).split())
    assert reply.is_private


async def test_anything_else_is_an_apology_with_a_number_and_never_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    chat = chat_with(raising(RuntimeError("token=hush at 10.0.0.1")))
    with caplog.at_level(logging.ERROR):
        reply = await chat.say("/fail")
    assert "c0ffee" in text_of(reply)
    assert "hush" not in text_of(reply)
    assert "RuntimeError" not in text_of(reply)
    assert [row.outcome for row in await chat.audit()] == ["failed"]
    record = caplog.records[0]
    assert record.getMessage() == "command_failed"
    assert record.__dict__["incident"] == "c0ffee"


async def test_cancellation_passes() -> None:
    with pytest.raises(asyncio.CancelledError):
        await chat_with(raising(asyncio.CancelledError())).say("/fail")


async def test_work_that_is_cut_off_is_on_record() -> None:
    started = asyncio.Event()

    async def run(request: Request) -> Answer:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    chat = chat_with(replace(ACT, run=run))
    task = asyncio.create_task(chat.say("/act now"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await chat.audit()
    assert (row.words, row.outcome, row.after) == ("/act now", "failed", "cut off while it ran")


async def test_a_part_that_needs_a_higher_role_is_refused_like_a_command() -> None:
    chat = FakeChat(
        registry=make_registry((raising(Forbidden(Role.OPERATOR)),), {}), ceilings={"telegram:-7": Role.VIEWER}
    )
    reply = await chat.say("/fail", by=VIC)
    assert text_of(reply).strip() == "/fail needs the role operator for that; you are viewer."
    assert reply.is_private
    in_chat = await chat.hear("/fail", chat="telegram:-7")
    assert in_chat is not None
    assert "in this chat nobody has it" in text_of(in_chat)
    assert [row.outcome for row in await chat.audit()] == ["refused", "refused"]


async def test_a_home_is_shown_as_often_as_it_is_opened_and_on_record_unless_it_refreshes_itself() -> None:
    chat = chat_with(ECHO, per_minute=2)
    for _ in range(5):
        assert await chat.hear("/echo x", kind=InvocationKind.HOME, message=REFRESH) is not None
    assert await chat.audit() == []
    for _ in range(3):
        assert await chat.hear("/echo x", kind=InvocationKind.HOME) is not None
    assert await chat.hear("/echo x", by=EVE, kind=InvocationKind.HOME) is not None
    assert [row.outcome for row in await chat.audit()] == ["answered"] * 3 + ["refused"]


async def test_incidents_differ() -> None:
    assert new_incident() != new_incident()


async def test_an_edited_message_shows_but_never_acts() -> None:
    chat = chat_with(ECHO, ACT)
    reply = await chat.hear("/act", kind=InvocationKind.EDIT)
    assert reply is not None
    assert "nothing was done" in text_of(reply)
    shown = await chat.hear("/echo x", kind=InvocationKind.EDIT)
    assert shown is not None
    assert shown.lines == ("x",)
    assert [row.outcome for row in await chat.audit()] == ["refused", "answered"]


async def test_words_that_arrive_long_after_they_were_said_show_but_do_not_act() -> None:
    chat = chat_with(ECHO, ACT, replace(ACT, name="halt", works_late=True))
    late = timedelta(minutes=6)
    reply = await chat.hear("/act", age=late)
    assert reply is not None
    assert "nothing was done" in text_of(reply)
    for words in ("/echo x", "/halt x"):
        answer = await chat.hear(words, age=late)
        assert answer is not None
        assert answer.lines == ("x",)


async def test_a_late_close_closes_nothing_and_a_late_pause_pauses() -> None:
    chat = FakeChat()
    await chat.keep(positions=[make_position()])
    await chat.hear("/close 1", age=timedelta(hours=1))
    assert chat.desk.calls == []
    await chat.hear("/pause", age=timedelta(hours=1))
    assert len(chat.desk.calls) == 1


async def test_an_edited_close_closes_nothing() -> None:
    chat = FakeChat()
    await chat.keep(positions=[make_position()])
    await chat.hear("/close 1", kind=InvocationKind.EDIT)
    assert chat.desk.calls == []


async def test_who_asks_too_often_is_told_once_and_may_still_act() -> None:
    chat = chat_with(ECHO, ACT, per_minute=20)
    for _ in range(20):
        assert (await chat.say("/echo")).lines == ("",)
    told = await chat.say("/echo")
    assert "more than 20 a minute" in text_of(told)
    assert await chat.hear("/echo") is None
    assert (await chat.say("/act")).lines == ("",)
    assert (await chat.say("/echo", by=VIC)).lines == ("",)
    await chat.clock.advance(timedelta(minutes=1))
    assert (await chat.say("/echo")).lines == ("",)
    outcomes = [row.outcome for row in await chat.audit()]
    assert outcomes.count("throttled") == 2


async def test_oversized_words_are_refused_and_cut_in_the_record() -> None:
    chat = chat_with(ECHO)
    reply = await chat.say("/echo " + "x" * LONGEST_WORDS)
    assert "too long" in text_of(reply)
    assert len((await chat.audit())[0].words) == 500


async def test_the_record_has_who_where_what_and_the_change() -> None:
    chat = chat_with(ECHO)
    await chat.hear("/echo x", by=OLE, kind=InvocationKind.BUTTON, chat="telegram:-1001/5")
    (row,) = await chat.audit()
    assert (row.person, row.chat, row.kind, row.words) == (OLE, "telegram:-1001/5", "button", "/echo x")
    assert (row.role, row.outcome, row.before, row.after) == (Role.OPERATOR, "answered", "b", "a")
    assert row.at == chat.clock.now()


async def test_an_answer_goes_out_even_if_it_cannot_be_recorded(caplog: pytest.LogCaptureFixture) -> None:
    chat = chat_with(ECHO)

    class BrokenUnits:
        def writing(self) -> object:
            raise OSError("disk full")

    chat.dispatch = dispatcher(chat, replace(chat.services, units=BrokenUnits()))  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        assert (await chat.say("/echo x")).lines == ("x",)
    assert caplog.records[0].getMessage() == "audit_failed"


async def test_commands_know_what_their_asker_may_run_here() -> None:
    seen: list[list[str]] = []

    async def run(request: Request) -> Answer:
        seen.append([command.name for command in request.commands])
        return Answer(reply=Reply())

    look = Command(name="look", summary="Looks", run=run, role=Role.VIEWER)
    chat = FakeChat(
        registry=make_registry((look, ECHO, ACT), {}),
        ceilings={"telegram:-1": Role.VIEWER},
        disabled={"telegram": frozenset({"say"})},
    )
    await chat.hear("/look", chat="telegram:-1")
    await chat.hear("/look")
    assert seen == [["look"], ["look", "act"]]
