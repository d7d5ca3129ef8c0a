"""The replies of the golden files; the same kinds of documents that commands and alerts build."""

from core.domain.replies import Align, Button, Column, Field, Picker, Reply, Table, Tone

_POSITIONS = Table(
    columns=(Column(title="#", align=Align.RIGHT), Column(title="Symbol"), Column(title="P&L", align=Align.RIGHT)),
    rows=(("12", "SOLUSDT", "+4.10 %"), ("7", "1000PEPEUSDT", "-0.35 %"), ("103", "BTCUSDT", "0.00 %")),
)

SAMPLES: dict[str, Reply] = {
    "empty": Reply(),
    "one_line": Reply(lines=("Wavehelm 0.1.0, up since 2026-11-20 07:00 UTC",)),
    "status": Reply(
        title="Status",
        banner="PAPER",
        lines=("Listening; the next wave comes in 4 min 10 s.",),
        fields=(
            Field(name="Open positions", value="3"),
            Field(name="Today", value="+12.40 USDT"),
            Field(name="Feed", value="connected for 2 h"),
        ),
        footer="as of 12:00:05 UTC",
    ),
    "positions": Reply(
        title="Positions (3)",
        banner="LIVE",
        table=_POSITIONS,
        buttons=(
            (Button(label="Close #12", command="/close 12", is_danger=True), Button(label="Why?", command="/why 12")),
            (Button(label="Pause all", command="/pause all"),),
        ),
    ),
    "position_closed": Reply(
        title="SOLUSDT closed",
        banner="LIVE",
        tone=Tone.GOOD,
        lines=("Trailing stop after 2 h 15 min.",),
        fields=(Field(name="Return", value="+3.2 %"), Field(name="P&L", value="+6.40 USDT")),
        alert_id=123,
    ),
    "big_loss": Reply(
        title="DOGEUSDT closed", banner="TESTNET", tone=Tone.BAD, lines=("Stop loss.",), footer="wave 11:45", alert_id=9
    ),
    "critical": Reply(
        title="No stop on BTCUSDT",
        banner="LIVE",
        tone=Tone.CRITICAL,
        lines=("Position #5 stands without a stop.", "", "The venue refused it; it is being placed again."),
        buttons=((Button(label="Close now", command="/close 5", is_danger=True),),),
        alert_id=1001,
    ),
    "feed_lost": Reply(title="Signal server lost", tone=Tone.WARNING, lines=("No frame since 11:58.",), alert_id=77),
    "params_changed": Reply(
        title="Params changed",
        tone=Tone.NOTICE,
        lines=("binance, with wave 12:00",),
        table=Table(
            columns=(
                Column(title="Name"),
                Column(title="Old", align=Align.RIGHT),
                Column(title="New", align=Align.RIGHT),
            ),
            rows=(("max_trades", "3", "5"), ("stop_loss", "-", "4.5")),
        ),
    ),
    "refusal": Reply(title="Not for you", lines=("Ask an admin to add slack:U0042.",), is_private=True),
    "hostile": Reply(
        title="<!channel> *wake* <@U1> A&B\u202egnp.exe\nsecond",
        lines=(
            "<!here> <https://evil.example|click> & <#C1> ```rm``` _under_ *bold* ~gone~ a_b\x00\x1b[31m",
            "&lt;already&gt; \u2066left\u2069 \ud800",
        ),
        fields=(Field(name="*name*", value="<!everyone>\n> quote"), Field(name="", value="")),
        table=Table(columns=(Column(title="``` <x>"),), rows=(("a```b",), ("line\nbreak\t| \u202ecell",), ("日本",))),
        footer="`#1` <!subteam^S1>",
        buttons=((Button(label="<!here>\u202e", command="/why <x>"),),),
    ),
    "long_text": Reply(title="T" * 400, lines=("lorem ipsum " * 300, "x" * 3_500), footer="f" * 100, alert_id=5),
    "long_table": Reply(
        title="Outcomes",
        table=Table(
            columns=(Column(title="Symbol"), Column(title="Return", align=Align.RIGHT)),
            rows=tuple((f"COIN{number}USDT", f"{number / 10:.1f} %") for number in range(200)),
        ),
    ),
    "many_buttons": Reply(
        title="Close which?",
        buttons=tuple((Button(label=f"#{number}", command=f"/close {number}"),) for number in range(60)),
    ),
    "picker": Reply(
        title="Close",
        banner="LIVE",
        picker=Picker(
            prompt="Which position?",
            options=tuple(Button(label=f"#{number} SOLUSDT", command=f"/close {number}") for number in range(7)),
        ),
        buttons=((Button(label="Close all", command="/closeall", is_danger=True),),),
    ),
    "short_picker": Reply(
        title="Params",
        picker=Picker(
            prompt="Which exchange?",
            options=(
                Button(label="Binance", command="/params binance"),
                Button(label="Bybit", command="/params bybit"),
            ),
        ),
    ),
    "confirmation": Reply(
        title="Close SOLUSDT #12?",
        banner="LIVE",
        tone=Tone.WARNING,
        fields=(Field(name="Size", value="12.5 SOL"), Field(name="P&L now", value="+4.10 USDT")),
        buttons=(
            (
                Button(label="Confirm", command="/confirm 6f1a", is_danger=True),
                Button(label="Cancel", command="/cancel 6f1a"),
            ),
        ),
        footer="valid for 120 s",
        confirmation="6f1a",
    ),
}
