"""The books behind the local venue servers: arithmetic, stops, refusals, and what listeners are told."""

from decimal import Decimal

import pytest

from core.domain.signals import Side
from tests.fakes.venues.account import FakeAccount, Path
from tests.fakes.venues.book import (
    BalanceChanged,
    BookOrder,
    Fact,
    MarginMode,
    OrderChanged,
    OrderKind,
    OrderStatus,
    PositionChanged,
)
from tests.fakes.venues.contracts import Contract, ContractStatus
from tests.fakes.venues.refusals import No, VenueSaysNo
from tests.fakes.venues.rules import Rules

D = Decimal
SOL = "SOLUSDT"


@pytest.fixture
def account() -> FakeAccount:
    account = FakeAccount(now_ms=lambda: 1_700_000_000_000)
    account.list_contract(Contract(symbol=SOL, base="SOL", max_quantity=D(500)), "150")
    return account


def buy(account: FakeAccount, quantity: str, client_id: str = "") -> BookOrder:
    return account.place_market(SOL, Side.BUY, D(quantity), client_id=client_id)


def stop(account: FakeAccount, trigger: str, quantity: str, client_id: str = "") -> BookOrder:
    return account.place_stop(SOL, Side.SELL, D(trigger), quantity=D(quantity), client_id=client_id, reduce_only=True)


def refusal(reason: No) -> pytest.RaisesExc[VenueSaysNo]:
    return pytest.RaisesExc(VenueSaysNo, check=lambda no: no.why is reason)


# --- fills ----------------------------------------------------------------------------------------------------------


def test_entries_average_and_an_exit_realises_what_it_earned_less_fees(account: FakeAccount) -> None:
    buy(account, "2")
    account.set_price(SOL, "160")
    buy(account, "2")
    assert (account.position(SOL).amount, account.position(SOL).entry) == (D(4), D(155))
    account.place_market(SOL, Side.SELL, D(3), reduce_only=True)
    fees = D("0.0005") * (2 * 150 + 2 * 160 + 3 * 160)
    assert account.wallet == 10_000 + 3 * 5 - fees
    assert account.position(SOL).amount == 1
    assert account.unrealised == 5
    assert sum(payment.amount for payment in account.payments) == account.wallet - 10_000


def test_an_order_larger_than_the_position_turns_it_round(account: FakeAccount) -> None:
    buy(account, "2")
    account.set_price(SOL, "140")
    account.place_market(SOL, Side.SELL, D(5))
    position = account.position(SOL)
    assert (position.amount, position.entry, position.side) == (D(-3), D(140), Side.SELL)
    assert account.unrealised == 0
    account.set_price(SOL, "130")
    assert account.unrealised == 30


def test_a_reduce_only_order_is_cut_to_the_position_and_refused_without_one(account: FakeAccount) -> None:
    buy(account, "2")
    order = account.place_market(SOL, Side.SELL, D(5), reduce_only=True)
    assert (order.quantity, order.filled, account.positions()) == (D(2), D(2), [])
    with refusal(No.REDUCE_ONLY):
        account.place_market(SOL, Side.SELL, D(1), reduce_only=True)


def test_slippage_is_against_the_taker_and_on_the_price_grid(account: FakeAccount) -> None:
    account.levers.slippage_ratio = D("0.0011111")
    assert buy(account, "1").average == D("150.17")
    assert account.place_market(SOL, Side.SELL, D(1), reduce_only=True).average == D("149.83")


def test_a_partial_fill_expires_with_its_rest(account: FakeAccount) -> None:
    account.levers.fill_ratios = [D("0.55"), D(0)]
    account.levers.trades_an_order = 3
    order = buy(account, "10")
    assert (order.status, order.filled, len(order.trades)) == (OrderStatus.EXPIRED, D("5.5"), 3)
    assert (buy(account, "1").status, buy(account, "1").status) == (OrderStatus.EXPIRED, OrderStatus.FILLED)


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        ("0", No.ZERO_QUANTITY),
        ("0.15", No.QUANTITY_STEP),
        ("500.1", No.ABOVE_MAX_QUANTITY),
    ],
)
def test_filters_are_enforced(account: FakeAccount, quantity: str, reason: No) -> None:
    with refusal(reason):
        buy(account, quantity)
    assert account.orders() == []


def test_small_orders_only_reduce(account: FakeAccount) -> None:
    account.set_price(SOL, "20")
    with refusal(No.BELOW_MIN_NOTIONAL):
        buy(account, "0.2")
    buy(account, "1")
    assert account.place_market(SOL, Side.SELL, D("0.2"), reduce_only=True).filled == D("0.2")


def test_margin_is_checked_for_what_opens(account: FakeAccount) -> None:
    account.set_leverage(SOL, 1)
    with refusal(No.INSUFFICIENT_MARGIN):
        buy(account, "66.7")
    buy(account, "66")
    assert account.available < 100
    account.place_market(SOL, Side.SELL, D(66))
    assert account.positions() == []


def test_a_contract_that_settles_lets_out_but_not_in(account: FakeAccount) -> None:
    buy(account, "1")
    account.set_status(SOL, ContractStatus.SETTLING)
    with refusal(No.NOT_OPENING):
        buy(account, "1")
    account.place_market(SOL, Side.SELL, D(1), reduce_only=True)
    account.set_status(SOL, ContractStatus.CLOSED)
    with refusal(No.CLOSED):
        buy(account, "1")


def test_told_refusals_are_used_up(account: FakeAccount) -> None:
    account.levers.refusals = [("ETHUSDT", No.OVERLOADED), (None, No.PRICE_BAND_HIGH)]
    with refusal(No.PRICE_BAND_HIGH):
        buy(account, "1")
    assert buy(account, "1").filled == 1


def test_client_ids_are_unique_for_ever_or_among_open_orders(account: FakeAccount) -> None:
    buy(account, "1", client_id="a")
    with refusal(No.DUPLICATE_ID):
        buy(account, "1", client_id="a")
    account.rules.ids_unique_forever = False
    buy(account, "1", client_id="a")
    assert account.position(SOL).amount == 2
    stop(account, "140", "1", "b")
    with refusal(No.DUPLICATE_ID):
        stop(account, "141", "1", "b")


# --- stops ----------------------------------------------------------------------------------------------------------


def test_a_stop_fills_at_its_trigger_on_an_unbroken_way_and_at_the_new_price_after_a_gap(account: FakeAccount) -> None:
    buy(account, "4")
    first, second = stop(account, "145", "1"), stop(account, "140", "1")
    account.set_price(SOL, "130", path=Path.UNBROKEN)
    assert (first.average, second.average) == (D(145), D(140))
    assert account.prices(SOL).last == 130
    third = stop(account, "129", "2")
    account.set_price(SOL, "100")
    assert (third.average, account.positions()) == (D(100), [])


def test_a_stop_that_the_price_has_reached_is_refused(account: FakeAccount) -> None:
    buy(account, "1")
    with refusal(No.STOP_CROSSED):
        stop(account, "150", "1")
    with refusal(No.PRICE_STEP):
        stop(account, "149.999", "1")
    with refusal(No.STOP_CROSSED):
        account.place_stop(SOL, Side.BUY, D(150), quantity=D(1))


def test_a_stop_without_a_position_is_refused_or_expires_when_it_triggers(account: FakeAccount) -> None:
    with refusal(No.REDUCE_ONLY):
        stop(account, "140", "1")
    buy(account, "1")
    order = stop(account, "140", "1")
    account.close_by_hand(SOL)
    assert account.resting() == [order]
    account.set_price(SOL, "139")
    assert (order.status, account.positions()) == (OrderStatus.EXPIRED, [])


def test_one_closing_stop_a_direction_closes_whatever_is_there(account: FakeAccount) -> None:
    buy(account, "1")
    closing = account.place_stop(SOL, Side.SELL, D(140), close_position=True)
    with refusal(No.SECOND_CLOSING_STOP):
        account.place_stop(SOL, Side.SELL, D(141), close_position=True)
    buy(account, "2")
    account.set_price(SOL, "140")
    assert (closing.filled, account.positions()) == (D(3), [])


def test_a_triggered_stop_executes_itself_or_spawns_an_order(account: FakeAccount) -> None:
    buy(account, "1")
    itself = stop(account, "140", "1", "s1")
    account.set_price(SOL, "140")
    assert (itself.status, itself.spawned_id, len(itself.trades)) == (OrderStatus.FILLED, 0, 1)
    account.rules.spawns_orders = True
    buy(account, "1")
    parent = stop(account, "130", "1", "s2")
    account.set_price(SOL, "130")
    child = account.order(parent.spawned_id)
    assert child is not None
    assert (child.kind, child.client_id, child.parent_id) == (OrderKind.MARKET, "s2", parent.id)
    assert (parent.status, parent.trades, parent.average) == (OrderStatus.FILLED, [], D(130))


def test_a_stop_is_amended_in_its_place_and_cancelled_once(account: FakeAccount) -> None:
    buy(account, "1")
    order = stop(account, "140", "1")
    account.amend_stop(order, trigger_price=D(145))
    with refusal(No.UNCHANGED):
        account.amend_stop(order, trigger_price=D(145))
    with refusal(No.STOP_CROSSED):
        account.amend_stop(order, trigger_price=D(151))
    assert order.trigger_price == 145
    account.cancel(order)
    with refusal(No.ORDER_DONE):
        account.cancel(order)


def test_an_attached_stop_follows_its_position_and_goes_with_it(account: FakeAccount) -> None:
    with refusal(No.NO_POSITION):
        account.attach_stop(SOL, D(140))
    buy(account, "1")
    account.attach_stop(SOL, D(140))
    with refusal(No.UNCHANGED):
        account.attach_stop(SOL, D(140))
    attached = account.position(SOL).attached
    assert attached is not None
    buy(account, "1")
    assert attached.quantity == 2
    account.attach_stop(SOL, D(145))
    assert (account.position(SOL).attached, attached.trigger_price) == (attached, D(145))
    account.close_by_hand(SOL)
    assert (attached.status, account.position(SOL).attached) == (OrderStatus.CANCELLED, None)
    buy(account, "2")
    account.attach_stop(SOL, D(145))
    account.set_price(SOL, "144")
    assert (account.positions(), account.resting()) == ([], [])
    assert account.orders()[-1].status is OrderStatus.FILLED


# --- from outside ---------------------------------------------------------------------------------------------------


def test_funding_is_paid_by_longs(account: FakeAccount) -> None:
    buy(account, "2")
    before = account.wallet
    assert account.pay_funding(SOL, D("0.0001")) == D("-0.03")
    assert account.wallet == before - D("0.03")


def test_the_venue_liquidates_where_it_said_it_would(account: FakeAccount) -> None:
    account.rules.liquidates = True
    account.set_margin_mode(SOL, MarginMode.ISOLATED)
    account.set_leverage(SOL, 10)
    buy(account, "2")
    assert account.liquidation_price(SOL) == D("136.5")
    account.set_price(SOL, "136.6")
    assert account.positions()
    account.set_price(SOL, "136.5")
    assert account.positions() == []
    assert account.orders()[-1].kind is OrderKind.LIQUIDATION


def test_settings_are_refused_while_they_would_hurt(account: FakeAccount) -> None:
    with refusal(No.LEVERAGE_RANGE):
        account.set_leverage(SOL, 51)
    with refusal(No.UNCHANGED):
        account.set_leverage(SOL, 20)
    with refusal(No.UNCHANGED):
        account.set_hedge_mode(is_hedge=False)
    buy(account, "1")
    with refusal(No.HAS_POSITION):
        account.set_margin_mode(SOL, MarginMode.ISOLATED)
    with refusal(No.HAS_POSITION):
        account.set_hedge_mode(is_hedge=True)


def test_listeners_hear_a_fill_in_order_until_they_stop(account: FakeAccount) -> None:
    heard: list[Fact] = []
    stop_listening = account.subscribe(heard.append)
    buy(account, "1")
    stop_listening()
    buy(account, "1")
    assert [type(fact) for fact in heard] == [OrderChanged, BalanceChanged, PositionChanged, OrderChanged]
    last = heard[-1]
    assert isinstance(last, OrderChanged)
    assert last.trade is not None
    assert last.trade.fee == D("0.075")


def test_ids_start_where_the_venue_starts() -> None:
    account = FakeAccount(now_ms=lambda: 0, rules=Rules(first_id=77))
    account.list_contract(Contract(symbol=SOL, base="SOL"), "150")
    assert buy(account, "1").id == 77
