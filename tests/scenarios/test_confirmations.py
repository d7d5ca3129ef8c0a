"""Dangerous acts on both platforms: asked first, bound to person, message, state and time, and on record whatever came.

The rules one by one are tested with the handlers; here is what people see and what is left in the database.
"""

import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.confirming.one_time_codes import code_at, read_secret
from tests.scenarios.talk import (
    OPERATOR,
    PATIENCE_S,
    SLACK_ADMIN,
    TEAM,
    ask,
    ask_slack,
    audited,
    forged,
    open_symbols,
    opened,
    press,
    press_slack,
    restart,
    rows,
)
from tests.scenarios.virtual_world import play
from tests.scenarios.world import ADMIN, CHANNEL, GROUP, SLACK_OPERATOR, World

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEWCOMER = 1004
SECOND_PERSON = TEAM + f'approvals: {{ second_person: true, to: ["slack:{CHANNEL}"] }}\n'


def test_close_on_telegram_is_done_by_the_asker_on_that_message_and_once(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        question = await ask(world, OPERATOR, "/close SOL", GROUP)
        for words in ("PAPER", "Close SOLUSDT long #1", "Binance", "100.19 USDT", "199.989", "P&L now", "0.501"):
            assert words in question.text
        token = question.data_of("Confirm")
        shown = replace(question)

        assert "Person 1003 was asked, not you" in (await press(world, ADMIN, question, "Confirm")).text
        other = await ask(world, OPERATOR, "/close SOL", GROUP)
        elsewhere = await press(world, OPERATOR, forged(other, token), "forged")
        assert "not the message that asks it" in elsewhere.text
        invented = await press(world, OPERATOR, forged(question, "/confirm 0123456789"), "forged")
        assert "no such question" in invented.text
        assert open_symbols(world) == ["SOLUSDT"]

        answer = await press(world, OPERATOR, question, "Confirm")
        assert answer is question
        assert "closed at" in answer.text
        assert "confirmed by Person 1003" in answer.text
        assert [label for row in answer.buttons for label, _ in row] == ["Positions"]
        assert open_symbols(world) == []
        assert "was confirmed already" in (await press(world, OPERATOR, shown, "Confirm")).text

        outcomes = [outcome for who, words, outcome in audited(world)]
        assert outcomes == ["asked", "refused", "asked", "refused", "refused", "answered", "refused"]
        (done,) = rows(world, 'SELECT "before", "after" FROM audit WHERE outcome = \'answered\'')
        assert "#1 SOLUSDT open 0.501" in done[0]
        assert "/close 1 asked by telegram:1003 (Person 1003), confirmed by telegram:1003" in done[1]

    play(tmp_path, scene, config=TEAM)


def test_close_on_slack_is_done_by_the_asker_on_that_message_and_once(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        question = await ask_slack(world, SLACK_OPERATOR, "close SOL")
        for words in ("PAPER", "Close SOLUSDT long #1", "Binance", "100.19 USDT", "199.989", "0.501"):
            assert words in question.words
        shown = replace(question)

        other_person = await press_slack(world, SLACK_ADMIN, question, "Confirm")
        assert "was asked, not you" in other_person.words
        assert other_person.only_for == SLACK_ADMIN
        other = await ask_slack(world, SLACK_OPERATOR, "close SOL")
        elsewhere = await press_slack(world, SLACK_OPERATOR, replace(question, ts=other.ts), "Confirm")
        assert "not the message that asks it" in elsewhere.words
        assert open_symbols(world) == ["SOLUSDT"]

        answer = await press_slack(world, SLACK_OPERATOR, question, "Confirm")
        assert answer is question
        assert "closed at" in answer.words
        assert list(answer.buttons) == ["Positions"]
        assert open_symbols(world) == []
        again = await press_slack(world, SLACK_OPERATOR, shown, "Confirm")
        assert "was confirmed already" in again.words
        assert again.only_for == SLACK_OPERATOR
        assert [outcome for _, _, outcome in audited(world)] == [
            "asked",
            "refused",
            "asked",
            "refused",
            "answered",
            "refused",
        ]

    play(tmp_path, scene, config=TEAM)


def test_silence_denies_and_the_messages_say_so(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        on_telegram = await ask(world, OPERATOR, "/close SOL", GROUP)
        on_slack = await ask_slack(world, SLACK_OPERATOR, "closeall")
        kept = replace(on_telegram)
        await world.clock.sleep(timedelta(seconds=110))
        assert "Nothing happens unless" in on_telegram.text
        await world.clock.sleep(timedelta(seconds=15))
        for words, buttons in ((on_telegram.text, on_telegram.buttons), (on_slack.words, on_slack.buttons)):
            assert "Nobody confirmed this within 2m, so nothing was done." in words
            assert not buttons
        assert "has expired" in (await press(world, OPERATOR, kept, "Confirm")).text
        assert open_symbols(world) == ["SOLUSDT"]

    play(tmp_path, scene, config=TEAM)


def test_a_position_that_moved_meanwhile_is_shown_again_with_its_new_figures(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "ADAUSDT")
        question = await ask(world, OPERATOR, "/close ADA", GROUP)
        assert "155 of 155" in question.text
        half = await ask_slack(world, SLACK_OPERATOR, "close ADA 50")
        await press_slack(world, SLACK_OPERATOR, half, "Confirm")

        again = await press(world, OPERATOR, question, "Confirm")
        assert again is question
        assert "This has changed since you were asked, so nothing was done." in again.text
        assert "78 of 78" in again.text
        assert open_symbols(world) == ["ADAUSDT"]
        assert "closed at" in (await press(world, OPERATOR, again, "Confirm")).text
        assert open_symbols(world) == []

    play(tmp_path, scene, config=TEAM)


def test_a_question_can_be_cancelled_and_does_not_outlive_the_process(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await opened(world, "SOLUSDT")
        cancelled = await ask(world, OPERATOR, "/close SOL", GROUP)
        answer = await press(world, OPERATOR, cancelled, "Cancel")
        assert answer is cancelled
        assert "Cancelled by Person 1003; nothing was done." in answer.text
        assert not answer.buttons

        on_telegram = await ask(world, OPERATOR, "/close SOL", GROUP)
        on_slack = await ask_slack(world, SLACK_OPERATOR, "close SOL")
        await restart(world)
        assert "from before a restart" in (await press(world, OPERATOR, on_telegram, "Confirm")).text
        assert "from before a restart" in (await press_slack(world, SLACK_OPERATOR, on_slack, "Confirm")).words
        assert open_symbols(world) == ["SOLUSDT"]
        assert [row[2] for row in audited(world)] == ["asked", "cancelled", "asked", "asked", "refused", "refused"]

    play(tmp_path, scene, config=TEAM)


def test_what_raises_risk_needs_a_second_person_on_whatever_platform(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        assert "not on the list" in (await ask(world, NEWCOMER, "/pause")).text
        question = await ask(world, ADMIN, f"/grant telegram:{NEWCOMER} operator", GROUP)
        assert "Somebody else with the role admin has to confirm this" in question.text
        (copy,) = await world.slack.wait_for(
            lambda: [m for m in world.slack.messages(CHANNEL) if "Confirm" in m.buttons], PATIENCE_S
        )
        assert "Person 1001 asks on Telegram" in copy.words

        assert "Your own press is not enough" in (await press(world, ADMIN, question, "Confirm")).text
        assert "needs the role admin" in (await press_slack(world, SLACK_OPERATOR, copy, "Confirm")).words
        assert not rows(world, "SELECT * FROM grants")

        assert await press_slack(world, SLACK_ADMIN, copy, "Confirm") is copy
        await world.telegram.wait_for(lambda: question.edits, PATIENCE_S)
        for words in (question.text, copy.words):
            assert f"telegram:{NEWCOMER} is operator from now on." in words
            assert "asked by Person 1001, confirmed by u0003" in words
        assert not question.buttons
        assert "paused" in (await ask(world, NEWCOMER, "/pause all for 2h")).text.lower()

        await restart(world)
        assert "operator" in (await ask(world, NEWCOMER, "/whoami")).text
        (record,) = rows(
            world, "SELECT \"before\", \"after\" FROM audit WHERE words LIKE '/confirm%' AND outcome = 'answered'"
        )
        assert record[0] == f"telegram:{NEWCOMER} not on the list"
        assert "asked by telegram:1001 (Person 1001), confirmed by slack:U0003" in record[1]

    play(tmp_path, scene, config=SECOND_PERSON)


def test_a_one_time_code_counts_once_and_is_kept_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    codes: list[str] = []

    async def scene(world: World) -> None:
        question = await ask(world, ADMIN, f"/grant telegram:{NEWCOMER} viewer")
        assert "your one-time code" in question.text
        assert [label for row in question.buttons for label, _ in row] == ["Cancel"]
        token = question.data_of("Cancel").split()[1]
        step = int(world.clock.now().timestamp()) // 30
        right = code_at(read_secret(SECRET), step)
        wrong = next(code for code in ("314159", "271828") if code != right)
        codes.extend((right, wrong))
        assert "is not right" in (await ask(world, ADMIN, f"/confirm {token} {wrong}")).text
        assert "is viewer from now on" in (await ask(world, ADMIN, f"/confirm {token} {right}")).text

        second = await ask(world, ADMIN, f"/revoke telegram:{NEWCOMER}")
        await press(world, ADMIN, second, "Confirm")
        third = await ask(world, ADMIN, f"/grant telegram:{NEWCOMER} admin")
        token = third.data_of("Cancel").split()[1]
        assert "used already" in (await ask(world, ADMIN, f"/confirm {token} {right}")).text
        assert "not on the list" in (await ask(world, ADMIN, f"/grant telegram:{NEWCOMER} admin")).text

    with caplog.at_level(logging.INFO):
        play(tmp_path, scene, config=TEAM, environment={"APPROVALS_TOTP": f"telegram:{ADMIN}={SECRET}"})
    with closing(sqlite3.connect(tmp_path / "bot.db")) as connection:
        kept = "\n".join(connection.iterdump())
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "/confirm" in kept
    for code in codes:
        assert code not in kept
        assert code not in logged


def test_a_row_of_the_audit_that_was_changed_is_found(tmp_path: Path) -> None:
    async def scene(world: World) -> None:
        await ask(world, ADMIN, "/pause")
        await ask(world, OPERATOR, "/resume all")
        assert "The audit is whole" in (await ask(world, ADMIN, "/audit verify")).text
        with closing(sqlite3.connect(world.database)) as connection, connection:
            connection.execute("UPDATE audit SET person_id = '1002' WHERE id = 2")
        found = await ask(world, ADMIN, "/audit verify")
        assert "The audit was changed" in found.text
        assert "Row 2 " in found.text

    play(tmp_path, scene, config=TEAM)
