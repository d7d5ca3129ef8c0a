"""The guards of tests/conftest.py do guard: no way out of this machine, nothing left running."""

import asyncio
import shutil
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = [("192.0.2.1", 80), ("example.com", 80)]


@pytest.mark.parametrize("place", PLACES)
def test_a_plain_socket_gets_nowhere(place: tuple[str, int], outside_attempts: list[str]) -> None:
    with pytest.raises(PermissionError, match="tests may not reach"):
        socket.create_connection(place, timeout=1)
    assert outside_attempts == [place[0]]
    outside_attempts.clear()


@pytest.mark.parametrize("place", PLACES)
async def test_the_event_loop_gets_nowhere(place: tuple[str, int], outside_attempts: list[str]) -> None:
    with pytest.raises(PermissionError, match="tests may not reach"):
        await asyncio.open_connection(*place)
    assert outside_attempts == [place[0]]
    outside_attempts.clear()


def test_datagrams_get_nowhere(outside_attempts: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outlet, pytest.raises(PermissionError):
        outlet.sendto(b"x", ("192.0.2.1", 53))
    outside_attempts.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_this_machine_can_be_reached(host: str) -> None:
    heard = asyncio.Event()

    async def hear(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(host, server.sockets[0].getsockname()[1])
        await heard.wait()
        writer.close()
        await writer.wait_closed()


def test_a_socket_in_a_folder_can_be_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))


LEFT_BEHIND = {
    "tasks still running": """
        async def test_it():
            asyncio.create_task(asyncio.sleep(9))
            await asyncio.sleep(0)
    """,
    "threads still running": """
        def test_it():
            threading.Thread(target=time.sleep, args=(4,)).start()
    """,
    "tried to reach": """
        def test_it():
            with contextlib.suppress(OSError):
                socket.create_connection(("192.0.2.1", 1))
    """,
}


@pytest.mark.parametrize("words", LEFT_BEHIND)
def test_what_is_left_behind_fails_the_test(tmp_path: Path, words: str) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    body = f"import asyncio, contextlib, socket, threading, time\n{textwrap.dedent(LEFT_BEHIND[words])}"
    (tmp_path / "test_it.py").write_text(body, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed, 1 error" in done.stdout
    assert words in done.stdout
