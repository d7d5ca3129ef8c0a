"""What Telegram offers before anybody types: menus for each role and chat; and the habits of its groups."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from core.domain.people import Role
from handlers.registry import build_registry
from tests.scenarios.talk import OPERATOR, PATIENCE_S, TEAM, answer_to, ask, audited, opened, press, rows
from tests.scenarios.virtual_world import play
from tests.scenarios.world import ADMIN, GROUP, VIEWER, World

NEWCOMER = 1004
FORUM, TOPIC, OTHER_TOPIC = -1002, 5, 6
CEILING = TEAM.replace("access:", f'access:\n  chats: {{ "telegram:{FORUM}": viewer }}')


def names(role: Role) -> set[str]:
    """Return the commands that a role may run."""
    return {command.name for command in build_registry().open_to(role)}


def menu(world: World, **scope: Any) -> set[str]:  # noqa: ANN401 - fields of a scope
    """Return the commands of a menu."""
    return {name for name, _ in world.telegram.menu_of(scope)}


def in_private(world: World, person: int) -> set[str]:
    return menu(world, type="chat", chat_id=person)


def in_chat(world: World, chat: int, person: int) -> set[str]:
    return menu(world, type="chat_member", chat_id=chat, user_id=person)


def _is_menu(world: World, person: int, expected: set[str]) -> bool:
    return in_private(world, person) == expected


def test_everybody_is_offered_what_is_theirs_where_they_are(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        for person in (ADMIN, OPERATOR, VIEWER):
            await ask(world, person, "/whoami")
        world.telegram.add_chat(FORUM, topics=(TOPIC,))
        await ask(world, ADMIN, "/status", FORUM, topic=TOPIC)
        await ask(world, ADMIN, "/pause for 2h")
        await world.clock.sleep(timedelta(seconds=15))
        assert menu(world, type="default") == names(Role.NOBODY) == {"whoami"}
        assert menu(world, type="chat", chat_id=GROUP) == names(Role.VIEWER)
        for person, role in ((ADMIN, Role.ADMIN), (OPERATOR, Role.OPERATOR), (VIEWER, Role.VIEWER)):
            assert in_private(world, person) == names(role)
            assert in_chat(world, GROUP, person) == names(role)
            assert in_chat(world, FORUM, person) == names(Role.VIEWER)
        assert "grant" in in_private(world, ADMIN)
        assert all(0 < len(text) <= 60 for _, text in world.telegram.menu_of({"type": "chat", "chat_id": ADMIN}))

    play(tmp_path, scene, config=CEILING)


def test_a_menu_follows_what_is_granted_and_revoked(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await ask(world, NEWCOMER, "/whoami")
        assert not in_private(world, NEWCOMER)
        for words, role in (
            (f"/grant telegram:{NEWCOMER} viewer", Role.VIEWER),
            (f"/grant telegram:{NEWCOMER} operator", Role.OPERATOR),
            (f"/revoke telegram:{NEWCOMER}", Role.NOBODY),
        ):
            await press(world, ADMIN, await ask(world, ADMIN, words), "Confirm")
            expected = names(role) if role else set()
            await world.telegram.wait_for(partial(_is_menu, world, NEWCOMER, expected), PATIENCE_S)
        await world.telegram.wait_for(lambda: not in_chat(world, GROUP, NEWCOMER), PATIENCE_S)

    play(tmp_path, scene, config=TEAM)


def test_an_answer_stays_in_its_topic_and_so_does_a_confirmation(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        world.telegram.add_chat(FORUM, topics=(TOPIC, OTHER_TOPIC))
        await opened(world, "SOLUSDT")
        status = await ask(world, OPERATOR, "/status", FORUM, topic=TOPIC)
        assert status.topic == TOPIC
        question = await ask(world, OPERATOR, "/close SOL", FORUM, topic=OTHER_TOPIC)
        assert question.topic == OTHER_TOPIC
        answer = await press(world, ADMIN, question, "Confirm")
        assert (answer.topic, "was asked, not you" in answer.text) == (OTHER_TOPIC, True)
        # A press carries no topic when Telegram leaves it out; the message is the same one.
        done = await press(world, OPERATOR, replace(question, topic=None), "Confirm")
        assert done is question
        assert "closed at" in done.text
        ((chat,),) = rows(world, "SELECT chat FROM audit WHERE words = '/status'")
        assert chat == f"telegram:{FORUM}/{TOPIC}"

    play(tmp_path, scene, config=TEAM)


def test_an_edited_message_is_answered_but_does_not_act(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        said = world.telegram.say(OPERATOR, None, "/postions")
        first = await answer_to(world, said, OPERATOR)
        assert "did you mean /positions?" in first.text
        world.telegram.edit(OPERATOR, None, said, "/positions")
        await world.telegram.wait_for(
            lambda: any("No position is open" in m.text for m in world.telegram.messages(OPERATOR)), PATIENCE_S
        )
        world.telegram.edit(OPERATOR, None, said, "/pause all")
        await world.telegram.wait_for(
            lambda: any("An edited message does not act" in m.text for m in world.telegram.messages(OPERATOR)),
            PATIENCE_S,
        )
        assert not rows(world, "SELECT * FROM pauses")
        assert [row[2] for row in audited(world)] == ["unknown_command", "answered", "refused"]

    play(tmp_path, scene, config=TEAM)


def test_in_a_group_only_what_is_meant_for_this_bot_is_heard(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        assert "Status" in (await ask(world, VIEWER, "/status@wavehelm_bot", GROUP)).text
        assert "Status" in (await ask(world, VIEWER, "/status@WaveHelm_Bot", GROUP)).text
        assert "Bybit" in (await ask(world, OPERATOR, "/pause@wavehelm_bot bybit for 2h", GROUP)).text
        for words in ("/status@another_bot", "/pause@another_bot all", "status please", "what is the /status"):
            world.telegram.say(OPERATOR, GROUP, words)
        world.telegram.say(OPERATOR, GROUP, "/status", is_bot=True)
        await world.clock.sleep(timedelta(seconds=5))
        assert [words for _, words, _ in audited(world)] == [
            "/status",
            "/status",
            "/pause bybit for 2h",
        ]
        assert "Status" in (await ask(world, VIEWER, "@wavehelm_bot status", GROUP)).text
        assert [scope for (scope,) in rows(world, "SELECT scope FROM pauses")] == ["bybit"]

    play(tmp_path, scene, config=TEAM)
