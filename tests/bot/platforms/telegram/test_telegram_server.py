"""The local Bot API server refuses what the real one refuses; the real client's way through it is tested beside."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.fakes.telegram_server import Fault, TelegramServer

ANN, GROUP = 1001, -100777
KEYS = {"inline_keyboard": [[{"text": "Go", "callback_data": "/go"}]]}


async def call(server: TelegramServer, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - raw parameters
    async with aiohttp.ClientSession() as session:
        url = f"{server.url}/bot{server.token}/{method}"
        async with session.post(url, json=params) as response:
            body: dict[str, Any] = await response.json()
            assert response.status == body.get("error_code", 200)
            return body


@pytest.fixture(autouse=True)
def chats(server: TelegramServer) -> None:
    server.add_chat(ANN, "private")
    server.add_chat(GROUP, topics=(5,))


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"chat_id": 7}, "chat not found"),
        ({"text": ""}, "text is empty"),
        ({"text": " \n "}, "text is empty"),
        ({"text": "🙂" * 2049}, "too long"),
        ({"text": "<b>x", "parse_mode": "HTML"}, "can't find end tag"),
        ({"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, "unexpected end tag"),
        ({"text": "<h1>x</h1>", "parse_mode": "HTML"}, "unsupported start tag"),
        ({"text": "<pre><b>x</b></pre>", "parse_mode": "HTML"}, "inside"),
        ({"text": "a & b", "parse_mode": "HTML"}, "unescaped"),
        ({"text": "a &nbsp; b", "parse_mode": "HTML"}, "unsupported entity"),
        ({"text": "<b onclick='x'>x</b>", "parse_mode": "HTML"}, "attributes"),
        ({"text": "x", "parse_mode": "Markdown"}, "unsupported parse_mode"),
        ({"message_thread_id": 6, "chat_id": GROUP}, "thread not found"),
        ({"reply_parameters": {"message_id": 99}}, "replied not found"),
        ({"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]}}, "text is empty"),
        ({"reply_markup": {"inline_keyboard": KEYS["inline_keyboard"] * 101}}, "too long"),
    ],
)
async def test_bad_messages_are_refused(server: TelegramServer, params: dict[str, Any], complaint: str) -> None:
    answer = await call(server, "sendMessage", **{"chat_id": ANN, "text": "x"} | params)
    assert answer["error_code"] == 400
    assert complaint in answer["description"]
    assert server.messages(ANN) == server.messages(GROUP) == []


async def test_good_messages_are_shown(server: TelegramServer) -> None:
    text = '<b>a</b> &lt;&amp;&#8364;&#x20ac; <pre><code class="language-py">x</code></pre>'
    answer = await call(
        server, "sendMessage", chat_id=GROUP, text=text, parse_mode="HTML", message_thread_id=5, reply_markup=KEYS
    )
    [shown] = server.messages(GROUP)
    assert (shown.text, shown.topic, shown.data_of("Go")) == ("a <&€€ x", 5, "/go")
    assert answer["result"]["message_id"] == shown.message_id


async def test_edits(server: TelegramServer) -> None:
    await call(server, "sendMessage", chat_id=ANN, text="one", reply_markup=KEYS)
    [shown] = server.messages(ANN)
    same = {"chat_id": ANN, "message_id": shown.message_id}
    assert (
        "not modified" in (await call(server, "editMessageText", **same, text="one", reply_markup=KEYS))["description"]
    )
    assert (await call(server, "editMessageText", **same, text="two"))["ok"]
    assert (shown.text, shown.buttons, shown.edits) == ("two", [], 1)
    assert (await call(server, "editMessageReplyMarkup", **same, reply_markup=KEYS))["ok"]
    assert "not found" in (await call(server, "editMessageText", chat_id=ANN, message_id=999, text="x"))["description"]
    theirs = server.say(ANN, None, "hello")
    refused = await call(server, "editMessageText", chat_id=ANN, message_id=theirs, text="x")
    assert "can't be edited" in refused["description"]
    shown.date_s -= 49 * 3600
    assert "can't be edited" in (await call(server, "editMessageText", **same, text="three"))["description"]
    assert (await call(server, "deleteMessage", **same))["ok"]
    assert server.messages(ANN) == []


async def test_people_delete_messages_of_the_bot(server: TelegramServer) -> None:
    for _ in range(2):
        await call(server, "sendMessage", chat_id=ANN, text="one")
    first, second = server.messages(ANN)
    server.delete(first)
    assert server.messages(ANN) == [second]
    answer = await call(server, "editMessageText", chat_id=ANN, message_id=first.message_id, text="two")
    assert "message to edit not found" in answer["description"]
    gone = {"message_id": first.message_id}
    assert (
        "replied not found"
        in (await call(server, "sendMessage", chat_id=ANN, text="x", reply_parameters=gone))["description"]
    )
    kept = gone | {"allow_sending_without_reply": True}
    assert (await call(server, "sendMessage", chat_id=ANN, text="x", reply_parameters=kept))["ok"]


async def test_presses_are_answered_once(server: TelegramServer) -> None:
    await call(server, "sendMessage", chat_id=ANN, text="one", reply_markup=KEYS)
    query = server.press(ANN, server.messages(ANN)[0], "Go")
    assert (await call(server, "answerCallbackQuery", callback_query_id=query))["ok"]
    for query_id in (query, "1"):
        assert "too old" in (await call(server, "answerCallbackQuery", callback_query_id=query_id))["description"]


async def test_files_have_captions(server: TelegramServer) -> None:
    async with aiohttp.ClientSession() as session:
        for caption, is_ok in (("fine", True), ("x" * 1025, False)):
            form = aiohttp.FormData({"chat_id": str(ANN), "caption": caption})
            form.add_field("document", b"a,b\n", filename="a.csv")
            url = f"{server.url}/bot{server.token}/sendDocument"
            async with session.post(url, data=form) as response:
                assert (await response.json())["ok"] is is_ok
        form = aiohttp.FormData({"chat_id": str(ANN)})
        form.add_field("document", b"", filename="a.csv")
        async with session.post(f"{server.url}/bot{server.token}/sendDocument", data=form) as response:
            assert "non-empty" in (await response.json())["description"]
    [shown] = server.messages(ANN)
    assert (shown.text, shown.file) == ("fine", ("a.csv", b"a,b\n"))
    edit = await call(server, "editMessageText", chat_id=ANN, message_id=shown.message_id, text="x")
    assert "no text" in edit["description"]


async def test_strangers_and_movers(server: TelegramServer) -> None:
    server.block(ANN)
    assert (await call(server, "sendMessage", chat_id=ANN, text="x"))["error_code"] == 403
    server.migrate(GROUP, -100888)
    answer = await call(server, "sendMessage", chat_id=GROUP, text="x")
    assert answer["parameters"] == {"migrate_to_chat_id": -100888}


async def test_addresses(server: TelegramServer) -> None:
    assert (await call(server, "sendMesage", chat_id=ANN, text="x"))["error_code"] == 404
    async with aiohttp.ClientSession() as session:
        for token, status in (("123:abc", 401), ("abc", 404)):
            async with session.get(f"{server.url}/bot{token}/getMe") as response:
                assert response.status == status
        async with session.get(f"{server.url}/bot{server.token}/getMe") as response:
            assert (await response.json())["result"]["username"] == "wavehelm_bot"


async def test_menus_are_checked(server: TelegramServer) -> None:
    for command, complaint in (
        ({"command": "Pause", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "pause", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ):
        assert complaint in (await call(server, "setMyCommands", commands=[command]))["description"]
    too_many = [{"command": "a", "description": "x"}] * 101
    assert "TOO_MUCH" in (await call(server, "setMyCommands", commands=json.dumps(too_many)))["description"]
    assert (await call(server, "setMyCommands", commands=too_many[:1]))["ok"]
    assert (await call(server, "getMyCommands"))["result"] == too_many[:1]
    assert server.menu == [("a", "x")]


async def test_every_scope_has_its_menu(server: TelegramServer) -> None:
    entry = {"command": "a", "description": "x"}
    private = {"type": "chat", "chat_id": ANN}
    member = {"type": "chat_member", "chat_id": GROUP, "user_id": ANN}
    for scope in (private, member):
        assert (await call(server, "setMyCommands", commands=[entry], scope=json.dumps(scope)))["ok"]
        assert server.menu_of(scope) == [("a", "x")]
    assert server.menu == []
    assert (await call(server, "deleteMyCommands", scope=private))["ok"]
    assert (server.menu_of(private), server.menu_of(member)) == ([], [("a", "x")])
    for refused, complaint in (
        ({"type": "chat", "chat_id": 404}, "chat not found"),
        ({"type": "chat"}, "BotCommandScope"),
        ({"type": "nobody"}, "BotCommandScope"),
    ):
        assert complaint in (await call(server, "setMyCommands", commands=[entry], scope=refused))["description"]


async def test_limits_are_counted_when_they_are_enforced() -> None:
    now_s = 1000.0
    async with TelegramServer(now_s=lambda: now_s, enforce_limits=True) as server:
        server.add_chat(GROUP)
        assert (await call(server, "sendMessage", chat_id=GROUP, text="x"))["ok"]
        now_s += 0.7
        refused = await call(server, "editMessageText", chat_id=GROUP, message_id=1, text="y")
        assert (refused["error_code"], refused["parameters"]) == (429, {"retry_after": 1})
        assert (await call(server, "sendChatAction", chat_id=GROUP, action="typing"))["ok"]
        now_s += 0.05  # within the tolerance
        for _ in range(19):
            assert (await call(server, "sendMessage", chat_id=GROUP, text="x"))["ok"]
            now_s += 1
        refused = await call(server, "sendMessage", chat_id=GROUP, text="x")
        assert refused["parameters"] == {"retry_after": 41}
        for person in range(1, 31):
            server.add_chat(person, "private")
            assert (await call(server, "sendMessage", chat_id=person, text="x"))["ok"]
        server.add_chat(99, "private")
        assert (await call(server, "sendMessage", chat_id=99, text="x"))["error_code"] == 429
        assert [(found.chat, found.limit) for found in server.violations] == [
            (str(GROUP), "1 in 1 s"),
            (str(GROUP), "20 in 60 s"),
            ("99", "30 in 1 s"),
        ]


async def test_limits_are_not_counted_otherwise(server: TelegramServer) -> None:
    for _ in range(3):
        assert (await call(server, "sendMessage", chat_id=ANN, text="x"))["ok"]
    assert server.violations == []


async def test_offsets_acknowledge(server: TelegramServer) -> None:
    for text in ("one", "two", "three"):
        server.say(ANN, None, text)
    first = (await call(server, "getUpdates", limit=2))["result"]
    assert [update["message"]["text"] for update in first] == ["one", "two"]
    again = (await call(server, "getUpdates", offset=first[1]["update_id"]))["result"]
    assert [update["message"]["text"] for update in again] == ["two", "three"]
    last = (await call(server, "getUpdates", offset=-1))["result"]
    assert [update["message"]["text"] for update in last] == ["three"]
    assert server.unconfirmed == 1
    assert (await call(server, "getUpdates", offset=last[0]["update_id"] + 1))["result"] == []


async def test_a_poll_waits_and_a_second_one_ends_it(server: TelegramServer) -> None:
    first = asyncio.create_task(call(server, "getUpdates", timeout=30))
    await server.wait_for(lambda: server.count("getUpdates") == 1)
    second = asyncio.create_task(call(server, "getUpdates", timeout=30, allowed_updates=json.dumps(["message"])))
    assert (await first)["error_code"] == 409
    server.push("poll", {"id": "1"})
    server.say(ANN, None, "hello")
    [update] = (await second)["result"]
    assert update["message"]["from"]["is_bot"] is False
    server.webhook = "https://example.org"
    assert "webhook" in (await call(server, "getUpdates"))["description"]
    await call(server, "deleteWebhook")
    assert (await call(server, "getUpdates"))["ok"]


async def test_faults_are_taken_in_order(server: TelegramServer) -> None:
    server.order(Fault(method="sendMessage", status=429, retry_after_s=3, times=2))
    server.order(Fault(method="sendMessage", loses_answer=True))
    assert (await call(server, "getMe"))["ok"]
    for _ in range(2):
        assert (await call(server, "sendMessage", chat_id=ANN, text="x"))["parameters"] == {"retry_after": 3}
    with pytest.raises(aiohttp.ClientError):
        await call(server, "sendMessage", chat_id=ANN, text="x")
    assert len(server.messages(ANN)) == 1
    await server.down()
    await server.down()
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(server, "getMe")
    await server.up()
    assert (await call(server, "getMe"))["ok"]


async def test_waiting_has_an_end(server: TelegramServer) -> None:
    with pytest.raises(TimeoutError):
        await server.wait_for_messages(ANN, timeout_s=0.01)
