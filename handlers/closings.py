"""Closing several positions one after another, and the words for it; which ones are meant belongs to the commands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater, WavehelmError
from core.domain.money import ZERO, Money, Ratio
from core.domain.positions import Position, PositionState
from core.domain.replies import Align, Button, Column, Reply, Table, Tone
from handlers import labels, texts
from handlers.services import Services
from handlers.valuations import Total, Valuation, add_up, value

MOST_ROWS = 40
MOST_LINES = 15
POSITIONS = ((Button(label="Positions", command="/positions"),),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What became of one position; `problem` is empty when the desk took it."""

    before: Position
    after: Position | None
    problem: str = ""


def name(position: Position) -> str:
    """Return a position in a sentence: SOLUSDT long #12."""
    return f"{position.symbol} {position.side.value} #{position.id}"


def record(position: Position) -> str:
    """Return a position as the audit keeps it."""
    return f"#{position.id} {position.symbol} {position.state.value} {texts.quantity(position.quantity)}"


def state(positions: Iterable[Position]) -> str:
    """Return what a preview of closing rests on: which positions, and how much of each is open."""
    ordered = sorted(positions, key=lambda each: each.id)
    return "; ".join(f"{p.id} {p.state.value} {p.side.value} {p.quantity.normalize():f}" for p in ordered)


def proposal(positions: Sequence[Position], title: str, services: Services) -> Reply:
    """Return what closing all of `positions` would do now."""
    valued = [value(position, services.prices, services.fee) for position in positions]
    more = len(valued) - MOST_ROWS
    total = add_up(valued)
    return Reply(
        title=title,
        banner=texts.banner(services.mode),
        tone=Tone.WARNING,
        lines=(f"{texts.count(len(valued), 'position')} would be closed at market: {_total(total)} now.",),
        table=_table(valued[:MOST_ROWS], services),
        footer=f"and {more} more" if more > 0 else "",
    )


async def close_each(positions: Iterable[Position], services: Services, author: str) -> Sequence[Closing]:
    """Close `positions` one after another; one that cannot be closed does not keep the next from it."""
    closings = []
    for position in positions:
        after, problem = None, ""
        try:
            after = await services.desk.close(position.id, share=Ratio(Decimal(1)), author=author)
        except (NotPossible, RetryLater) as error:
            problem = str(error) or "it cannot be closed now"
        except OutcomeUnknown as error:
            problem = f"not known yet, it is being looked up ({str(error) or 'no answer'})"
        except WavehelmError as error:
            problem = str(error) or type(error).__name__
        closings.append(Closing(before=position, after=after, problem=problem))
    return closings


async def still_live(positions: Iterable[Position], services: Services) -> Sequence[Position]:
    """Return those of `positions` that are live now, as they are stored."""
    wanted = {position.id for position in positions}
    async with services.units.reading() as unit:
        return [position for position in await unit.positions.live() if position.id in wanted]


def result(closings: Sequence[Closing], left: Sequence[Position], services: Services) -> Reply:
    """Return what came of closing, checked against what is stored as open afterwards."""
    left_ids = {position.id for position in left}
    gone = [closing for closing in closings if closing.before.id not in left_ids]
    closed = [closing.after for closing in gone if closing.after and closing.after.state is PositionState.CLOSED]
    pnl = Money(sum((position.pnl_quote or ZERO for position in closed), ZERO))
    lines = [f"{texts.count(len(closed), 'position')} closed: {texts.money(pnl)}."]
    already = len(gone) - len(closed)
    if already:
        lines.append(f"{texts.count(already, 'position')} had been closed already.")
    lines += _listing([f"{name(each.before)}: {texts.sentence(each.problem)}" for each in closings if each.problem])
    lines += _listing([f"STILL OPEN: {name(each)}, {texts.quantity(each.quantity)}." for each in left])
    if not left:
        lines.append("Checked: none of them is open any more.")
    return Reply(
        title="Not all is closed" if left else "Closed",
        banner=texts.banner(services.mode),
        tone=Tone.CRITICAL if left else Tone.GOOD,
        lines=tuple(lines),
        buttons=POSITIONS,
    )


def _listing(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]


def _total(total: Total) -> str:
    text = texts.money(total.pnl_quote)
    if total.return_ratio is not None:
        text += f" ({texts.percent(total.return_ratio)})"
    return f"{text}, {total.unpriced} without a price" if total.unpriced else text


def _table(valued: Sequence[Valuation], services: Services) -> Table:
    rows = []
    for each in valued:
        position = each.position
        title = labels.title_of(position.exchange, services.exchanges)
        pnl = "-" if each.pnl_quote is None else texts.amount(each.pnl_quote)
        side = labels.side_mark(position.side)
        rows.append((str(position.id), labels.coin(position.symbol), side, labels.exchange_mark(title), pnl))
    columns = (
        Column(title="#", align=Align.RIGHT),
        Column(title="Coin"),
        Column(title=""),
        Column(title="Ex"),
        Column(title="P&L", align=Align.RIGHT),
    )
    return Table(columns=columns, rows=tuple(rows))
