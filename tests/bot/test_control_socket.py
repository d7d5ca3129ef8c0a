"""The door for `wavehelm do`: who gets in, what they get, and what is left of it afterwards."""

import asyncio
import contextlib
import gc
import json
import os
import re
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.control_socket import LOCAL, ControlSocket, SentFile, Told, ask
from bot.platforms.terminal.format import to_plain
from core.domain.errors import ConfigurationError, Unreachable
from core.domain.people import Person, Role
from core.domain.replies import File, Reply
from handlers.invocation import Invocation, InvocationKind
from tests.builders import make_position
from tests.fakes.chat import FakeChat
from tests.fakes.clock import START_AT, FakeClock
from tests.fakes.feed import eventually
from tests.fakes.scripted_dispatch import ScriptedDispatch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "wavehelm.sock"


def render(reply: Reply) -> str:
    return "\n".join([reply.title, *reply.lines])


def control_at(path: Path, dispatch: ScriptedDispatch) -> ControlSocket:
    return ControlSocket(path, dispatch=dispatch, render=render, clock=FakeClock())


@asynccontextmanager
async def listening(path: Path, dispatch: ScriptedDispatch) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(control_at(path, dispatch).run())
    try:
        await eventually(lambda: task.done() or is_open(path))
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def run_briefly(path: Path) -> None:
    """Run where it should end by itself."""
    async with asyncio.timeout(5):
        await control_at(path, ScriptedDispatch(lambda _: Reply(title="the second"))).run()


def is_open(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(path)) == 0


async def send(path: Path, data: bytes) -> bytes:
    """Send raw bytes, say no more, and return everything that comes back."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


# --- what people get ------------------------------------------------------------------------------------------------


async def test_words_reach_the_dispatcher_and_the_answer_comes_back(path: Path) -> None:
    dispatch = ScriptedDispatch(lambda _: Reply(title="Positions", lines=("keine, für niemanden",)))
    async with listening(path, dispatch):
        assert await ask(path, "/positions") == Told(text="Positions\nkeine, für niemanden")
    (heard,) = dispatch.heard
    assert heard == Invocation(
        person=Person(platform="socket", id=LOCAL, name=heard.person.name),
        chat="socket",
        kind=InvocationKind.SOCKET,
        words="/positions",
        is_private=True,
        received_at=START_AT,
    )


async def test_silence_is_an_empty_answer(path: Path) -> None:
    async with listening(path, ScriptedDispatch(lambda _: None)):
        assert await ask(path, "hello") == Told(text="")


def exported(content: bytes) -> Reply:
    return Reply(
        title="Signals",
        file=File(name="signals.csv", content=content, media_type="text/csv", summary="some"),
    )


@pytest.mark.parametrize("content", [b"", b"id,symbol\r\n1,SOL\r\n", bytes(range(256)) * 8192], ids=len)
async def test_a_file_comes_whole_with_the_answer(path: Path, content: bytes) -> None:
    async with listening(path, ScriptedDispatch(lambda _: exported(content))):
        told = await ask(path, "/export signals")
    assert told == Told(text="Signals", file=SentFile(name="signals.csv", content=content))


async def test_a_file_that_is_too_large_is_left_out_and_that_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.control_socket.LARGEST_FILE", 10)
    async with listening(path, ScriptedDispatch(lambda _: exported(b"x" * 11))):
        told = await ask(path, "/export signals")
    assert told == Told(text="Signals\nsignals.csv is too large to come this way: 11 bytes, 10 at most.")


async def test_where_a_question_was_shown_is_known_before_it_can_be_answered(path: Path) -> None:
    dispatch = ScriptedDispatch(lambda _: Reply(title="Close?", confirmation="ab12cd"))
    async with listening(path, dispatch):
        for number in (1, 2):
            await ask(path, "/close SOL")
            assert len(dispatch.showings) == number
    assert dispatch.showings == [("ab12cd", "socket", "")] * 2, "nothing that is written there can be changed"


async def test_a_dangerous_act_is_confirmed_by_a_second_command(path: Path) -> None:
    chat = FakeChat()
    chat.access._roles[("socket", LOCAL)] = Role.OPERATOR
    await chat.keep(positions=[make_position()])
    task = asyncio.create_task(ControlSocket(path, dispatch=chat.dispatch, render=to_plain, clock=chat.clock).run())
    await eventually(lambda: is_open(path))
    asked = (await ask(path, "/close SOL")).text
    confirmation = re.search(r"/confirm \w+", asked)
    assert confirmation is not None
    assert chat.desk.calls == []
    await ask(path, confirmation[0])
    assert chat.desk.calls == ["close 1 1"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_several_are_answered_side_by_side(path: Path) -> None:
    dispatch = ScriptedDispatch()
    dispatch.hold("/slow")
    async with listening(path, dispatch):
        slow = asyncio.create_task(ask(path, "/slow"))
        await eventually(lambda: "/slow" in dispatch.words)
        assert "said /quick" in (await ask(path, "/quick")).text
        dispatch.release("/slow")
        assert "said /slow" in (await slow).text


@pytest.mark.parametrize("login", ["ann", None])
async def test_the_name_of_who_asks_is_shown_and_grants_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, login: str | None
) -> None:
    def who() -> str:
        if login is None:
            raise KeyError("getpwuid(): uid not found: 12345")
        return login

    monkeypatch.setattr("getpass.getuser", who)
    dispatch = ScriptedDispatch()
    async with listening(path, dispatch):
        await ask(path, "/whoami")
    (heard,) = dispatch.heard
    assert (heard.person.id, heard.person.name) == (LOCAL, login or str(os.getuid()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"/positions\n",
        b"[1, 2]\n",
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
        b'{"words": "' + b"x" * 70_000 + b'"}\n',
    ],
    ids=["nothing", "empty", "no JSON", "no object", "no text", "deep", "too long"],
)
async def test_what_is_no_request_gets_no_answer_and_the_door_stays_open(
    path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    dispatch = ScriptedDispatch()
    async with listening(path, dispatch):
        with contextlib.suppress(ConnectionError):  # the server need not read to its end what is too long
            assert await send(path, data) == b""
        assert dispatch.heard == []
        assert "said /status" in (await ask(path, "/status")).text
    gc.collect()  # asyncio tells of a task's forgotten crash when the task is thrown away
    assert caplog.records == []


async def test_words_and_names_of_any_kind_are_texts(path: Path) -> None:
    dispatch = ScriptedDispatch()
    async with listening(path, dispatch):
        await send(path, json.dumps({"words": 5, "user": "x" * 900}).encode() + b"\n")
    (heard,) = dispatch.heard
    assert (heard.words, heard.person.name) == ("5", "x" * 40)


async def test_who_leaves_before_the_answer_harms_nobody(path: Path) -> None:
    dispatch = ScriptedDispatch()
    dispatch.hold("/slow")
    async with listening(path, dispatch):
        asking = asyncio.create_task(ask(path, "/slow"))
        await eventually(lambda: "/slow" in dispatch.words)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        dispatch.release("/slow")
        assert "said /status" in (await ask(path, "/status")).text


# --- nobody there ---------------------------------------------------------------------------------------------------


async def test_without_a_process_people_are_told_how_to_start_one(path: Path) -> None:
    with pytest.raises(Unreachable, match="start one with `wavehelm run`"):
        await ask(path, "/status")


async def test_a_dead_processes_file_counts_as_nobody(path: Path) -> None:
    leave_dead_socket(path)
    with pytest.raises(Unreachable, match="no running wavehelm"):
        await ask(path, "/status")


async def test_a_path_that_cannot_be_a_socket_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be opened"):
        await ask(tmp_path / ("x" * 120), "/status")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b'{"text": "cut o',
        b'{"file": null}\n',
        b'["text"]\n',
        b'{"text": "", "file": {"name": "a.csv", "size": 5}}\nfour',
        b'{"text": "", "file": {"name": "a.csv", "size": 99999999999}}\n',
        b'{"text": "", "file": {"name": "a.csv", "size": -1}}\n',
        b'{"text": "", "file": {"name": "a.csv"}}\n',
    ],
    ids=["nothing", "half", "no text", "no object", "half a file", "huge file", "negative", "no size"],
)
async def test_a_process_that_dies_while_it_answers_is_told(path: Path, answer: bytes) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        writer.close()

    path.parent.mkdir()
    async with await asyncio.start_unix_server(die, path=path):
        with pytest.raises(Unreachable, match="without an answer"):
            await ask(path, "/status")


async def test_a_process_that_hangs_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch = ScriptedDispatch()
    dispatch.hold("/status")
    async with listening(path, dispatch):
        monkeypatch.setattr("bot.control_socket._ANSWER_TIMEOUT_S", 0.05)
        with pytest.raises(Unreachable, match=r"does not answer|without an answer"):
            await ask(path, "/status")


# --- the file -------------------------------------------------------------------------------------------------------


def mode_of(path: Path) -> int | None:
    """Return the permissions of a socket, None if there is none."""
    return stat.S_IMODE(path.stat().st_mode) if path.is_socket() else None


def leave_dead_socket(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


async def test_only_its_user_may_open_it_from_the_first_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int | None] = []
    listen = socket.socket.listen

    def watched(self: socket.socket, *arguments: int) -> None:
        if self.family == socket.AF_UNIX:
            modes.append(mode_of(path))
        listen(self, *arguments)

    monkeypatch.setattr(socket.socket, "listen", watched)
    old = os.umask(0)
    try:
        async with listening(path, ScriptedDispatch()):
            assert mode_of(path) == 0o600
    finally:
        os.umask(old)
    assert set(modes) == {0o600}


async def test_the_file_is_gone_at_the_end_and_may_come_again(path: Path) -> None:
    for _ in range(2):
        async with listening(path, ScriptedDispatch()):
            assert mode_of(path) is not None
        assert mode_of(path) is None


async def test_a_dead_processes_file_is_replaced(path: Path) -> None:
    leave_dead_socket(path)
    async with listening(path, ScriptedDispatch()):
        assert "said /status" in (await ask(path, "/status")).text


async def test_a_live_processes_socket_is_left_alone(path: Path) -> None:
    async with listening(path, ScriptedDispatch(lambda _: Reply(title="the first"))):
        with pytest.raises(ConfigurationError, match="another process listens"):
            await run_briefly(path)
        assert (await ask(path, "/status")).text == "the first"


async def test_a_live_process_that_answers_nobody_is_left_alone_too(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen(0)
        callers = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(str(path))
        with pytest.raises(ConfigurationError, match="another process listens"):
            await run_briefly(path)
        for caller in callers:
            caller.close()
    assert mode_of(path) is not None


async def test_at_the_end_another_ones_file_is_left_alone(path: Path) -> None:
    async with listening(path, ScriptedDispatch()):
        os.replace(path, f"{path}.old")  # noqa: PTH105 - an instant, on a file of the test
        leave_dead_socket(path)
    assert mode_of(path) is not None


def as_a_file(folder: Path) -> Path:
    path = folder / "wavehelm.sock"
    path.write_text("mine")
    return path


def as_a_long_name(folder: Path) -> Path:
    return folder / ("x" * 120)


@pytest.mark.parametrize("place", [as_a_file, as_a_long_name])
async def test_where_no_socket_can_be_made_the_process_does_without(
    tmp_path: Path, place: Callable[[Path], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = place(tmp_path)
    await run_briefly(path)
    assert [record.message for record in caplog.records] == ["no_control_socket"]
    assert not path.exists() or path.read_text() == "mine"


async def test_the_end_leaves_no_command_running(path: Path) -> None:
    dispatch = ScriptedDispatch()
    dispatch.hold("/close SOLUSDT")
    async with listening(path, dispatch):
        asking = asyncio.create_task(ask(path, "/close SOLUSDT"))
        await eventually(lambda: "/close SOLUSDT" in dispatch.words)
    left = {task for task in asyncio.all_tasks() if task not in {asyncio.current_task(), asking}}
    with pytest.raises(Unreachable, match="without an answer"):
        await asking
    assert left == set()
    assert dispatch.ended == []
