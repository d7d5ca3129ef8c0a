"""`/stoplist`: symbols that people took off trading; open positions stay. Keeping entries back is for validation."""

from collections.abc import Collection, Sequence
from datetime import datetime

from core.domain.people import Role, StopListing
from core.domain.replies import Button, Reply, Tone
from handlers import labels, texts
from handlers.arguments import find_symbol, is_symbol, nearest_symbol, take_duration
from handlers.invocation import Answer, Command, Request, UsageError, require
from handlers.lookups import known_symbols
from handlers.pickers import word_picker
from handlers.services import Services

MOST_LINES = 25
MOST_BUTTONS = 6
LONGEST_REASON = 200
SHOWN_REASON = 60
RECENT_SIGNALS = 200
MOST_PROPOSED = 20


async def run(request: Request) -> Answer:
    """Answer with the list, after putting a symbol on it or taking one off if that is asked."""
    if not request.arguments:
        return Answer(reply=_shown(request, await _active(request.services)))
    verb, *words = request.arguments
    if verb.lower() not in {"add", "remove"}:
        raise UsageError(f"{texts.quoted(verb)} is neither add nor remove.")
    require(request, Role.OPERATOR)
    return await (_add if verb.lower() == "add" else _remove)(request, words)


async def _add(request: Request, words: Sequence[str]) -> Answer:
    """List a symbol from now on; one that nobody has seen is taken when it is written in full, with a warning."""
    services = request.services
    if not words:
        return await _which_to_add(services)
    known = await known_symbols(services)
    symbol = _read_symbol(words[0], {*known, *services.fixed_stop_list})
    if symbol in services.fixed_stop_list:
        line = f"{symbol} is on the list of the configuration already, for good."
        return Answer(reply=_shown(request, await _active(services), [line]))
    duration, rest = take_duration(words[1:])
    now = services.clock.now()
    listing = StopListing(
        symbol=symbol,
        reason=" ".join(rest)[:LONGEST_REASON],
        author=request.invocation.person.signature,
        created_at=now,
        until_at=now + duration if duration else None,
    )
    before = await _active(services)
    async with services.units.writing() as unit:
        await unit.stop_list.add(listing)
    lines = [f"No new position in {symbol}{_until(listing, now)}. What is open stays open."]
    if symbol not in known:
        guess = nearest_symbol(symbol, known)
        lines.append(f"No signal of {symbol} has been seen{f'; did you mean {guess}?' if guess else '.'}")
    return await _changed(request, symbol, before, lines)


async def _remove(request: Request, words: Sequence[str]) -> Answer:
    """Take a symbol off the list; without a name, ask which."""
    services = request.services
    before = await _active(services)
    if len(words) > 1:
        raise UsageError("One symbol at a time.")
    if not words:
        return Answer(reply=_which_to_remove(services, before) if before else _shown(request, before))
    listed = {listing.symbol for listing in before}
    symbol = find_symbol(words[0], listed | services.fixed_stop_list)
    if symbol is None:
        guess = nearest_symbol(words[0], listed)
        line = f"{texts.quoted(words[0])} is not on the list{f'; did you mean {guess}?' if guess else '.'}"
        return Answer(reply=_shown(request, before, [line]))
    if symbol not in listed:
        return Answer(reply=_shown(request, before, [_fixed_line(symbol)]))
    async with services.units.writing() as unit:
        await unit.stop_list.remove(symbol, services.clock.now(), request.invocation.person.signature)
    is_fixed = symbol in services.fixed_stop_list
    return await _changed(
        request, symbol, before, [_fixed_line(symbol) if is_fixed else f"{symbol} may be traded again."]
    )


def _fixed_line(symbol: str) -> str:
    """Return how a symbol comes off the list that no command changes."""
    return f"{symbol} stays on the list: take it out of validation.stop_list in config.yaml and restart."


def _read_symbol(word: str, known: Collection[str]) -> str:
    symbol = find_symbol(word, known) or word.upper()
    if symbol in known or is_symbol(symbol):
        return symbol
    guess = nearest_symbol(word, known)
    hint = f"did you mean {guess}?" if guess else "write it in full, like SOLUSDT."
    raise UsageError(f"{texts.quoted(word)} is no symbol seen here; {hint}")


async def _which_to_add(services: Services) -> Answer:
    """Ask which of the symbols seen last."""
    async with services.units.reading() as unit:
        recent = await unit.signals.recent(RECENT_SIGNALS)
    symbols = list(dict.fromkeys(signal.symbol for signal in recent))[:MOST_PROPOSED]
    if not symbols:
        raise UsageError("Name the symbol.")
    picker = word_picker("Which symbol is not to be traded?", [(name, f"/stoplist add {name}") for name in symbols])
    return Answer(reply=Reply(banner=texts.banner(services.mode), picker=picker))


def _which_to_remove(services: Services, listings: Sequence[StopListing]) -> Reply:
    options = [(listing.symbol, f"/stoplist remove {listing.symbol}") for listing in listings]
    return Reply(banner=texts.banner(services.mode), picker=word_picker("Which symbol may be traded again?", options))


async def _active(services: Services) -> Sequence[StopListing]:
    async with services.units.reading() as unit:
        return await unit.stop_list.active(services.clock.now())


async def _changed(request: Request, symbol: str, before: Sequence[StopListing], lines: Sequence[str]) -> Answer:
    """Return the resulting list, and what became of the symbol for the record."""
    after = await _active(request.services)
    return Answer(reply=_shown(request, after, lines), before=_record(symbol, before), after=_record(symbol, after))


def _shown(request: Request, listings: Sequence[StopListing], first: Sequence[str] = ()) -> Reply:
    services = request.services
    now = services.clock.now()
    lines = [_line(listing, now) for listing in listings[:MOST_LINES]]
    if len(listings) > MOST_LINES:
        lines.append(f"and {len(listings) - MOST_LINES} more")
    fixed = sorted(services.fixed_stop_list)
    if fixed:
        lines.append(f"For good, by config.yaml: {texts.listing(fixed, limit=MOST_LINES)}.")
    count = len({*fixed, *(listing.symbol for listing in listings)})
    return Reply(
        title=f"{texts.count(count, 'symbol')} on the stop list" if count else "The stop list is empty",
        banner=texts.banner(services.mode),
        tone=Tone.NOTICE if count else Tone.PLAIN,
        lines=(*first, *lines),
        buttons=_buttons(listings) if request.role >= Role.OPERATOR else (),
    )


def _line(listing: StopListing, now: datetime) -> str:
    line = f"{listing.symbol}: by {labels.author(listing.author)} since {texts.time(listing.created_at, now)}"
    line += _until(listing, now)
    return f"{line} ({texts.cut(listing.reason, SHOWN_REASON)})" if listing.reason else line


def _until(listing: StopListing, now: datetime) -> str:
    if listing.until_at is None:
        return ", until removed"
    return f", until {texts.time(listing.until_at, now)} ({texts.age(listing.until_at - now)} left)"


def _buttons(listings: Sequence[StopListing]) -> tuple[tuple[Button, ...], ...]:
    commands = [(listing.symbol, f"/stoplist remove {listing.symbol}") for listing in listings[:MOST_BUTTONS]]
    buttons = [Button(label=f"Trade {labels.coin(name)} again", command=command) for name, command in commands]
    return tuple(tuple(buttons[index : index + 2]) for index in range(0, len(buttons), 2))


def _record(symbol: str, listings: Sequence[StopListing]) -> str:
    found = next((listing for listing in listings if listing.symbol == symbol), None)
    if found is None:
        return f"{symbol} not listed"
    return f"{symbol} until {found.until_at.isoformat() if found.until_at else 'removed'}"


COMMAND = Command(
    name="stoplist",
    summary="Symbols that are not traded",
    run=run,
    role=Role.VIEWER,
    usage="[add|remove SYMBOL [for 1d] [reason]]",
    examples=("/stoplist", "/stoplist add SOL for 1d listing", "/stoplist remove SOL"),
    section="act",
)
