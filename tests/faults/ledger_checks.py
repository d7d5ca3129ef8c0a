"""What must hold in the books whenever the process died; read from outside, by SQLite alone. A finding is a sentence.

The paper exchange's orders count as the venue's truth, the other tables as ours. What people are told is checked in
`alert_checks`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from sqlite3 import Row
from typing import Any

from tests.faults.world import looked_into

TABLES = (
    "signals", "verdicts", "waves", "wave_results", "positions", "position_legs", "orders", "paper_orders", "events",
    "alerts", "deliveries", "cards", "audit",
)  # fmt: skip
LIVE = {"opening", "open", "closing"}
UNSETTLED = {"submitting", "unknown"}
FINAL = {"finished", "not_found", "skipped", "interrupted"}
DUST = Decimal("1e-9")
"""What average prices may lose in 28 digits."""

Key = tuple[str, str]
"""Exchange and symbol."""


@dataclass(frozen=True, slots=True)
class Books:
    """All rows of one moment."""

    tables: dict[str, list[Row]]

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]


def read_books(path: Path) -> Books:
    """Return the books as they are now, all tables of the same moment; empty ones before the first start is done."""
    with looked_into(path) as connection:
        connection.execute("BEGIN")
        known = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return Books(
            {
                table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() if table in known else []  # noqa: S608
                for table in TABLES
            }
        )


def damage(path: Path) -> list[str]:
    """Name what SQLite finds wrong with the file."""
    with looked_into(path) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"{tuple(row)} points nowhere" for row in connection.execute("PRAGMA foreign_key_check")]


# --- at any moment --------------------------------------------------------------------------------------------------


def doubles(books: Books) -> Iterator[str]:
    """Name what happened twice."""
    opened = [p for p in books["positions"] if p["entry_price"] is not None]
    yield from _twice("opened", ((p["exchange"], p["wave_at"], p["symbol"]) for p in opened))
    yield from _twice("live", ((p["exchange"], p["symbol"]) for p in books["positions"] if p["state"] in LIVE))
    yield from _twice("judged", ((v["exchange_id"], v["signal_id"]) for v in books["verdicts"]))
    fills = [o for o in books["paper_orders"] if Decimal(o["filled_quantity"])]
    yield from _twice("filled", ((o["exchange"], o["client_order_id"]) for o in fills))
    yield from _twice("taken in", (leg["client_order_id"] for leg in books["position_legs"]))
    entries = {o["client_order_id"]: o["position_id"] for o in books["orders"] if o["leg"] == "entry"}
    yield from _twice("entered", entries.values())
    yield from (f"fill of {o['client_order_id']} without an order of ours" for o in fills if _is_foreign(o, books))
    yield from _beyond_target(books)


def _is_foreign(order: Row, books: Books) -> bool:
    return all(o["client_order_id"] != order["client_order_id"] for o in books["orders"])


def _beyond_target(books: Books) -> Iterator[str]:
    opened = Counter((p["wave_at"], p["exchange"]) for p in books["positions"] if p["entry_price"] is not None)
    for result in books["wave_results"]:
        count = opened[result["wave_at"], result["exchange"]]
        if count > result["target"]:
            yield f"wave {result['wave_at']} opened {count} on {result['exchange']}, {result['target']} were wanted"


def _twice(what: str, keys: Iterable[Any]) -> Iterator[str]:
    yield from (f"{key} was {what} {count} times" for key, count in Counter(keys).items() if count > 1)


class History:
    """What was seen in earlier books and must never change again."""

    def __init__(self) -> None:
        self._claims: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._verdicts: dict[tuple[int, str], str] = {}
        self._closed: dict[int, tuple[Any, ...]] = {}

    def changes(self, books: Books) -> list[str]:
        """Name what is not as it was, and remember these books."""
        return [*self._waves(books), *self._judged(books), *self._ended(books)]

    def _waves(self, books: Books) -> Iterator[str]:
        for wave in books["waves"]:
            at, claim = wave["wave_at"], wave["claimed_at"]
            if claim is not None and self._claims.setdefault(at, claim) != claim:
                yield f"wave {at} was claimed at {self._claims[at]} and again at {claim}"
            if wave["state"] in FINAL:
                self._ends.setdefault(at, wave["state"])
            if self._ends.get(at, wave["state"]) != wave["state"]:
                yield f"wave {at} was {self._ends[at]} and is {wave['state']}"

    def _judged(self, books: Books) -> Iterator[str]:
        for verdict in books["verdicts"]:
            key, now = (verdict["exchange_id"], verdict["signal_id"]), verdict["verdict"]
            before = self._verdicts.get(key, "order_unknown")
            if before not in {"order_unknown", now}:
                yield f"signal {key} was {before} and is {now}"
            self._verdicts[key] = now

    def _ended(self, books: Books) -> Iterator[str]:
        for position in books["positions"]:
            if position["state"] in LIVE:
                continue
            if self._closed.setdefault(position["id"], tuple(position)) != tuple(position):
                yield f"position {position['id']} changed after its end"
        gone = self._closed.keys() - {p["id"] for p in books["positions"]}
        yield from (f"position {id_} is gone" for id_ in gone)


# --- after recovery -------------------------------------------------------------------------------------------------


def unrecovered(books: Books, born: str, since: str) -> Iterator[str]:
    """Name what recovery left open, as far as nothing has happened on that symbol `since` it ended.

    A process may lose answers of its own between its birth and that end: while it goes on with a wave.
    """
    moved = {key(o) for o in books["paper_orders"] if o["updated_at"] > since}
    moved |= {key(o) for o in books["orders"] if o["state"] in UNSETTLED and o["created_at"] > born}
    ours, theirs = _ours(books), _theirs(books)
    for one in sorted(ours.keys() | theirs.keys()):
        if one not in moved and ours[one] != theirs[one]:
            yield f"{one}: {ours[one]} coins in our books, {theirs[one]} at the venue"
    resting = _resting(books)
    for position in books["positions"]:
        if position["state"] not in LIVE or not Decimal(position["quantity"]) or key(position) in moved:
            continue
        if (position["opened_at"] or since) > since:
            continue
        if not any(Decimal(stop["quantity"]) >= Decimal(position["quantity"]) for stop in resting[key(position)]):
            yield f"position {position['id']} {position['symbol']} on {position['exchange']} has no stop"


def key(row: Row) -> Key:
    return row["exchange"], row["symbol"]


def _ours(books: Books) -> defaultdict[Key, Decimal]:
    coins: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for position in books["positions"]:
        if position["state"] in LIVE:
            sign = 1 if position["side"] == "long" else -1
            coins[key(position)] += sign * Decimal(position["quantity"])
    return coins


def _theirs(books: Books) -> defaultdict[Key, Decimal]:
    coins: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for order in books["paper_orders"]:
        sign = 1 if order["side"] == "BUY" else -1
        coins[key(order)] += sign * Decimal(order["filled_quantity"])
    return coins


def _resting(books: Books) -> defaultdict[Key, list[Row]]:
    stops: defaultdict[Key, list[Row]] = defaultdict(list)
    for order in books["paper_orders"]:
        if order["leg"] == "stop" and order["state"] == "resting" and order["reduce_only"]:
            stops[key(order)].append(order)
    return stops


# --- at the end -----------------------------------------------------------------------------------------------------


def unfinished(books: Books) -> Iterator[str]:
    """Name what is still open once nothing comes in any more."""
    judged = {(v["exchange_id"], v["signal_id"]) for v in books["verdicts"]}
    for signal in books["signals"]:
        if (signal["exchange_id"], signal["id"]) not in judged:
            yield f"signal {signal['id']} of wave {signal['wave_at']} has no verdict"
    yield from (
        f"verdict of signal {v['signal_id']} is open" for v in books["verdicts"] if v["verdict"] == "order_unknown"
    )
    yield from (f"wave {w['wave_at']} is {w['state']}" for w in books["waves"] if w["state"] not in FINAL)
    yield from (
        f"{o['leg']} order {o['client_order_id']} is {o['state']}" for o in books["orders"] if o["state"] in UNSETTLED
    )
    live = {key(p) for p in books["positions"] if p["state"] in LIVE}
    for one, stops in _resting(books).items():
        if len(stops) > (one in live):
            yield f"{one}: {len(stops)} stops rest at the venue"


def in_flight(books: Books) -> Iterator[str]:
    """Name what an end in order must not leave behind."""
    yield from (f"order {o['client_order_id']} is submitting" for o in books["orders"] if o["state"] == "submitting")
    yield from (f"wave {w['wave_at']} is executing" for w in books["waves"] if w["state"] == "executing")


def misjudged(books: Books) -> Iterator[str]:
    """Name the signals whose verdict does not tell what became of them."""
    opened = {p["signal_id"] for p in books["positions"] if p["entry_price"] is not None}
    executed = {v["signal_id"] for v in books["verdicts"] if v["verdict"] == "executed"}
    yield from (f"signal {id_} has a position and is not executed" for id_ in sorted(opened - executed))
    yield from (f"signal {id_} is executed and has no position" for id_ in sorted(executed - opened))


def miscounted(books: Books) -> Iterator[str]:
    """Name each exchange whose money does not add up: start + realised - fees, by our books and by the venue's."""
    for exchange in sorted({o["exchange"] for o in books["paper_orders"]}):
        venue = sum(
            (
                Decimal(o["realised_quote"]) - Decimal(o["fee_quote"])
                for o in books["paper_orders"]
                if o["exchange"] == exchange
            ),
            Decimal(0),
        )
        ours = sum((_earned(p) for p in books["positions"] if p["exchange"] == exchange), Decimal(0))
        if abs(venue - ours) > DUST:
            yield f"{exchange} earned {venue} by its orders, {ours} by our positions"
    yield from (
        f"position {p['id']} was closed outside" for p in books["positions"] if p["exit_reason"] == "closed_outside"
    )


def _earned(position: Row) -> Decimal:
    if position["pnl_quote"] is not None:
        return Decimal(position["pnl_quote"])
    realised = Decimal(0)
    if position["exit_price"] is not None:
        move = Decimal(position["exit_price"]) - Decimal(position["entry_price"])
        realised = Decimal(position["exit_quantity"]) * (move if position["side"] == "long" else -move)
    return realised - Decimal(position["fees_quote"])
