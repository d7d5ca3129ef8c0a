"""`/mode`: paper, testnet or live, and letting live entries begin or holding them; which mode is for the config."""

from core.domain.market import Balance, ExchangeRef, TradingMode
from core.domain.people import Role
from core.domain.release import Release
from core.domain.replies import Button, Field, Reply, Tone
from handlers import labels, texts
from handlers.arguments import choose
from handlers.invocation import Answer, Command, Preview, Request, UsageError, require
from handlers.mode_state import entries_text, release_in_force
from handlers.pause_state import active_pauses, pause_lines
from handlers.services import Services

LIVE, HOLD = "live", "hold"
_WORDS = (LIVE, HOLD)


async def preview(request: Request) -> Preview | Answer | None:
    """Return what live trading would mean; nothing has to be confirmed to look, or to hold entries back."""
    if _verb(request) != LIVE:
        return None
    require(request, Role.ADMIN)
    services = request.services
    if services.mode is not TradingMode.LIVE:
        return Answer(reply=_how_to(services))
    if (standing := await release_in_force(services)) is not None:
        return Answer(reply=await _shown(services, (_by(standing, services),)))
    balances = await services.balances()
    pauses = pause_lines(services, await active_pauses(services))
    reply = Reply(
        title="Let live trading begin?",
        banner=texts.banner(services.mode),
        tone=Tone.CRITICAL,
        lines=("From the next wave on every entry is made with money.", *pauses),
        fields=(*_money(services), *(_balance(ref, balances.get(ref.name)) for ref in services.exchanges)),
    )
    return Preview(reply=reply, words=f"/mode {LIVE}", state=_state(services), role=Role.ADMIN)


async def run(request: Request) -> Answer:
    """Answer with the mode, after letting live entries begin or holding them back if that is asked."""
    services, verb = request.services, _verb(request)
    if verb is None:
        return Answer(reply=await _shown(services, ()))
    require(request, Role.ADMIN if verb == LIVE else Role.OPERATOR)
    before = await entries_text(services)
    author = request.invocation.person.signature
    if verb == LIVE:
        await services.desk.release(author=author)
        line = "Live trading is released: new waves are traded with money from now on."
    elif services.mode is not TradingMode.LIVE:
        line = f"No money is at stake in {services.mode} trading; /pause holds its entries back."
        return Answer(reply=await _shown(services, (line,)))
    else:
        was = await services.desk.hold(author=author)
        line = "From the next order on nothing is entered." if was else "Live entries were held back already."
    reply = await _shown(services, (line, "Open positions stay guarded; their stops are untouched."))
    return Answer(reply=reply, before=before, after=await entries_text(services))


def _verb(request: Request) -> str | None:
    """Return what is asked for: live, hold, or None to look."""
    if not request.arguments:
        return None
    if len(request.arguments) > 1:
        raise UsageError("One word at most.")
    word = request.arguments[0].lower()
    if word in {TradingMode.PAPER, TradingMode.TESTNET}:
        raise UsageError(
            f"Set trading.mode: {word} in the configuration, with another database.url, and start anew. "
            "To hold live entries back now: /mode hold."
        )
    return choose(word, _WORDS)


async def _shown(services: Services, lines: tuple[str, ...]) -> Reply:
    is_live = services.mode is TradingMode.LIVE
    release = await release_in_force(services)
    buttons: tuple[tuple[Button, ...], ...] = ()
    if is_live:
        other = Button(label="Hold entries", command=f"/mode {HOLD}")
        go = Button(label="Go live", command=f"/mode {LIVE}", is_danger=True)
        buttons = ((go if release is None else other,),)
    return Reply(
        title="Trading mode",
        banner=texts.banner(services.mode),
        tone=Tone.WARNING if is_live and release is not None else Tone.NOTICE,
        lines=lines,
        fields=(
            Field(name="Mode", value=texts.banner(services.mode)),
            Field(name="Entries", value=await entries_text(services)),
            *_money(services),
        ),
        buttons=buttons,
    )


def _money(services: Services) -> tuple[Field, ...]:
    """Return what is traded where, and how much of it."""
    trading = services.trading
    size = "not set" if trading.size_quote is None else f"{texts.size(trading.size_quote)} a position"
    most = [texts.count(trading.max_positions, "position")]
    if trading.max_exposure_quote is not None:
        most.append(texts.size(trading.max_exposure_quote))
    return (
        Field(name="Exchanges", value=texts.listing(_keyed(ref, services) for ref in services.exchanges)),
        Field(name="Size", value=size),
        Field(name="Leverage", value=str(min(trading.leverage, trading.max_leverage))),
        Field(name="At most", value=", ".join(most)),
    )


def _keyed(ref: ExchangeRef, services: Services) -> str:
    mark = services.keys.get(ref.name)
    return f"{ref.title} (key {mark})" if mark else f"{ref.title} (no key)"


def _balance(ref: ExchangeRef, balance: Balance | None) -> Field:
    told = "does not answer" if balance is None else f"{texts.size(balance.total)}, {texts.size(balance.free)} free"
    return Field(name=f"Balance {ref.title}", value=told)


def _state(services: Services) -> str:
    """Return what the release rests on; a balance moves all the time."""
    trading = services.trading
    numbers = (trading.size_quote, trading.leverage, trading.max_leverage, trading.max_positions)
    keys = (f"{exchange}={mark}" for exchange, mark in sorted(services.keys.items()))
    return " ".join([services.mode.value, *keys, *map(str, numbers), str(trading.max_exposure_quote)])


def _by(release: Release, services: Services) -> str:
    since = texts.time(release.given_at, services.clock.now())
    return f"Live trading is released already, by {labels.author(release.author)} at {since}."


def _how_to(services: Services) -> Reply:
    """Return what has to be set before money can be traded with."""
    missing = [ref.title for ref in services.exchanges if ref.name not in services.keys]
    keys = (f"Put the keys of {texts.listing(missing)} into the environment.",) if missing else ()
    return Reply(
        title=f"This process trades on {services.mode}",
        banner=texts.banner(services.mode),
        tone=Tone.NOTICE,
        lines=(
            "Which mode it is stands in the configuration; no command changes that. For live trading:",
            "Set trading.mode: live and trading.size_quote to the USDT of a position.",
            *keys,
            f"Name another database.url: this one belongs to {services.mode} trading.",
            "Run `wavehelm check`, start anew, and say /mode live again: it lets entries begin.",
        ),
    )


COMMAND = Command(
    name="mode",
    summary="Paper, testnet or live; let live trading begin or hold it",
    run=run,
    preview=preview,
    raises_risk=True,
    role=Role.VIEWER,
    usage="[live|hold]",
    examples=("/mode", "/mode live", "/mode hold"),
    works_late=True,
    section="change",
)
