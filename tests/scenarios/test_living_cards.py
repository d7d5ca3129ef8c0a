"""One message a wave and one a position, from their beginning to their end, in both chats and within their limits."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from bot.app.process import ProcessOptions
from tests.fakes.slack_workspace import SlackMessage
from tests.fakes.telegram_chats import Shown
from tests.scenarios.virtual_world import Seen, VirtualWorld, play
from tests.scenarios.world import CHANNEL, CONFIG, GROUP

UNHURRIED = CONFIG.replace("settle_s: 0.4, delay_s: 0", "settle_s: 6, delay_s: 4")
WILD = ProcessOptions(price_interval=timedelta(seconds=10), volatility=5)
"""Prices that move far within minutes: the same in every run."""

EDIT_EVERY_S, A_LITTLE_S = 3, 0.001


def told_of(shown: Sequence[Seen], *words: str) -> list[list[Seen]]:
    """Return the messages that hold all `words` in their last state, each as all that it has shown."""
    numbers = sorted({seen.message for seen in shown})
    histories = [[seen for seen in shown if seen.message == number] for number in numbers]
    return [history for history in histories if all(word in history[-1].text for word in words)]


def check_order(history: Sequence[Seen], *stages: str) -> None:
    """Each of `stages` is seen, one after the other."""
    texts = iter(history)
    missing = [stage for stage in stages if not any(stage in seen.text for seen in texts)]
    assert not missing, [seen.text for seen in history]


def check_calm(shown: Sequence[Seen]) -> None:
    """No message changes more often than every three seconds."""
    for history in told_of(shown):
        for before, after in pairwise(history):
            assert after.at_s - before.at_s >= EDIT_EVERY_S - A_LITTLE_S, after.text


def both(world: VirtualWorld) -> list[list[Seen]]:
    return [world.shown_on_telegram(), world.shown_on_slack()]


def test_a_wave_and_its_positions_are_one_message_each_from_beginning_to_end(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        symbols = ("SOLUSDT", "ADAUSDT", "XRPUSDT")
        await world.publish(*symbols, stop_loss_filter=3, trailing_activation_filter=1)
        await world.pass_by(minutes=16)
        for shown in both(world):
            (wave,) = told_of(shown, "Wave 10:00: 3/3 opened", "SOL BUY, ADA BUY, XRP BUY")
            check_order(wave, "3 signals received", "executing 1/3", "executing 2/3", "3/3 opened")

            for symbol, number in (("SOLUSDT", 1), ("ADAUSDT", 2)):
                (card,) = told_of(shown, f"{symbol} LONG closed #{number} · Binance", "Result", "trailing stop")
                check_order(card, f"{symbol} LONG opened #{number}", "trailing)", "closed")
                stops = [seen.text for seen in card if "trailing)" in seen.text]
                assert len(set(stops)) == len(stops) > 0
                ((detail,),) = told_of(shown, f"{symbol} LONG closed #{number}: ")
                assert abs(detail.at_s - card[-1].at_s) <= 2

            ((still_open,),) = told_of(shown, "XRPUSDT LONG opened #3 · Binance")
            assert "Stop" in still_open.text
            check_calm(shown)
        assert_details_belong_to_their_cards(world)

    play(tmp_path, scene, config=UNHURRIED, options=WILD)


def assert_details_belong_to_their_cards(world: VirtualWorld) -> None:
    on_telegram = [message for message in world.telegram.messages(GROUP) if "closed #1" in message.text]
    card, detail = on_telegram
    assert detail.reply_to == card.message_id
    assert "Result" in card.text
    on_slack = [message for message in world.slack.messages(CHANNEL) if "closed #1" in message.words]
    opened, threaded = on_slack
    assert threaded.thread_ts == opened.ts
    assert opened.thread_ts is None


def find_on_telegram(world: VirtualWorld, *words: str) -> list[Shown]:
    return [message for message in world.telegram.messages(GROUP) if all(word in message.text for word in words)]


def find_on_slack(world: VirtualWorld, *words: str) -> list[SlackMessage]:
    return [message for message in world.slack.messages(CHANNEL) if all(word in message.words for word in words)]


def test_a_card_that_somebody_deleted_comes_anew_when_it_changes(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.publish("SOLUSDT", "ADAUSDT", stop_loss_filter=3, trailing_activation_filter=1)
        await world.pass_by(seconds=60)
        (on_telegram,), (on_slack,) = find_on_telegram(world, "SOLUSDT"), find_on_slack(world, "SOLUSDT")
        world.telegram.delete(on_telegram)
        world.slack.delete(on_slack)
        assert not find_on_telegram(world, "SOLUSDT")

        await world.until(lambda: find_on_telegram(world, "SOLUSDT", "trailing)"), timedelta(minutes=10))
        await world.until(lambda: find_on_slack(world, "SOLUSDT", "trailing)"))
        (again,) = find_on_telegram(world, "SOLUSDT", "opened")
        assert again.message_id != on_telegram.message_id
        assert again.is_silent, "nothing has happened that should disturb"

        # It lives on where it is now; what belongs to it goes under it.
        await world.until(lambda: find_on_telegram(world, "SOLUSDT", "closed #1: "), timedelta(minutes=30))
        await world.pass_by(seconds=10)
        card, detail = find_on_telegram(world, "SOLUSDT", "closed")
        assert (card.message_id, detail.reply_to) == (again.message_id, again.message_id)
        assert card.edits > 1
        slack_card, slack_detail = find_on_slack(world, "SOLUSDT", "closed")
        assert slack_detail.thread_ts == slack_card.ts != on_slack.ts
        assert len(find_on_telegram(world, "ADAUSDT")) == len(find_on_slack(world, "ADAUSDT")) == 2

    play(tmp_path, scene, options=WILD)


def test_a_card_that_is_too_old_to_be_edited_comes_anew(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        await world.publish("SOLUSDT", stop_loss_filter=3, trailing_activation_filter=1)
        await world.until(lambda: find_on_telegram(world, "SOLUSDT", "closed #1: "), timedelta(minutes=30))
        await world.pass_by(seconds=10)
        for found in (find_on_telegram(world, "SOLUSDT", "#1 "), find_on_slack(world, "SOLUSDT", "#1 ")):
            old, young = found
            assert "trailing)" in (old.text if isinstance(old, Shown) else old.words)
            assert "Result" in (young.text if isinstance(young, Shown) else young.words)

    play(tmp_path, scene, config=f"{CONFIG}delivery: {{ edit_until_h: 0.2 }}\n", options=WILD)


def bound_of_a_group(messages: int) -> timedelta:
    """Return how long so many take: eighteen a minute, two more are left to answers; one a second."""
    minutes, rest = divmod(messages - 1, 18)
    return timedelta(minutes=minutes, seconds=rest)


def bound_of_a_channel(messages: int) -> timedelta:
    """Return how long so many take: one a second, and three at once before, so that an answer has its place."""
    return timedelta(seconds=max(0, messages - 3))


def test_forty_positions_of_one_wave_are_told_as_fast_as_the_limits_allow(tmp_path: Path) -> None:
    async def scene(world: VirtualWorld) -> None:
        number = 40
        symbols = [f"C{index:02}USDT" for index in range(number)]
        await world.pass_by(minutes=2)
        await world.publish(*symbols, max_trades_filter=number)
        await world.pass_by(minutes=5)
        bounds: Sequence[Callable[[int], timedelta]] = (bound_of_a_group, bound_of_a_channel)
        for place, shown, bound in zip(("group", "channel"), both(world), bounds, strict=True):
            (wave,) = told_of(shown, "Wave 10:00: 40/40 opened", f"and {number - 10} more")
            for index, symbol in enumerate(symbols, 1):
                (card,) = told_of(shown, f"{symbol} LONG opened #{index} ·", "Stop")
                assert len(card) == 1
            check_calm(shown)
            told = [seen for seen in shown if seen.at_s >= wave[0].at_s]
            took, shortest = told[-1].at_s - told[0].at_s, bound(len(told)).total_seconds()
            print(f"{place}: {len(told)} calls in {took:.1f} s; the limits allow {shortest:.1f} s")  # noqa: T201 - figures
            assert len(told) == number + 2, "the wave's card twice, each position's once"
            assert shortest - A_LITTLE_S <= took <= shortest * 1.05 + 1

    play(tmp_path, scene)
