"""Telegram as a platform: connects, polls, hands over what it hears, answers. Rights and words are not here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from telegram import Update
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError

from bot.lanes import Lanes, Work
from bot.platforms.telegram.answers import Answers
from bot.platforms.telegram.budget import Budget
from bot.platforms.telegram.calls import Calls
from bot.platforms.telegram.errors import translate
from bot.platforms.telegram.gateway import Gateway
from bot.platforms.telegram.inbound import Heard, read_move, read_update
from bot.platforms.telegram.menus import MenuKeeper
from bot.platforms.telegram.outbound import TelegramMessenger
from bot.platforms.telegram.receipts import Receipts
from bot.platforms.telegram.sending import Sender
from bot.platforms.telegram.settings import TelegramSettings
from core.domain.delivery import Destination
from core.domain.errors import ConfigurationError, RetryLater
from core.ports.edges import Changes, Clock
from handlers.invocation import Dispatch
from handlers.menus import Menu

_log = logging.getLogger(__name__)
_KINDS = ["message", "edited_message", "callback_query"]


class TelegramPlatform:
    """One bot: `run` hears and answers, `messenger` sends alerts, `close` ends both for good.

    Attributes:
        messenger: Works before, during and after `run`, until `close`; so alerts can be flushed after hearing stopped.
    """

    def __init__(
        self,
        *,
        settings: TelegramSettings,
        dispatch: Dispatch,
        menus: Callable[[], Sequence[Menu]],
        clock: Clock,
        changes: Changes,
        moved: Callable[[Destination, Destination], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._dispatch = dispatch
        self._clock = clock
        self._changes = changes
        self._moved = moved
        self._gateway = Gateway(settings)
        self._bot = self._gateway.bot
        self._receipts = Receipts()
        self._backoff = settings.first_backoff
        self._menus = MenuKeeper(self._bot, menus, clock)
        budget = Budget(clock)
        calls = Calls(self._bot, budget, settings.first_backoff)
        sender = Sender(calls, clock, settings.first_backoff)
        self._answers = Answers(sender, dispatch)
        self.messenger = TelegramMessenger(calls, sender, budget)

    async def run(self) -> None:
        """Hear and answer until cancelled; a server that is away is waited for without end. May be run again.

        Raises:
            ConfigurationError: the server refuses the token at the start.
        """
        await self._connect()
        self._receipts = Receipts()
        try:
            async with asyncio.TaskGroup() as group:
                lanes = Lanes(group)
                group.create_task(self._menus.keep(self._changes))
                try:
                    await self._poll(group, lanes)
                finally:
                    await lanes.drain(self._settings.drain)
        finally:
            await self._settle()

    async def close(self) -> None:
        """Give all connections back; safe to repeat. For when neither `run` nor the messenger is needed any more."""
        await self._gateway.close()

    async def _connect(self) -> None:
        while True:
            try:
                await self._bot.initialize()
                await self._take_webhook_away()
            except InvalidToken:
                raise ConfigurationError(
                    f"{self._settings.api_url} refuses the bot's token: mend TELEGRAM_BOT_TOKEN or TELEGRAM_API_URL"
                ) from None
            except TelegramError as error:
                await self._wait_after(error)
            else:
                self._backoff = self._settings.first_backoff
                _log.info("telegram connected as @%s", self._bot.username)
                return

    async def _take_webhook_away(self) -> None:
        """Remove a webhook that another program left, which would refuse every poll.

        The token is known to be good: a server of one's own that does not know the call is no reason to stay away.
        """
        try:
            await self._bot.delete_webhook()
        except (BadRequest, InvalidToken) as error:
            _log.error("telegram refuses deleteWebhook: %s", error.message)

    async def _poll(self, group: asyncio.TaskGroup, lanes: Lanes) -> None:
        while True:
            if self._receipts.is_busy:
                await self._receipts.change(self._settings.busy_poll)
            # While a command runs the server would answer at once, with what is known already.
            hold = timedelta(0) if self._receipts.is_busy else self._settings.poll_timeout
            asked_at = self._clock.now()
            try:
                updates = await self._fetch(hold)
            except TelegramError as error:
                await self._wait_after(error)
                continue
            if not updates and hold and self._clock.now() - asked_at < self._settings.busy_poll:
                # A server that does not hold polls open must not be asked without a pause.
                await self._clock.sleep(self._settings.busy_poll)
            self._backoff = self._settings.first_backoff
            for update in updates:
                if self._receipts.take(update.update_id):
                    self._take(update, group, lanes)

    async def _fetch(self, hold: timedelta) -> Sequence[Update]:
        offset = self._receipts.offset()
        updates = await self._bot.get_updates(offset=offset, timeout=hold, allowed_updates=_KINDS)
        self._receipts.confirm(offset)
        return updates

    def _take(self, update: Update, group: asyncio.TaskGroup, lanes: Lanes) -> None:
        if update.callback_query is not None:
            group.create_task(self._acknowledge_press(update.callback_query.id))
        lane, work = self._work_of(update)
        if work is None:
            self._receipts.done(update.update_id)
        elif not lanes.add(lane, work):
            _log.warning("%s says more than can be answered: update %d is dropped", lane, update.update_id)
            self._receipts.done(update.update_id)

    def _work_of(self, update: Update) -> tuple[str, Work | None]:
        """Return what an update asks for, and whom it has to wait for."""
        if (move := read_move(update)) is not None:
            return "moves", partial(self._follow, update.update_id, *move)
        heard = read_update(update, self._bot.bot, self._clock.now())
        if heard is None:
            return "", None
        self._menus.heard(heard.chat_id)
        return heard.invocation.person.id, partial(self._serve, update.update_id, heard)

    async def _follow(self, update_id: int, old: Destination, new: Destination) -> None:
        with self._receipts.handling(update_id):
            await self._moved(old, new)

    async def _serve(self, update_id: int, heard: Heard) -> None:
        with self._receipts.handling(update_id):
            reply = await self._dispatch(heard.invocation)
        # From here on only the answer can be lost; running the command twice would be worse.
        if reply is not None:
            await self._answers.give(heard, reply)

    async def _acknowledge_press(self, query_id: str) -> None:
        try:
            await self._bot.answer_callback_query(query_id)
        except TelegramError as error:
            # Only the little clock on the button depends on it.
            _log.info("a press was not acknowledged: %s", error.message)

    async def _wait_after(self, error: TelegramError) -> None:
        if isinstance(error, Conflict):
            _log.error("another process polls Telegram with this bot's token; stop one of them (%s)", error.message)
            await self._clock.sleep(self._settings.conflict_wait)
            return
        trouble = translate(error, self._backoff)
        wait = trouble.wait if isinstance(trouble, RetryLater) else self._settings.max_backoff
        _log.warning("telegram: %s; next try in %.0f s", trouble, wait.total_seconds())
        self._backoff = min(self._backoff * 2, self._settings.max_backoff)
        await self._clock.sleep(wait)

    async def _settle(self) -> None:
        """Tell the server what ended since the last poll, so that it does not come again."""
        if not self._receipts.is_owed:
            return
        try:
            async with asyncio.timeout(self._settings.drain.total_seconds()):
                await self._bot.get_updates(offset=self._receipts.offset(), limit=1, timeout=timedelta(0))
        except (TelegramError, TimeoutError) as error:
            _log.info("the last updates may come again: %s", error)
