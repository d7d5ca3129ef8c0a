"""What every test shares: recorded data, no network but this machine's own, nothing left running afterwards.

Fakes and builders live in `tests/fakes` and `tests/builders.py`, not here.
"""

import asyncio
import decimal
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import certifi
import hypothesis
import pytest
import trustme

ROOT = Path(__file__).resolve().parent.parent
THREADS = pytest.StashKey[set[threading.Thread]]()
TASKS = pytest.StashKey[list[str]]()

hypothesis.settings.register_profile("desk", deadline=None, max_examples=100)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "desk")


# --- the machine's own settings stay outside ------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def shared_place() -> Iterator[Path]:
    """Where the recorded data is; and no setting of the person who runs the tests reaches them."""
    place = Path(os.environ.get("WAVEHELM_SHARED") or ROOT.parent / "shared" / "data")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("WAVEHELM_", "TELEGRAM_", "SLACK_", "SIGNAL_WS_", "BINANCE_", "BYBIT_")):
                patch.delenv(name)
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("OLLAMA_HOST", raising=False)
        yield place


@pytest.fixture
def shared_data(shared_place: Path) -> Path:
    """The folder of recorded data; a test that asks for it is skipped where it is absent."""
    if not shared_place.is_dir():
        pytest.skip(f"no recorded data at {shared_place}; WAVEHELM_SHARED may name another folder")
    return shared_place


# --- no network but loopback ----------------------------------------------------------------------------------------


def is_loopback(host: object) -> bool:
    """True for this machine: no host at all, a loopback address, or a name that can only mean one."""
    text = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if text == "localhost" or text.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def outside_attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse every way out of the machine, and fail the test even if its code swallowed the refusal."""
    attempts: list[str] = []

    def check(host: object) -> None:
        if not is_loopback(host):
            attempts.append(str(host))
            raise PermissionError(f"tests may not reach {host!r}: use a local server on 127.0.0.1")

    def guard(name: str) -> None:
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *arguments: object) -> object:
            address = arguments[-1]
            if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
                check(address[0])
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, name, guarded)

    for name in ("connect", "connect_ex", "sendto"):
        guard(name)
    resolve = socket.getaddrinfo

    def guarded_resolve(host: bytes | str | None, port: bytes | str | int | None, *rest: int, **named: int) -> object:
        check(host)
        return resolve(host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)
    yield attempts
    assert not attempts, f"the test tried to reach {attempts}"


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Trust one authority that vouches for nobody: every HTTP client would read the world's 140 anew."""
    trusted = tmp_path_factory.mktemp("authorities") / "nobody.pem"
    trustme.CA().cert_pem.write_to_path(str(trusted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(trusted))
        patch.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(trusted))
        yield trusted


# --- nothing is left running ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def watched_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note the tasks that still run when a test's event loop is closed; `pytest_runtest_teardown` judges them."""
    leaked = request.session.stash.setdefault(TASKS, [])
    close = asyncio.Runner.close

    def closing(self: asyncio.Runner) -> None:
        loop = self.get_loop()
        leaked.extend(str(task) for task in asyncio.all_tasks(loop) if not task.cancelling())
        close(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Runner, "close", closing)
        yield


@pytest.fixture(autouse=True)
def exact_decimals() -> Iterator[None]:
    """Libraries may set how the whole process rounds; whoever calls one has to put it right again."""
    context = decimal.getcontext()
    before = (context.rounding, context.prec)
    yield
    assert (context.rounding, context.prec) == before, "the rounding of decimals was left changed"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[THREADS] = set(threading.enumerate())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    yield
    leaked = item.session.stash.setdefault(TASKS, [])
    tasks, leaked[:] = list(leaked), []
    assert not tasks, f"tasks still running at the end of the test: {tasks}"
    started = [thread for thread in threading.enumerate() if thread not in item.stash[THREADS] and not thread.daemon]
    for thread in started:
        thread.join(timeout=2)
    alive = [thread.name for thread in started if thread.is_alive()]
    assert not alive, f"threads still running at the end of the test: {alive}"
