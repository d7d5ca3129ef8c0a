import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.telegram.format import (
    CAPTION_UNITS,
    MAX_PIECES,
    MESSAGE_UNITS,
    Piece,
    format_edit,
    format_reply,
    without_file,
)
from bot.platforms.telegram.glyphs import clean_line, cut
from bot.platforms.telegram.keys import MOST_KEYS
from core.domain.replies import Align, Button, Column, Field, File, Picker, Reply, Table, Tone
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
EXPORT = File(
    name="signals.csv", content=b"symbol,note\nSOL,'=cmd()\n", media_type="text/csv", summary="1 signal of today"
)

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
    "picker": Reply(
        title="Close what?",
        banner="PAPER",
        lines=("Three positions are open.",),
        picker=Picker(
            prompt="Which position?",
            options=tuple(
                Button(label=f"{name} long +{number}.20", command=f"/close {number}")
                for number, name in enumerate(("SOL", "BTC", "1000PEPE"), start=11)
            ),
        ),
        buttons=((Button(label="All", command="/closeall", is_danger=True),),),
        footer="wave 12:15",
    ),
    "file": Reply(title="Export", lines=("1 signal.",), file=EXPORT, buttons=((HALF,),), footer="until 12:00 UTC"),
    "hostile": Reply(
        title=HOSTILE,
        banner=HOSTILE,
        lines=(HOSTILE,),
        fields=(Field(name=HOSTILE, value=HOSTILE),),
        table=Table(columns=(Column(title=HOSTILE),), rows=((HOSTILE,),)),
        footer=HOSTILE,
        picker=Picker(prompt=HOSTILE, options=(Button(label=HOSTILE, command="/y"),)),
        buttons=((Button(label=HOSTILE, command="/why SOL"), Button(label="\u200b", command="/x")),),
        alert_id=1,
    ),
}


def as_text(pieces: tuple[Piece, ...]) -> str:
    """How a golden file shows pieces: the markup, then the buttons."""
    shown = []
    for piece in pieces:
        keys = [" ".join(f"[{key.label} | {key.words}]" for key in row) for row in piece.keys]
        file = [] if piece.file is None else [f"[file {piece.file.name}: {len(piece.file.content)} bytes]"]
        shown.append("\n".join([*file, piece.html, *keys]))
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
    if pieces[-1].file is not None:
        assert "more lines are in the file below" in together
        together = pieces[-1].file.content.decode()
    assert together.count(filler.strip()) >= 2 * (10_000 // len(filler))


def test_tables_are_split_between_rows() -> None:
    rows = tuple((f"SYM{number}USDT", "long", f"{number}.00") for number in range(400))
    pieces = format_reply(Reply(title="Positions", table=Table(columns=NUMBERS.columns, rows=rows), footer="end"))
    assert len(pieces) > 1
    assert all(piece.html.count("<pre>") == piece.html.count("</pre>") == 1 for piece in pieces)
    text = "\n".join(parse_html(piece.html) for piece in pieces)
    assert text.count("USDT") == 400


def test_more_than_a_chat_can_bear_comes_as_a_file() -> None:
    pieces = format_reply(Reply(title="Long", lines=("x" * 4000,) * 50, buttons=((HALF,),), alert_id=7))
    assert len(pieces) == MAX_PIECES + 1
    assert parse_html(pieces[MAX_PIECES - 1].html) == "… 49 more lines are in the file below"
    assert [bool(piece.keys) for piece in pieces] == [False] * (MAX_PIECES - 1) + [True, False]
    file = pieces[-1].file
    assert file is not None
    assert file.content.decode().split("\n") == ["Long", *["x" * 4000] * 50, "#7"]


def test_an_edit_is_one_message() -> None:
    for name, reply in REPLIES.items():
        assert replace(format_edit(reply), file=format_reply(reply)[0].file) == format_reply(reply)[0], name
    piece = format_edit(Reply(title="Long", lines=("&" * 800,) * 50, buttons=((HALF,),), alert_id=7))
    assert units(piece.html) <= MESSAGE_UNITS
    assert piece.plain.endswith("more lines are left out")
    assert piece.keys
    one_long_line = format_edit(Reply(lines=("&" * 10_000,)))
    assert units(one_long_line.html) <= MESSAGE_UNITS
    assert one_long_line.plain.endswith("… 12 more lines are left out")


def test_what_calls_people_is_marked() -> None:
    assert format_reply(REPLIES["breaker"], is_loud=True)[0].plain.startswith("📣 🚨 LIVE")
    assert format_reply(Reply(lines=("x",)), is_loud=True)[0].plain == "📣 x"
    table_alone = format_reply(Reply(table=NUMBERS), is_loud=True)[0]
    assert table_alone.html.startswith("📣\n<pre>")


def test_a_file_carries_a_short_reply_and_follows_a_long_one() -> None:
    [short] = format_reply(REPLIES["file"])
    assert short.file == EXPORT
    assert short.keys
    *text, last = format_reply(Reply(lines=("x" * 1025,), file=EXPORT, buttons=((HALF,),)))
    assert [(piece.file, bool(piece.keys)) for piece in text] == [(None, True)]
    assert (last.file, last.plain, last.keys) == (EXPORT, EXPORT.summary, ())
    assert format_reply(Reply(file=EXPORT))[0].plain == EXPORT.summary


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "x.csv is empty"), (b"x" * 50_000_001, "x.csv is too big for Telegram (50 MB)")]
)
def test_a_file_that_telegram_would_refuse_is_named(content: bytes, reason: str) -> None:
    file = replace(EXPORT, name="x.csv", content=content)
    [piece] = format_reply(Reply(title="Export", file=file))
    assert piece.file is None
    assert piece.plain == f"Export\n{reason}"


def test_words_of_a_refused_file_remain() -> None:
    piece = without_file(format_reply(REPLIES["file"])[0])
    assert piece.file is None
    assert parse_html(piece.html) == piece.plain
    assert piece.keys


texts = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("<>&/\n \t\"'bipre🙂\u202e\u200b\ud800")), max_size=80
)
options = st.lists(st.builds(Button, label=texts, command=st.just("/y")), min_size=1, max_size=5).map(tuple)
pickers = st.builds(Picker, prompt=texts, options=options)
files = st.builds(
    File,
    name=texts,
    content=st.binary(max_size=3),
    media_type=st.just("text/csv"),
    summary=texts | texts.map("x ".join),
)
tables = st.builds(
    lambda rows: Table(columns=(Column(title="<A>"), Column(title="B", align=Align.RIGHT)), rows=tuple(rows)),
    st.lists(st.tuples(texts, texts), max_size=5),
)
replies = st.builds(
    Reply,
    title=texts,
    picker=st.none() | pickers,
    file=st.none() | files,
    banner=st.none() | texts,
    tone=st.sampled_from(Tone),
    lines=st.lists(texts | texts.map(lambda text: text * 200), max_size=4).map(tuple),
    fields=st.lists(st.builds(Field, name=texts, value=texts), max_size=4).map(tuple),
    table=st.none() | tables,
    footer=texts,
    alert_id=st.none() | st.integers(min_value=1, max_value=10**6),
    buttons=st.lists(st.builds(Button, label=texts, command=st.just("/x")).map(lambda b: (b,)), max_size=3).map(tuple),
)


@given(replies)
def test_no_reply_can_break_the_markup(reply: Reply) -> None:
    for piece in (*format_reply(reply), format_edit(reply)):
        assert 0 < units(piece.html) <= MESSAGE_UNITS
        assert parse_html(piece.html).strip() == piece.plain.strip() != ""
        assert all(key.label.strip() for row in piece.keys for key in row)
        assert piece.file is None or units(piece.plain) <= CAPTION_UNITS


def squeezed(text: str) -> str:
    return "".join(clean_line(text).split())


@given(replies)
def test_no_text_is_lost(reply: Reply) -> None:
    pieces = format_reply(reply)
    whole = [piece.file.content.decode() for piece in pieces if piece.file is not None and piece.file != reply.file]
    together = squeezed(" ".join(whole or [parse_html(piece.html) for piece in pieces]))
    texts = [reply.title, reply.banner or "", *reply.lines, reply.footer, reply.picker.prompt if reply.picker else ""]
    texts += [text for item in reply.fields for text in (item.name, item.value)]
    assert [text for text in texts if squeezed(text) not in together] == []
    cells = [cell for row in reply.table.rows for cell in row] if reply.table else []
    # A wide cell may be cut, but never to less than this.
    assert [cell for cell in cells if squeezed(cut(clean_line(cell), 6)).rstrip("…") not in together] == []
    assert sum(map(len, pieces[-1].keys)) <= MOST_KEYS
