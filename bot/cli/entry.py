"""The commands of `wavehelm`. Heavy imports wait until a command needs them, so that help comes at once."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.exits import EXIT_CONFIGURATION, exit_code_of
from core.domain.errors import WavehelmError

app = typer.Typer(
    name="wavehelm",
    help="Executes waves of trading signals, guards the positions, and answers on Telegram, Slack and the terminal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
database_app = typer.Typer(help="The database: upgrade it, check it.", no_args_is_help=True)
app.add_typer(database_app, name="db")

ConfigOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="Settings file; without it ./config.yaml if there is one, else the defaults."),
]


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app()
    except WavehelmError as error:
        typer.echo(f"wavehelm: {error}", err=True)
        sys.exit(exit_code_of(error))


@app.command()
def run(config: ConfigOption = None) -> None:
    """Run the bot until it is told to stop (Ctrl-C, SIGTERM)."""
    from bot.app.running import run_forever  # noqa: PLC0415

    asyncio.run(run_forever(_settings(config)))


@app.command()
def demo(
    for_: Annotated[str | None, typer.Option("--for", help="End after so long: 60s, 5m.")] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, help="How many times faster than real time; 45 gives a wave every 20 s.")
    ] = 45,
    seed: Annotated[int, typer.Option(help="Another seed, another market.")] = 1,
    no_input: Annotated[bool, typer.Option("--no-input", help="Print alerts only, read no commands.")] = False,
) -> None:
    """Show everything with nothing set up: simulated signals and market, paper money, this terminal as the chat."""
    from bot.app.demo import run_demo  # noqa: PLC0415

    duration = None if for_ is None else _duration(for_)
    asyncio.run(run_demo(duration=duration, speed=speed, seed=seed, reads_input=not no_input))


@app.command()
def check(config: ConfigOption = None) -> None:
    """Try settings, database, tokens and servers, and say what to mend."""
    from bot.app.checking import run_checks  # noqa: PLC0415

    sys.exit(asyncio.run(run_checks(_settings(config))))


@app.command()
def replay(  # noqa: PLR0917 - typer calls it by keyword
    signals: Annotated[Path, typer.Option(help="Recorded signals, CSV.")],
    candles: Annotated[
        Path, typer.Option(help="Folder of candle files, or an outcomes CSV to make hour candles from.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for report.json, messages.jsonl, wavehelm.db, equity.png.")],
    seed: Annotated[int, typer.Option(help="Seed of whatever is drawn.")] = 1,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting: key=value; may be repeated.")] = None,
    config: ConfigOption = None,
) -> None:
    """Run the real engine over recorded days; the same input gives the same report, byte for byte."""
    from bot.app.replay import run_replay  # noqa: PLC0415

    # Whatever the file is for: a replay is paper, at recorded prices.
    overrides = [*(set_ or ()), f"prices.seed={seed}", "trading.mode=paper", "prices.source=simulated"]
    summary = run_replay(settings=_settings(config, overrides, is_pure=True), signals=signals, candles=candles, out=out)
    typer.echo(summary)


OutOption = Annotated[Path | None, typer.Option("--out", help="Write the file of the answer here; - is stdout.")]


@app.command("do")
def do_(
    words: Annotated[list[str], typer.Argument(help='A chat command, as in: wavehelm do "/positions"')],
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Run a chat command in the bot that is running here."""
    from bot.cli.asking import show  # noqa: PLC0415

    show(_asked(config, *words), out)


@app.command()
def resend(
    number: Annotated[int, typer.Argument(min=1, help="The number of the alert.")],
    to: Annotated[
        str | None, typer.Option("--to", help="telegram:<chat id>, slack:<channel id>, terminal; else as before.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Let the running bot tell an alert again."""
    from bot.cli.asking import show  # noqa: PLC0415

    show(_asked(config, "/resend", str(number), *([to] if to else [])), None)


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="What: signals, positions, outcomes, audit.")],
    period: Annotated[list[str] | None, typer.Argument(help="Which: 24h, 7d, 2026-11-01..2026-11-07.")] = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Write a CSV file of what the running bot has kept, to --out or to stdout."""
    from bot.cli.asking import save  # noqa: PLC0415

    sys.exit(save(_asked(config, "/export", kind, *(period or ())), out))


@app.command("config")
def config_(config: ConfigOption = None) -> None:
    """Show every setting in force; secrets are masked."""
    from bot.settings import effective_text  # noqa: PLC0415

    typer.echo(effective_text(_settings(config)))


@app.command("slack-manifest")
def slack_manifest() -> None:
    """Print the app manifest to create the Slack app from."""
    import yaml  # noqa: PLC0415

    from bot.platforms.slack.manifest import build_manifest  # noqa: PLC0415
    from handlers.registry import build_registry  # noqa: PLC0415

    typer.echo(yaml.safe_dump(build_manifest(build_registry().commands), sort_keys=False, allow_unicode=True))


@database_app.command("upgrade")
def database_upgrade(config: ConfigOption = None) -> None:
    """Bring the database to this version; a backup is kept beside it."""
    from bot.app.database import upgrade_database  # noqa: PLC0415

    typer.echo(asyncio.run(upgrade_database(_settings(config))))


@database_app.command("check")
def database_check(config: ConfigOption = None) -> None:
    """Check version and integrity of the database."""
    from bot.app.database import check_database  # noqa: PLC0415

    is_fine, text = asyncio.run(check_database(_settings(config)))
    typer.echo(text)
    sys.exit(0 if is_fine else EXIT_CONFIGURATION)


def _settings(path: Path | None, overrides: list[str] | None = None, *, is_pure: bool = False) -> Any:  # noqa: ANN401
    """Return the settings; `is_pure` leaves out the environment, so that a replay depends on its words alone."""
    from bot.settings import load_settings  # noqa: PLC0415

    return load_settings(path, None if is_pure else os.environ, overrides or ())


def _asked(config: Path | None, *words: str) -> Any:  # noqa: ANN401 - what a heavy import defines
    """Return what the running bot answers to a command."""
    from bot.control_socket import ask  # noqa: PLC0415

    return asyncio.run(ask(_settings(config).database.control_socket, " ".join(words)))


def _duration(text: str) -> timedelta:
    from handlers.arguments import find_duration  # noqa: PLC0415

    duration = find_duration(text)
    if duration is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 60s, 5m or 1h")
    return duration
