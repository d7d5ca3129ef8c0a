import pytest

from bot.platforms.telegram.targets import MessageRef, Target, destination_of, parse_target
from core.domain.delivery import Destination
from core.domain.errors import DestinationLost


def test_destinations_are_read() -> None:
    assert parse_target(Destination.parse("telegram:-1001/5")) == Target(chat=-1001, topic_id=5)
    assert parse_target(Destination.parse("telegram:@news")) == Target(chat="@news")
    assert destination_of(-1001, 5) == Destination.parse("telegram:-1001/5")
    assert destination_of(7, None) == Destination.parse("telegram:7")


@pytest.mark.parametrize("text", ["slack:C0001", "telegram:nobody", "telegram:1/x", "telegram:@", "terminal"])
def test_what_names_no_chat_is_lost(text: str) -> None:
    with pytest.raises(DestinationLost, match="no Telegram chat"):
        parse_target(Destination.parse(text))


def test_messages_are_named() -> None:
    ref = MessageRef(chat=-1001, message_id=7)
    assert str(ref) == "-1001/7"
    assert MessageRef.parse("-1001/7") == ref
    assert [MessageRef.parse(text) for text in ("", "7", "C0001/17.5", "x/7", "1/", "/1", "1/-2")] == [None] * 7
    assert ref.is_in(Target(chat=-1001, topic_id=5))
    assert ref.is_in(Target(chat="@news"))
    assert not ref.is_in(Target(chat=-1002))
