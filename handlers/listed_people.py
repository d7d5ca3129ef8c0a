"""Ids of people as they are written in commands, and as the platforms know them; rights belong to `access`."""

import re

from handlers import texts
from handlers.invocation import UsageError

_TELEGRAM = re.compile(r"[1-9][0-9]{0,18}")
_SLACK = re.compile(r"[UW][A-Z0-9]{2,30}")
_SLACK_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})(\|[^>]*)?>")


def read_person(word: str) -> tuple[str, str]:
    """Return platform and id of the person that `word` names: telegram:1003, slack:U0003, or the bare id.

    Raises:
        UsageError: it is something else, such as a name, which anybody can take.
    """
    mention = _SLACK_MENTION.fullmatch(word)
    platform, colon, rest = word.partition(":")
    bare = mention[1] if mention else rest if colon else word
    wanted = "slack" if mention else platform.lower() if colon else ""
    for name, form in (("telegram", _TELEGRAM), ("slack", _SLACK)):
        text = bare.upper() if name == "slack" else bare
        if wanted in {name, ""} and form.fullmatch(text):
            return name, text
    raise UsageError(
        f"{texts.quoted(word)} is no id; write telegram:1003 or slack:U0003. /whoami tells everybody their own."
    )
