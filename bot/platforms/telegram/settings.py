"""What the Telegram edge is told by the app. Reading it from files and the environment is the app's work."""

from dataclasses import dataclass, field
from datetime import timedelta

DEFAULT_API_URL = "https://api.telegram.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """How to reach the Bot API.

    Attributes:
        token: The bot's token; never part of a repr or a log.
        api_url: Root of a Bot API server; `/bot<token>` is appended.
        proxy: Address of an HTTP proxy, or None for a direct connection.
        poll_timeout: How long the server holds an empty poll open.
        call_timeout: Longest wait for the answer to any other call.
        upload_timeout: Longest wait for a call that carries a file.
        busy_poll: How soon the server is asked again while a command still runs.
        drain: How long commands that run are waited for when the platform is stopped.
        first_backoff, max_backoff: Waits after failures; they double from the first to the longest.
        conflict_wait: Wait after another poller was met.
    """

    token: str = field(repr=False)
    api_url: str = DEFAULT_API_URL
    proxy: str | None = field(default=None, repr=False)
    poll_timeout: timedelta = timedelta(seconds=30)
    call_timeout: timedelta = timedelta(seconds=10)
    upload_timeout: timedelta = timedelta(seconds=60)
    busy_poll: timedelta = timedelta(milliseconds=500)
    drain: timedelta = timedelta(seconds=3)
    first_backoff: timedelta = timedelta(seconds=1)
    max_backoff: timedelta = timedelta(seconds=60)
    conflict_wait: timedelta = timedelta(seconds=30)
