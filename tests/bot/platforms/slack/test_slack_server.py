"""The local Slack is as strict as it claims; otherwise the tests that lean on it would prove little."""

from typing import Any

import aiohttp
import pytest

from tests.fakes.slack_server import SlackServer

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, "value": "v"}


async def post(slack: SlackServer, body: dict[str, object], token: str) -> dict[str, Any]:
    headers, url = {"Authorization": f"Bearer {token}"}, slack.api_url + "chat.postMessage"
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
