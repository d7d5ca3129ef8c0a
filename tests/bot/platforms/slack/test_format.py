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
from slack_sdk.models.views import View

from bot.platforms.slack.format import render, render_home
from bot.platforms.slack.text import clean, mrkdwn
from bot.platforms.slack.words import PLAIN_LIMIT, plain_text
from core.domain.replies import Align, Button, Column, Field, Picker, Reply, Table, Tone
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
    picker=st.none()
    | st.builds(
        lambda prompt, label, count: Picker(
            prompt=prompt, options=(Button(label=label, command="/close 12", is_danger=True),) * count
        ),
        _texts,
        _labels,
        st.integers(1, 100),
    ),
)


def judge(blocks: list[dict[str, Any]]) -> None:
    assert find_faults(blocks) == []
    assert not is_too_long(blocks)
    parse(blocks)


def parse(blocks: list[dict[str, Any]]) -> None:
    """Let the library read and validate every block."""
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


@given(reply=_replies)
def test_whatever_is_said_the_home_tab_takes_it(reply: Reply) -> None:
    view = render_home(reply)
    assert find_faults(view["blocks"], 100) == []
    parse(view["blocks"])
    View(**view).validate_json()
    assert "<!" not in "\n".join(texts_of(view["blocks"]))
    assert len(json.dumps(view).encode()) < 250_000


def test_the_home_tab_holds_more_than_a_message() -> None:
    reply = Reply(lines=("word " * 4_000,), buttons=((Button(label="a", command="/a"),),) * 60)
    assert "Shortened" in texts_of(render(reply).blocks)[-1]
    view = render_home(reply)
    assert find_faults(view["blocks"], 100) == []
    assert "Shortened" not in "\n".join(texts_of(view["blocks"]))


@given(
    words=st.lists(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12), max_size=80)
)
def test_short_texts_are_never_shortened(words: list[str]) -> None:
    text = " ".join(words)
    shown = " ".join(texts_of(render(Reply(lines=(text,))).blocks))
    assert shown.split() == (text.split() or ["-"])


@given(lines=st.lists(_texts, max_size=6).map(tuple))
def test_every_character_is_shown_or_its_loss_is_admitted(lines: tuple[str, ...]) -> None:
    said = mrkdwn(clean("\n".join(lines))).replace("\u02cd", "_")
    shown = "".join(texts_of(render(Reply(lines=lines)).blocks)).replace("\u02cd", "_")
    assert "Shortened" in shown or "".join(shown.split()) == ("".join(said.split()) or "-")


def test_controls_of_a_message_without_a_name_carry_a_mark() -> None:
    blocks = render(SAMPLES["picker"], mark="only-0123456789ab").blocks
    judge(blocks)
    marked = [block["block_id"] for block in blocks if "block_id" in block]
    assert marked == ["only-0123456789ab:0", "only-0123456789ab:1", "only-0123456789ab:2"]


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
    assert "Which position?\n#0 SOLUSDT: /wave close 0\n#1 SOLUSDT: /wave close 1" in plain_text(SAMPLES["picker"])
    assert plain_text(SAMPLES["position_closed"]).splitlines() == [
        "🟢 [LIVE] SOLUSDT closed",
        "Trailing stop after 2 h 15 min.",
        "Return: +3.2 %",
        "P&amp;L: +6.40 USDT",
        "#123",
    ]
    assert len(plain_text(SAMPLES["long_text"])) <= PLAIN_LIMIT
