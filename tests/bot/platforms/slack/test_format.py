"""Replies as blocks: pinned by golden files, judged by the library's models and by our own reading of the limits."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.platforms.slack.format import PLAIN_LIMIT, plain_text, render
from core.domain.replies import Align, Button, Column, Field, Reply, Table, Tone
from tests.bot.platforms.slack.samples import SAMPLES
from tests.fakes.slack_blocks import buttons_of, find_faults, is_too_long, texts_of

GOLDEN = Path(__file__).parent / "golden"

_texts = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(
    ["<!channel>", "```", "&" * 900, "😀" * 900, "_*~`>", "& <long> " * 500, ""]
)
_labels = st.sampled_from(["Close", "", "<!here>", "😀" * 90])
_replies = st.builds(
    Reply,
    title=_texts,
    banner=st.none() | st.sampled_from(["PAPER", "LIVE"]),
    tone=st.sampled_from(Tone),
    lines=st.lists(_texts, max_size=5).map(tuple),
    fields=st.integers(0, 12).flatmap(
        lambda count: st.builds(Field, name=_texts, value=_texts).map(lambda item: (item,) * count)
    ),
    table=st.none()
    | st.lists(st.tuples(_texts, _texts), max_size=4).map(
        lambda rows: Table(columns=(Column(title="a<b"), Column(title="", align=Align.RIGHT)), rows=tuple(rows))
    ),
    footer=_texts,
    buttons=st.builds(
        lambda label, rows, columns: ((Button(label=label, command="/why <SOL>"),) * columns,) * rows,
        _labels,
        st.integers(0, 14),
        st.integers(0, 7),
    ),
    alert_id=st.none() | st.integers(1, 10**6),
)


def judge(blocks: list[dict[str, Any]]) -> None:
    assert find_faults(blocks) == []
    assert not is_too_long(blocks)
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = Block.parse(block)
        assert parsed is not None
        parsed.validate_json()
    json.dumps(blocks).encode()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_layout_is_as_agreed(name: str) -> None:
    rendered = render(SAMPLES[name])
    judge(rendered.blocks)
    path = GOLDEN / f"{name}.json"
    now = json.dumps({"text": rendered.text, "blocks": rendered.blocks}, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("REGENERATE_GOLDEN"):
        path.write_text(now, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == now


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SAMPLES)


@given(reply=_replies)
def test_whatever_is_said_slack_takes_it(reply: Reply) -> None:
    rendered = render(reply)
    judge(rendered.blocks)
    assert 0 < len(rendered.text) <= 4_000
    words = "\n".join([rendered.text, *texts_of(rendered.blocks[1:])])
    assert "<" not in words
    assert words.count("```") % 2 == 0


def test_only_a_loud_message_calls_people() -> None:
    reply = SAMPLES["hostile"]
    quiet, loud = render(reply), render(reply, is_loud=True)
    assert "<!" not in json.dumps([quiet.text, quiet.blocks])
    assert loud.text.startswith("<!here> ")
    assert loud.blocks[0]["text"]["text"] == "<!here>"
    assert loud.blocks[1:] == quiet.blocks


def test_ten_thousand_characters_arrive() -> None:
    words = [f"word{number}" for number in range(1_100)]
    shown = " ".join(texts_of(render(Reply(lines=(" ".join(words),))).blocks))
    assert shown.split() == words


def test_what_was_left_out_is_admitted() -> None:
    for reply in (
        Reply(lines=("&" * 10_000,)),
        SAMPLES["long_table"],
        Reply(lines=("x" * 30_000,), table=SAMPLES["positions"].table),
    ):
        shown = "\n".join(texts_of(render(reply).blocks))
        is_whole = len(shown) < 12_000 and "Shortened" not in shown
        assert is_whole is (reply is SAMPLES["long_table"])


def test_a_table_stands_straight_and_stays_in_its_block() -> None:
    rows = texts_of(render(SAMPLES["positions"]).blocks)[1].splitlines()
    assert rows == [
        "```",
        "  #  Symbol            P&amp;L",
        " 12  SOLUSDT       +4.10 %",
        "  7  1000PEPEUSDT  -0.35 %",
        "103  BTCUSDT        0.00 %",
        "```",
    ]
    for text in texts_of(render(SAMPLES["long_table"]).blocks)[1:]:
        assert text.startswith("```\nSymbol")
        assert text.endswith("\n```")


def test_buttons_carry_their_commands() -> None:
    buttons = buttons_of(render(SAMPLES["positions"]).blocks)
    assert [button["value"] for button in buttons] == ["/close 12", "/why 12", "/pause all"]
    assert [button.get("style") for button in buttons] == ["danger", None, None]
    assert [button["value"] for button in buttons_of(render(SAMPLES["many_buttons"]).blocks)] == [
        f"/close {number}" for number in range(60)
    ]


def test_more_buttons_than_fit_are_admitted() -> None:
    buttons = tuple(Button(label=f"#{number}", command=f"/close {number}") for number in range(400))
    blocks = render(Reply(title="Close which?", buttons=(buttons,))).blocks
    judge(blocks)
    assert len(buttons_of(blocks)) == 250
    assert "Shortened" in texts_of(blocks)[-1]


def test_without_blocks_everything_is_said_in_words() -> None:
    text = plain_text(SAMPLES["positions"])
    assert text.startswith("[LIVE] Positions (3)\n```\n")
    assert "Close #12: /wave close 12" in text
    assert plain_text(SAMPLES["position_closed"]).splitlines() == [
        "🟢 [LIVE] SOLUSDT closed",
        "Trailing stop after 2 h 15 min.",
        "Return: +3.2 %",
        "P&amp;L: +6.40 USDT",
        "#123",
    ]
    assert len(plain_text(SAMPLES["long_text"])) <= PLAIN_LIMIT
