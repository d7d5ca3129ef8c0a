"""Documents as text: golden files, and hostile words made harmless."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.platforms.terminal.format import clean, to_plain, to_rich
from core.domain.replies import Align, Button, Column, Field, File, Picker, Reply, Table, Tone

GOLDEN = Path(__file__).with_name("golden")

CARD = Reply(
    title="Wave 10:15: 3/5 opened · Binance",
    banner="PAPER",
    tone=Tone.GOOD,
    lines=("12 received → 8 selected → 7 valid → 3/5 opened.", "Opened: SOL BUY, ETH SELL, ADA BUY."),
    buttons=((Button(label="Why", command="/why last"), Button(label="Positions", command="/positions")),),
    alert_id=17,
)
TABLE = Reply(
    title="2 positions open",
    banner="LIVE",
    table=Table(
        columns=(
            Column(title="#", align=Align.RIGHT),
            Column(title="Coin"),
            Column(title=""),
            Column(title="P&L %", align=Align.RIGHT),
        ),
        rows=(("9", "SOL", "L", "+9.90"), ("12", "1000PEPE", "S", "-0.25")),
    ),
    fields=(Field(name="Total", value="+19.80 USDT (+9.90 %)"), Field(name="Binance", value="+9.90 USDT")),
    footer="Times are UTC.",
)
SHORT = Reply(lines=("No position is open.", "Nothing to close."), banner="TESTNET", tone=Tone.NOTICE)
HOSTILE = Reply(
    title="[bold red]Ann[/]\x1b[2J\x1b]0;owned\x07",
    lines=("one\ntwo\r\x1b[31mred\x1b[0m :smile:", "\u202eevil\u200b \x9b31m"),
    fields=(Field(name="[link=x]n[/link]", value="\x1bPq#0\x1b\\v\x00"),),
    table=Table(columns=(Column(title="a\nb"),), rows=(("[/x]\t\x1bc",),)),
    tone=Tone.CRITICAL,
)
PICKER = Reply(
    lines=("2 positions are open.",),
    banner="PAPER",
    picker=Picker(
        prompt="Which one is to close?",
        options=(
            Button(label="#9 SOLUSDT LONG", command="/close 9"),
            Button(label="#12 1000PEPEUSDT SHORT", command="/close 12"),
        ),
    ),
)
FILE = Reply(
    title="Signals of the last 24h",
    file=File(name="signals.csv", content=b"id\r\n", media_type="text/csv", summary="no signals"),
)
CONFIRMATION = Reply(
    title="Close SOLUSDT LONG #9?",
    banner="LIVE",
    tone=Tone.WARNING,
    fields=(Field(name="P&L now", value="+9.90 USDT"),),
    buttons=(
        (
            Button(label="Confirm", command="/confirm ab12cd", is_danger=True),
            Button(label="Cancel", command="/cancel ab12cd"),
        ),
    ),
    confirmation="ab12cd",
)
REPLIES = {
    "picker": PICKER,
    "file": FILE,
    "confirmation": CONFIRMATION,
    "card": CARD,
    "table": TABLE,
    "short": SHORT,
    "hostile": HOSTILE,
}


def printed(reply: Reply, width: int = 60) -> str:
    memory = io.StringIO()
    console = Console(
        file=memory,
        force_terminal=True,
        width=width,
        color_system="standard",
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(to_rich(reply))
    return memory.getvalue()


@pytest.mark.parametrize("name", REPLIES)
def test_plain_text_is_as_agreed(name: str) -> None:
    assert to_plain(REPLIES[name]) + "\n" == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REPLIES)
def test_colours_are_as_agreed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = printed(REPLIES[name]).replace("\x1b", "<ESC>")
    assert shown == (GOLDEN / f"{name}.ansi.txt").read_text(encoding="utf-8")


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    left = clean(text)
    assert all(char >= " " and char not in "\x7f\x9b\u202e\u2028" for char in left)
    left.encode("utf-8")


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_words_are_shown_without_failing(one: str, two: str) -> None:
    reply = Reply(
        title=one,
        lines=(two,),
        fields=(Field(name=two, value=one),),
        table=Table(columns=(Column(title=one),), rows=((two,),)),
        picker=Picker(prompt=one, options=(Button(label=two, command="/x"),)),
        file=File(name=one, content=b"", media_type="text/plain", summary=two),
    )
    assert "\x1b" not in to_plain(reply)
    assert printed(reply)


def test_presses_are_told_in_words() -> None:
    assert "Why: /why last · Positions: /positions" in to_plain(CARD)


def test_a_reply_without_a_title_begins_with_its_first_line() -> None:
    assert to_plain(SHORT).splitlines() == ["[TESTNET] * No position is open.", "Nothing to close."]
    assert to_plain(Reply()) == ""


def test_a_question_alone_is_the_first_line() -> None:
    question = Picker(prompt="Which alert?", options=(Button(label="#1 paused", command="/ack 1"),))
    shown = to_plain(Reply(picker=question, banner="PAPER", tone=Tone.NOTICE))
    assert shown.splitlines() == ["[PAPER] * Which alert?", "  #1 paused  /ack 1"]
