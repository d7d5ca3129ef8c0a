"""Log lines for people and machines; secrets and forged lines stay out."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.settings.secrets import MASK, Secret
from bot.telemetry.logs import logging_to

TOKEN = '123:h"ush/token'


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(params=["console", "json"])
def form(request: pytest.FixtureRequest, stream: io.StringIO) -> Iterator[str]:
    with logging_to(stream, form=request.param, level="info", secrets=[Secret(TOKEN)]):
        yield request.param


@pytest.fixture
def as_json(stream: io.StringIO) -> Iterator[None]:
    with logging_to(stream, form="json", level="info", secrets=[]):
        yield


@pytest.fixture
def as_console(stream: io.StringIO) -> Iterator[None]:
    with logging_to(stream, form="console", level="debug", secrets=[]):
        yield


@pytest.mark.usefixtures("as_json")
def test_json_lines_hold_the_event_and_its_fields(stream: io.StringIO) -> None:
    extra = {"position": 7, "price": Decimal("1.50"), "wait": timedelta(seconds=2), "symbols": {"B", "A"}}
    logging.getLogger("core.guard").warning("stop_moved", extra=extra)
    line = json.loads(stream.getvalue())
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "core.guard",
        "event": "stop_moved",
        "position": 7,
        "price": "1.50",
        "wait": "0:00:02",
        "symbols": ["A", "B"],
    }


@pytest.mark.usefixtures("as_console")
def test_console_lines_read_well(stream: io.StringIO) -> None:
    logging.getLogger("bot.feeds").info("feed_lost", extra={"source": "signals", "attempts": 3})
    assert stream.getvalue()[8:] == " info     bot.feeds: feed_lost source=signals attempts=3\n"


def test_secrets_are_masked_wherever_they_stand(stream: io.StringIO, form: str) -> None:
    log = logging.getLogger("bot")
    log.warning("called https://host/bot123%%3Ah%%22ush%%2Ftoken/getMe with %s", TOKEN)
    log.warning("failed", extra={"token": TOKEN, "nested": {"tokens": [TOKEN]}})
    try:
        int(TOKEN)
    except ValueError:
        log.exception("crashed")
    text = stream.getvalue()
    assert "ush" not in text
    assert text.count(MASK) >= 5
    assert "ValueError" in text
    if form == "json":
        assert len([json.loads(line) for line in text.splitlines()]) == 3


def test_nobody_can_forge_a_line(stream: io.StringIO, form: str) -> None:
    logging.getLogger("bot").warning("heard", extra={"words": "hello\n22:00:00 info bot: paused\x1b[2J\u2028"})
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


@pytest.mark.usefixtures("form")
def test_libraries_speak_from_warning_on_and_we_from_our_level(stream: io.StringIO) -> None:
    logging.getLogger("httpx").info("quiet")
    logging.getLogger("core").debug("quiet")
    logging.getLogger("httpx").warning("loud")
    logging.getLogger("storage").info("loud")
    assert stream.getvalue().count("loud") == 2
    assert "quiet" not in stream.getvalue()


def test_everything_is_as_before_afterwards(stream: io.StringIO) -> None:
    def state() -> tuple[int, list[logging.Handler], int]:
        root = logging.getLogger()
        return root.level, list(root.handlers), logging.getLogger("core").level

    before = state()
    with logging_to(stream, form="json", level="debug", secrets=[]):
        assert state() != before
    assert state() == before
