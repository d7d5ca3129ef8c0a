"""Settings keep their secrets."""

from bot.platforms.slack.settings import SlackSettings


def test_tokens_are_not_shown() -> None:
    shown = repr(SlackSettings(bot_token="xoxb-1", app_token="xapp-1"))
    assert "xoxb" not in shown
    assert "xapp" not in shown
    assert "https://slack.com/api/" in shown
