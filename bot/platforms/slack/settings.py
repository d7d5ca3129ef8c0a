"""What the Slack platform must be told; reading files and the environment belongs to `bot/settings`."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """How to reach Slack.

    Attributes:
        bot_token: xoxb-…, speaks for the app in the workspace.
        app_token: xapp-…, opens the socket (scope connections:write).
        api_url: Where the Web API lives.
        call_timeout: How long one call may take.
        upload_timeout: How long the content of a file may take.
        drain: How long requests in the works, and then their answers, may still take when hearing ends.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = "https://slack.com/api/"
    call_timeout: timedelta = timedelta(seconds=10)
    upload_timeout: timedelta = timedelta(seconds=60)
    drain: timedelta = timedelta(seconds=3)
