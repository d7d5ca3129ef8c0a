"""Commands for the running bot as a shell sees them: words to it, its text and its files back."""

import asyncio
import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.cli import main

CSV = b"id,symbol\r\n1,\xc3\x84\r\n"
Shell = Callable[..., tuple[int, bytes, str]]


@dataclass
class Listener:
    """A process that answers at the control socket: what it hears, and what it says."""

    heard: list[str] = field(default_factory=list)
    text: str = "2 positions open"
    file: bytes | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(json.loads(await reader.readline())["words"])
        header: dict[str, object] = {"text": self.text}
        if self.file is not None:
            header["file"] = {"name": "signals.csv", "size": len(self.file)}
        writer.write(json.dumps(header).encode() + b"\n" + (self.file or b""))
        writer.close()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Call it with the words after `wavehelm`: exit code, what was printed, what was said on the side."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("database: { url: 'sqlite:///bot.db' }\n")

    def run(*words: str) -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "argv", ["wavehelm", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfdbinary.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out, printed.err.decode()

    return run


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """The process, in a thread."""
    listener = Listener()
    ready, loops = threading.Event(), []

    async def serve() -> None:
        async with await asyncio.start_unix_server(listener.answer, path=tmp_path / "bot.sock"):
            ended = asyncio.Event()
            loops.append((asyncio.get_running_loop(), ended))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(5)
    yield listener
    loop, ended = loops[0]
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(ended.set)
    thread.join(5)


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (("do", "/pause", "all", "for", "2h"), "/pause all for 2h"),
        (("do", "/pause all for 2h"), "/pause all for 2h"),
        (("resend", "17"), "/resend 17"),
        (("resend", "17", "--to", "telegram:-1001/5"), "/resend 17 telegram:-1001/5"),
    ],
)
def test_words_for_the_running_bot_are_answered(
    shell: Shell, listener: Listener, words: tuple[str, ...], heard: str
) -> None:
    assert shell(*words) == (0, b"2 positions open\n", "")
    assert listener.heard == [heard]


@pytest.mark.parametrize("words", [("do", "/positions"), ("resend", "17"), ("export", "signals", "7d")])
def test_without_a_running_bot_that_is_said(shell: Shell, words: tuple[str, ...]) -> None:
    code, out, err = shell(*words)
    assert (code, out) == (4, b"")
    assert "start one with `wavehelm run`" in err


def test_an_export_is_the_file_alone_byte_for_byte(shell: Shell, listener: Listener) -> None:
    listener.text, listener.file = "1 signal of the last 7d", CSV
    assert shell("export", "signals", "7d", "SOL") == (0, CSV, "1 signal of the last 7d\n")
    assert listener.heard == ["/export signals 7d SOL"]


def test_an_export_goes_to_the_file_that_is_named(shell: Shell, listener: Listener, tmp_path: Path) -> None:
    listener.file = CSV
    assert shell("export", "signals", "--out", "out.csv") == (0, b"", "2 positions open\n")
    assert (tmp_path / "out.csv").read_bytes() == CSV


def test_a_refused_export_leaves_nothing_behind(shell: Shell, listener: Listener, tmp_path: Path) -> None:
    listener.text = "There is no export of that."
    assert shell("export", "sginals", "--out", "out.csv") == (1, b"", "There is no export of that.\n")
    assert not (tmp_path / "out.csv").exists()


def test_the_file_of_a_chat_command_can_be_kept(shell: Shell, listener: Listener, tmp_path: Path) -> None:
    listener.text, listener.file = "Settings", CSV
    assert shell("do", "/config") == (0, b"Settings\nsignals.csv was not kept; --out FILE keeps it.\n", "")
    assert shell("do", "/config", "--out", "a.csv") == (0, b"Settings\nWritten to a.csv.\n", "")
    assert (tmp_path / "a.csv").read_bytes() == CSV
    assert shell("do", "/config", "--out", "-") == (0, CSV, "Settings\n")


def test_without_a_file_out_is_no_matter(shell: Shell, listener: Listener, tmp_path: Path) -> None:
    for out in ("a.csv", "-"):
        assert shell("do", "/positions", "--out", out) == (0, b"2 positions open\n", "")
    assert not (tmp_path / "a.csv").exists()


def test_a_file_that_cannot_be_written_is_named(shell: Shell, listener: Listener) -> None:
    listener.file = CSV
    for words in (("export", "signals"), ("do", "/config")):
        code, _, err = shell(*words, "--out", "nowhere/a.csv")
        assert code == 2
        assert "nowhere/a.csv cannot be written: No such file or directory" in err
