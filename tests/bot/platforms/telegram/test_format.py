import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram.format import MAX_PIECES, MESSAGE_UNITS, Piece, format_reply
from core.domain.replies import Align, Button, Column, Field, Reply, Table, Tone
from tests.fakes.telegram_chats import units
from tests.fakes.telegram_markup import parse_html

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = "</pre><b>SOL</b> & <a href='http://evil'>x</a>\u202e_*[`\u200b\x00\n🚨 LIVE · closed all"

NUMBERS = Table(
    columns=(Column(title="Symbol"), Column(title="Side"), Column(title="P&L", align=Align.RIGHT)),
    rows=(("SOLUSDT", "long", "+12.40"), ("1000PEPEUSDT", "short", "-3.05"), ("比特币", "long", "0.00")),
)
WIDE = Table(
    columns=(Column(title="Symbol"), Column(title="Why"), Column(title="Score", align=Align.RIGHT)),
    rows=(("SOLUSDT", "spread of 0.8 % is above the limit", "71.5"), ("BTCUSDT", "taken", "90")),
)
TOO_WIDE = Table(
    columns=tuple(Column(title=f"Figure {number}", align=Align.RIGHT) for number in range(5)),
    rows=(("12345.67", "12345.67", "12345.67", "12345.67", "12345.67"),),
)
CLOSE = Button(label="Close", command="/close 12", is_danger=True)
HALF = Button(label="Half", command="/close 12 50%")

REPLIES = {
    "empty": Reply(),
    "words": Reply(lines=("Nothing is open.", "", "Next wave at 12:20.")),
    "refusal": Reply(title="No such command", tone=Tone.BAD, lines=("Did you mean /status?",), is_private=True),
    "opened": Reply(
        title="Opened SOLUSDT long",
        banner="PAPER",
        tone=Tone.GOOD,
        fields=(
            Field(name="Entry", value="142.50"),
            Field(name="Size", value="0.70"),
            Field(name="Stop", value="136.8"),
        ),
        footer="wave 12:15",
        alert_id=123,
    ),
    "breaker": Reply(
        title="Breaker tripped",
        banner="LIVE",
        tone=Tone.CRITICAL,
        lines=("Three stops in a row.",),
        fields=(Field(name="Held back", value="all new entries on every exchange until somebody resumes"),),
        buttons=((Button(label="Resume", command="/resume all"),),),
        alert_id=9,
    ),
    "warning_without_title": Reply(tone=Tone.WARNING, lines=("Prices of 3 symbols are stale.",)),
    "banner_alone": Reply(banner="TESTNET", lines=("Balance: 1,000 USDT",)),
    "table": Reply(title="Positions", banner="PAPER", table=NUMBERS, footer="3 open", buttons=((CLOSE, HALF),)),
    "wide_table": Reply(title="Verdicts", table=WIDE),
    "too_wide_table": Reply(title="Figures", tone=Tone.NOTICE, table=TOO_WIDE),
    "table_without_rows": Reply(title="Positions", table=Table(columns=(Column(title="Symbol"),), rows=())),
    "fields_and_table": Reply(fields=(Field(name="Open", value="3"),), table=NUMBERS),
    "hostile": Reply(
        title=HOSTILE,
        banner=HOSTILE,
        lines=(HOSTILE,),
        fields=(Field(name=HOSTILE, value=HOSTILE),),
        table=Table(columns=(Column(title=HOSTILE),), rows=((HOSTILE,),)),
        footer=HOSTILE,
        buttons=((Button(label=HOSTILE, command="/why SOL"), Button(label="\u200b", command="/x")),),
        alert_id=1,
    ),
}


def as_text(pieces: tuple[Piece, ...]) -> str:
    """How a golden file shows pieces: the markup, then the buttons."""
    shown = []
    for piece in pieces:
        keys = [" ".join(f"[{key.label} | {key.words}]" for key in row) for row in piece.keys]
        shown.append("\n".join([piece.html, *keys]))
    return "\n----- next message -----\n".join(shown) + "\n"


@pytest.mark.parametrize("name", sorted(REPLIES))
def test_replies_look_as_agreed(name: str) -> None:
    """Run with REGENERATE_GOLDEN=1 after a wanted change, and read the difference."""
    path = GOLDEN / f"{name}.html"
    text = as_text(format_reply(REPLIES[name]))
    if os.environ.get("REGENERATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.html")} == set(REPLIES)


@pytest.mark.parametrize("name", sorted(REPLIES))
def test_the_server_takes_them_and_shows_the_plain_text(name: str) -> None:
    for piece in format_reply(REPLIES[name]):
        assert parse_html(piece.html).strip() == piece.plain.strip()


def shown(reply: Reply) -> str:
    return "\n".join(parse_html(piece.html) for piece in format_reply(reply))


def test_hostile_text_forges_no_line() -> None:
    reply = Reply(title="Closed", fields=(Field(name="Symbol", value=HOSTILE), Field(name="P&L", value="1")))
    assert len(shown(reply).split("\n")) == 3
    assert "\u202e" not in shown(reply)


@pytest.mark.parametrize("filler", ["x", "& ", "<b>", "🙂", "word ", "比"])
def test_ten_kilobytes_lose_nothing(filler: str) -> None:
    text = filler * (10_000 // len(filler))
    pieces = format_reply(Reply(title="T", lines=(text,), fields=(Field(name="Name", value=text),), alert_id=4))
    assert all(units(piece.html) <= MESSAGE_UNITS for piece in pieces)
    together = "".join(parse_html(piece.html) for piece in pieces)
    if len(pieces) < MAX_PIECES:
        assert together.count(filler.strip()) >= 2 * (10_000 // len(filler))
    else:
        assert "more lines are left out" in together


def test_tables_are_split_between_rows() -> None:
    rows = tuple((f"SYM{number}USDT", "long", f"{number}.00") for number in range(400))
    pieces = format_reply(Reply(title="Positions", table=Table(columns=NUMBERS.columns, rows=rows), footer="end"))
    assert len(pieces) > 1
    assert all(piece.html.count("<pre>") == piece.html.count("</pre>") == 1 for piece in pieces)
    text = "\n".join(parse_html(piece.html) for piece in pieces)
    assert text.count("USDT") == 400


def test_more_than_a_chat_can_bear_is_shortened() -> None:
    pieces = format_reply(Reply(lines=("x" * 4000,) * 50, buttons=((HALF,),)))
    assert len(pieces) == MAX_PIECES
    assert parse_html(pieces[-1].html) == "… 43 more lines are left out"
    assert pieces[-1].keys
    assert not any(piece.keys for piece in pieces[:-1])


def test_too_many_buttons_are_rearranged_and_cut() -> None:
    keys = format_reply(Reply(lines=("x",), buttons=((HALF,) * 20, (), *((CLOSE,),) * 120)))[0].keys
    assert sum(map(len, keys)) == 100
    assert [len(row) for row in keys[:4]] == [8, 8, 4, 1]


texts = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("<>&/\n \t\"'bipre🙂\u202e\u200b\ud800")), max_size=80
)
tables = st.builds(
    lambda rows: Table(columns=(Column(title="<A>"), Column(title="B", align=Align.RIGHT)), rows=tuple(rows)),
    st.lists(st.tuples(texts, texts), max_size=5),
)
replies = st.builds(
    Reply,
    title=texts,
    banner=st.none() | texts,
    tone=st.sampled_from(Tone),
    lines=st.lists(texts, max_size=4).map(tuple),
    fields=st.lists(st.builds(Field, name=texts, value=texts), max_size=4).map(tuple),
    table=st.none() | tables,
    footer=texts,
    alert_id=st.none() | st.integers(min_value=1, max_value=10**6),
    buttons=st.lists(st.builds(Button, label=texts, command=st.just("/x")).map(lambda b: (b,)), max_size=3).map(tuple),
)


@given(replies)
def test_no_reply_can_break_the_markup(reply: Reply) -> None:
    for piece in format_reply(reply):
        assert 0 < units(piece.html) <= MESSAGE_UNITS
        assert parse_html(piece.html).strip() == piece.plain.strip() != ""
        assert all(key.label.strip() for row in piece.keys for key in row)
