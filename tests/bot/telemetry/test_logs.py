"""Log lines for people and machines; secrets and forged lines stay out."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.settings.secrets import MASK, Secret
from bot.telemetry.logs import KEPT_RECORDS, LONGEST_TEXT, LogRing, Mask, logging_to

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


# --- what is kept for chats -----------------------------------------------------------------------------------------


@pytest.fixture
def ring(stream: io.StringIO) -> Iterator[LogRing]:
    with logging_to(stream, form="json", level="info", secrets=[Secret(TOKEN)]) as kept:
        yield kept


def texts(ring: LogRing, count: int = 10, level: str = "debug") -> list[str]:
    return [line.text for line in ring.lines(count, level)]


def test_the_newest_lines_are_kept_with_their_fields(ring: LogRing) -> None:
    log = logging.getLogger("bot.feeds")
    log.info("connected", extra={"attempts": 3})
    log.warning("feed_lost", extra={"source": "signals"})
    log.debug("quiet")
    first, second = ring.lines(10, "debug")
    assert (first.level, first.text) == ("info", "bot.feeds: connected attempts=3")
    assert (second.level, second.text) == ("warning", "bot.feeds: feed_lost source=signals")
    assert first.at <= second.at
    assert first.at.tzinfo is not None


def test_lines_are_asked_for_by_count_and_level(ring: LogRing) -> None:
    log = logging.getLogger("core")
    for number in range(3):
        log.info("wave", extra={"n": number})
        log.error("refused", extra={"n": number})
    assert texts(ring, 2, "info") == ["core: wave n=2", "core: refused n=2"]
    assert texts(ring, 2, "error") == ["core: refused n=1", "core: refused n=2"]
    assert texts(ring, 5, "critical") == []
    assert texts(ring, 0, "info") == []


def test_only_the_newest_are_kept() -> None:
    ring = LogRing(Mask([]), size=3)
    for number in range(5):
        ring.handle(logging.makeLogRecord({"name": "bot", "levelno": logging.INFO, "msg": f"n{number}"}))
    assert texts(ring) == ["bot: n2", "bot: n3", "bot: n4"]
    assert KEPT_RECORDS == 1000


def test_no_secret_is_kept_not_even_half_of_one(ring: LogRing) -> None:
    log = logging.getLogger("bot")
    log.warning("%s%s", "x" * (LONGEST_TEXT - 12), TOKEN)
    log.warning("failed", extra={"token": TOKEN})
    try:
        int(TOKEN)
    except ValueError:
        log.exception("crashed")
    cut, failed, crashed = texts(ring)
    assert len(cut) == LONGEST_TEXT
    assert failed == f"bot: failed token={MASK}"
    assert crashed.startswith("bot: crashed | ValueError: invalid literal")
    assert "ush" not in "".join([cut, failed, crashed])
    assert "123" not in cut


def test_nobody_can_forge_a_kept_line(ring: LogRing) -> None:
    logging.getLogger("bot").warning("heard", extra={"words": "hello\n22:00:00 info bot: paused\x1b[2J\u2028"})
    (text,) = texts(ring)
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text


def test_a_record_that_cannot_be_told_harms_nobody() -> None:
    ring = LogRing(Mask([]))
    for words in (("%d", ("no number",)), ("well", ())):
        ring.handle(logging.makeLogRecord({"name": "bot", "levelno": 30, "msg": words[0], "args": words[1]}))
    assert texts(ring) == ["bot: a record that cannot be read", "bot: well"]
