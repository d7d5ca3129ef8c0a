import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from handlers.menus import Menu
from tests.bot.platforms.telegram.conftest import COMMANDS, ManualChanges, Running, Stage
from tests.fakes.telegram_server import Fault, TelegramServer

ANN, BEN, GROUP = 1001, 1002, -100777
STATUS, PAUSE = COMMANDS
BOTH = [("status", "How things stand"), ("pause", "Hold entries back")]
ONE = BOTH[:1]


def private(person: int) -> dict[str, Any]:
    return {"type": "chat", "chat_id": person}


def member(chat: int, person: int) -> dict[str, Any]:
    return {"type": "chat_member", "chat_id": chat, "user_id": person}


@pytest.fixture(autouse=True)
def chats(server: TelegramServer) -> None:
    server.add_chat(GROUP)
    server.add_chat(ANN, "private")


def menu(*commands: Any, chat: int | str = "", person: int | str = "") -> Menu:  # noqa: ANN401
    return Menu(platform="telegram", chat=str(chat), person=str(person), commands=commands)


def calls(server: TelegramServer) -> int:
    return server.count("setMyCommands") + server.count("deleteMyCommands")


async def settled(stage: Stage, condition: Callable[[], bool]) -> None:
    await stage.clock.run_until(condition)


async def test_everybody_each_person_each_group_and_each_member_has_a_menu(
    stage: Stage, menus: list[Menu], running: Running
) -> None:
    menus[:] = [
        menu(STATUS),
        menu(STATUS, PAUSE, person=ANN),
        menu(STATUS, chat=GROUP),
        menu(STATUS, PAUSE, chat=GROUP, person=ANN),
        menu(STATUS, chat="@news"),
        replace(menu(PAUSE, person=ANN), platform="slack"),
    ]
    server = stage.server
    async with running(stage.platform):
        await settled(stage, lambda: calls(server) == 4)
    assert server.menu == ONE
    assert server.menu_of(private(ANN)) == BOTH
    assert server.menu_of(private(GROUP)) == ONE
    assert server.menu_of(member(GROUP, ANN)) == BOTH
    assert calls(server) == 4


async def test_only_what_changed_is_set_again_and_what_vanished_is_deleted(
    stage: Stage, menus: list[Menu], changes: ManualChanges, running: Running
) -> None:
    server = stage.server
    menus[:] = [menu(STATUS), menu(STATUS, PAUSE, person=ANN), menu(STATUS, chat=GROUP)]
    async with running(stage.platform):
        await settled(stage, lambda: calls(server) == 3)
        menus[:] = [menu(STATUS, PAUSE), menu(STATUS, chat=GROUP)]
        changes.happen()
        await settled(stage, lambda: calls(server) == 5)
        assert (server.menu, server.menu_of(private(ANN)), server.menu_of(private(GROUP))) == (BOTH, [], ONE)
        assert server.count("deleteMyCommands") == 1
        menus[1] = menu(chat=GROUP)
        changes.happen()
        await settled(stage, lambda: calls(server) == 6)
    assert server.menu_of(private(GROUP)) == []


async def test_changes_are_taken_together(
    stage: Stage, menus: list[Menu], changes: ManualChanges, running: Running
) -> None:
    server, clock = stage.server, stage.clock
    async with running(stage.platform):
        await settled(stage, lambda: calls(server) == 1)
        shown_at = clock.now()
        for number in range(1, 20):
            menus[:] = [menu(replace(STATUS, summary=f"How {number}"))]
            changes.happen()
        await settled(stage, lambda: calls(server) == 2)
        assert clock.now() - shown_at == timedelta(seconds=5)
    assert server.menu == [("status", "How 19")]


async def test_who_is_not_known_yet_gets_the_menu_when_heard(
    stage: Stage, menus: list[Menu], changes: ManualChanges, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    server = stage.server
    menus[:] = [menu(STATUS), menu(STATUS, PAUSE, person=BEN)]
    async with running(stage.platform):
        await settled(stage, lambda: calls(server) == 2)
        changes.happen()
        await settled(stage, lambda: stage.clock.sleepers == 1)
        server.say(ANN, None, "/status")
        await server.wait_for_messages(ANN)
        changes.happen()
        await stage.clock.advance(timedelta(seconds=20))
        assert calls(server) == 2, "who is unknown is not asked for again and again"
        server.say(BEN, None, "/status")
        await server.wait_for_messages(BEN)
        changes.happen()
        await settled(stage, lambda: bool(server.menu_of(private(BEN))))
    refusals = [record for record in caplog.records if "refuses the menu" in record.message]
    assert [record.levelno for record in refusals] == [logging.DEBUG]


async def test_a_menu_that_is_refused_for_all_is_an_error_and_stops_nothing(
    stage: Stage, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    stage.server.order(Fault(method="setMyCommands", status=400, description="Bad Request: BOT_COMMAND_INVALID"))
    async with running(stage.platform):
        stage.server.say(ANN, None, "/status")
        await stage.server.wait_for_messages(ANN)
        await stage.server.wait_for(lambda: "refuses the menu" in caplog.text)
    assert [record.levelno for record in caplog.records if "refuses the menu" in record.message] == [logging.ERROR]


@pytest.mark.parametrize(
    "fault", [Fault(status=502, times=3), Fault(status=429, retry_after_s=30), Fault(loses_answer=True)]
)
async def test_trouble_is_outlived(stage: Stage, running: Running, fault: Fault) -> None:
    stage.server.order(replace(fault, method="setMyCommands"))
    async with running(stage.platform):
        await settled(stage, lambda: bool(stage.server.menu))
        stage.server.say(ANN, None, "/status")
        await stage.server.wait_for_messages(ANN)
    assert stage.server.menu == BOTH


async def test_long_summaries_and_long_menus_are_cut(stage: Stage, menus: list[Menu], running: Running) -> None:
    many = [replace(STATUS, name=f"c{number}", summary="x" * 300) for number in range(120)]
    menus[:] = [menu(*many)]
    async with running(stage.platform):
        await settled(stage, lambda: bool(stage.server.menu))
    assert len(stage.server.menu) == 100
    assert {len(summary) for _, summary in stage.server.menu} == {256}


async def test_a_second_run_sets_nothing_again(stage: Stage, running: Running) -> None:
    server = stage.server
    async with running(stage.platform):
        await settled(stage, lambda: calls(server) == 1)
    polls = server.count("getUpdates")
    async with running(stage.platform):
        await server.wait_for(lambda: server.count("getUpdates") > polls)
        await stage.clock.settle()
    assert calls(server) == 1
