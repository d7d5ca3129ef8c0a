"""What the running bot has answered, for a shell: text to read, a file to keep; asking is the control socket's."""

import sys
from pathlib import Path

import typer

from bot.control_socket import SentFile, Told
from core.domain.errors import ConfigurationError

EXIT_FINE = 0
EXIT_REFUSED = 1
_STDOUT = Path("-")


def show(told: Told, out: Path | None) -> None:
    """Print the text of an answer; its file, if it brings one, goes to `out`.

    Raises:
        ConfigurationError: `out` cannot be written.
    """
    file = told.file
    if file is None:
        typer.echo(told.text)
        return
    if out is None:
        typer.echo(f"{told.text}\n{file.name} was not kept; --out FILE keeps it.")
        return
    _write(file, out)
    if out == _STDOUT:
        typer.echo(told.text, err=True)
    else:
        typer.echo(f"{told.text}\nWritten to {out}.")


def save(told: Told, out: Path | None) -> int:
    """Write the file of an answer, and nothing else, to `out` or to stdout; its text goes to stderr.

    Returns:
        The exit code: an answer without a file is a refusal.

    Raises:
        ConfigurationError: `out` cannot be written.
    """
    typer.echo(told.text, err=True)
    if told.file is None:
        return EXIT_REFUSED
    _write(told.file, out or _STDOUT)
    return EXIT_FINE


def _write(file: SentFile, out: Path) -> None:
    if out == _STDOUT:
        sys.stdout.buffer.write(file.content)
        sys.stdout.buffer.flush()
        return
    try:
        out.write_bytes(file.content)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}") from error
