"""The health server: /healthz says that the process lives, /readyz that it can work. What is checked is the app's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

from aiohttp import web

from bot.settings.schema import Address
from bot.telemetry.lag import LoopLag
from core.domain.errors import ConfigurationError
from core.ports.edges import Clock


class Check(Protocol):
    """One part of the process as seen now."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def is_ok(self) -> bool: ...  # noqa: D102

    @property
    def detail(self) -> str: ...  # noqa: D102


class HealthServer:
    """Answers on one address while `run` runs."""

    def __init__(
        self,
        address: Address,
        ready: Callable[[], Awaitable[Sequence[Check]]],
        clock: Clock,
        *,
        patience: timedelta = timedelta(seconds=2),
        longest_lag: timedelta = timedelta(seconds=1),
        lag: LoopLag | None = None,
    ) -> None:
        self._address = address
        self._ready = ready
        self._clock = clock
        self._patience = patience
        self._longest_lag = longest_lag
        self._lag = lag or LoopLag()
        self._listening: asyncio.Future[int] | None = None

    async def port(self) -> int:
        """Wait until the server listens and return its port; the one chosen by the system if port 0 was asked for."""
        return await asyncio.shield(self._port())

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        self._lag.start()
        try:
            await self._listen(runner)
            await asyncio.Event().wait()
        finally:
            self._lag.stop()
            self._listening = None
            await runner.cleanup()

    def _port(self) -> asyncio.Future[int]:
        if self._listening is None:
            self._listening = asyncio.get_running_loop().create_future()
        return self._listening

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._address.host, self._address.port).start()
        except OSError as error:
            raise ConfigurationError(
                f"ops.http: {self._address} cannot be listened on ({error.strerror}); choose another one, or null"
            ) from error
        self._port().set_result(runner.addresses[0][1])

    async def _healthz(self, _: web.Request) -> web.Response:
        lag = self._lag.worst
        is_alive = lag < self._longest_lag
        body = {
            "status": "ok" if is_alive else "lagging",
            "loop_lag_ms": lag // timedelta(milliseconds=1),
            "at": self._clock.now().isoformat(),
        }
        return web.json_response(body, status=200 if is_alive else 503)

    async def _readyz(self, _: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                checks = await self._ready()
        except TimeoutError:
            return web.json_response({"status": "not ready", "checks": [], "detail": "the checks hang"}, status=503)
        is_ready = all(check.is_ok for check in checks)
        body = {
            "status": "ok" if is_ready else "not ready",
            "checks": [{"name": check.name, "is_ok": check.is_ok, "detail": check.detail} for check in checks],
        }
        return web.json_response(body, status=200 if is_ready else 503)
