"""The local Slack is as strict as it claims; otherwise the tests that lean on it would prove little."""

from typing import Any

import aiohttp
import pytest

from tests.fakes.slack_server import SlackServer

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, "value": "v"}


async def post(
    slack: SlackServer, body: dict[str, object], token: str, method: str = "chat.postMessage"
) -> dict[str, Any]:
    headers, url = {"Authorization": f"Bearer {token}"}, slack.api_url + method
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        result: dict[str, Any] = await answer.json()
        return result


async def connect(slack: SlackServer, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    headers = {"Authorization": f"Bearer {slack.workspace.app_token}"}
    async with session.post(slack.api_url + "apps.connections.open", headers=headers) as answer:
        return await session.ws_connect((await answer.json())["url"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"channel": "C0404", "text": "x"}, "channel_not_found"),
        ({"channel": "C0001"}, "no_text"),
        ({"channel": "C0001", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0001", "text": "x", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"channel": "C0001", "text": "x", "blocks": []}, "invalid_blocks"),
        ({"channel": "C0001", "text": "x", "blocks": [{"type": "table"}]}, "invalid_blocks"),
        ({"channel": "C0001", "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel": "C0001", "text": "x", "blocks": [{**SECTION, "colour": "red"}]}, "invalid_blocks"),
        (
            {"channel": "C0001", "text": "x", "blocks": [{"type": "header", "text": SECTION["text"]}]},
            "invalid_blocks",
        ),
        (
            {"channel": "C0001", "text": "x", "blocks": [{"type": "actions", "elements": [BUTTON, BUTTON]}]},
            "invalid_blocks",
        ),
        (
            {
                "channel": "C0001",
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}] * 5,
            },
            "msg_blocks_too_long",
        ),
    ],
)
async def test_it_refuses_what_slack_refuses(slack: SlackServer, body: dict[str, object], error: str) -> None:
    answer = await post(slack, body, slack.workspace.bot_token)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert not slack.messages("C0001")


async def test_it_refuses_foreign_tokens(slack: SlackServer) -> None:
    assert (await post(slack, {"channel": "C0001", "text": "x"}, "xoxb-other"))["error"] == "invalid_auth"


async def never_acknowledge() -> None:
    server = SlackServer(ack_within_s=0.05)
    async with server as slack, aiohttp.ClientSession() as session, await connect(slack, session) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        await slack.command("U1", "C0001", "/wave", "status")


async def acknowledge_nothing() -> None:
    async with SlackServer() as slack, aiohttp.ClientSession() as session, await connect(slack, session) as socket:
        await socket.send_json({"envelope_id": "unheard-of"})
        await slack.wait_for(lambda: slack.late)


async def test_a_wrong_acknowledgement_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="not acknowledged"):
        await never_acknowledge()
    with pytest.raises(AssertionError, match="nothing waits for"):
        await acknowledge_nothing()


async def test_an_address_for_answers_wears_out(slack: SlackServer) -> None:
    url = slack.response_url("C0001", "U1")
    statuses = []
    async with aiohttp.ClientSession() as session:
        for _ in range(6):
            async with session.post(url, json={"text": "x"}) as answer:
                statuses.append(answer.status)
    assert statuses == [200] * 5 + [404]


async def test_only_the_apps_own_messages_that_still_stand_are_edited(slack: SlackServer) -> None:
    token = slack.workspace.bot_token
    sent = await post(slack, {"channel": "C0001", "text": "x", "blocks": [SECTION]}, token)
    slack.workspace.said.add(("C0001", "1.1"))

    async def edit(**body: object) -> object:
        answer = await post(slack, {"channel": "C0001", "ts": sent["ts"], "text": "y", **body}, token, "chat.update")
        return answer.get("error", "")

    assert await edit() == ""
    (message,) = slack.messages("C0001")
    assert (message.text, message.blocks) == ("y", [SECTION]), "blocks that are not named stay"
    assert await edit(blocks=[]) == ""
    assert message.blocks == []
    assert await edit(blocks=[{"type": "table"}]) == "invalid_blocks"
    assert await edit(ts="1.1") == "cant_update_message"
    assert await edit(channel="C0404") == "channel_not_found"
    slack.delete(message)
    assert await edit() == "message_not_found"
    slack.archive("C0001")
    assert await edit() == "is_archived"


async def test_what_one_person_sees_cannot_be_edited(slack: SlackServer) -> None:
    token = slack.workspace.bot_token
    body: dict[str, object] = {"channel": "C0001", "text": "x", "user": "U1"}
    sent = await post(slack, body, token, "chat.postEphemeral")
    update: dict[str, object] = {"channel": "C0001", "ts": sent["message_ts"], "text": "y"}
    assert (await post(slack, update, token, "chat.update"))["error"] == "message_not_found"
    assert (await post(slack, {**body, "user": ""}, token, "chat.postEphemeral"))["error"] == "invalid_arguments"
    assert (await post(slack, {**body, "channel": "U1"}, token, "chat.postEphemeral"))["error"] == "channel_not_found"


@pytest.mark.parametrize(
    "view",
    [
        {"type": "modal", "blocks": [SECTION]},
        {"type": "home", "blocks": []},
        {"type": "home", "blocks": [SECTION] * 101},
        {"type": "home", "blocks": [SECTION], "title": "x"},
        "home",
    ],
)
async def test_it_refuses_views_that_slack_refuses(slack: SlackServer, view: object) -> None:
    answer = await post(slack, {"user_id": "U1", "view": view}, slack.workspace.bot_token, "views.publish")
    assert answer["error"] == "invalid_arguments"
    assert not slack.workspace.published


async def test_above_its_limit_it_asks_to_wait_and_counts() -> None:
    now_s = 100.0
    async with SlackServer(now_s=lambda: now_s, enforce_limits=True) as slack:
        token = slack.workspace.bot_token
        answers = [await post(slack, {"channel": "C0001", "text": "x"}, token) for _ in range(5)]
        assert [answer["ok"] for answer in answers] == [True] * 4 + [False]
        assert (await post(slack, {"channel": "C0002", "text": "x"}, token))["ok"]
        now_s += 1
        assert (await post(slack, {"channel": "C0001", "text": "x"}, token))["ok"]
        (violation,) = slack.violations
        assert (violation.channel, violation.method, violation.at_s) == ("C0001", "chat.postMessage", 100.0)


async def test_files_are_uploaded_in_three_steps(slack: SlackServer) -> None:
    token = slack.workspace.bot_token
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session:

        async def ask(length: str) -> dict[str, Any]:
            url, form = slack.api_url + "files.getUploadURLExternal", {"filename": "a.csv", "length": length}
            async with session.post(url, data=form, headers=headers) as answer:
                result: dict[str, Any] = await answer.json()
                return result

        async def upload(url: str, content: bytes) -> int:
            async with session.post(url, data=content) as answer:
                return answer.status

        async def complete(channel: str, file: str) -> object:
            body: dict[str, object] = {"files": [{"id": file}], "channel_id": channel}
            return (await post(slack, body, token, "files.completeUploadExternal")).get("error", "")

        assert (await ask("0"))["error"] == "invalid_arguments"
        opened = await ask("3")
        file = opened["file_id"]
        assert await complete("C0001", file) == "file_not_found"
        assert await upload(opened["upload_url"], b"four") == 400
        assert await upload(opened["upload_url"], b"abc") == 200
        assert await complete("U1", file) == "channel_not_found"
        assert await complete("C0001", file) == ""
        assert await complete("C0001", file) == "file_not_found"
    assert [file.content for file in slack.workspace.files.shown("C0001")] == [b"abc"]
