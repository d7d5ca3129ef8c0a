"""`/veto`: strike candidates out of a wave in progress, or let it go on; when a wave waits is for the wave itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.domain.people import Role
from core.domain.replies import Reply, Tone
from core.domain.waves import WaveProgress, WaveStage
from handlers import labels, texts
from handlers.arguments import find_symbol, nearest_symbol, read_exchange, read_symbol
from handlers.invocation import Answer, Command, Request, UsageError
from handlers.lookups import known_symbols
from handlers.pickers import word_picker
from handlers.services import Services
from handlers.time_arguments import find_wave
from handlers.wave_words import presses
from handlers.wave_words.endings import ending_reply

_VERBS = frozenset({"wave", "go"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meant:
    """Which waves in progress are meant; None: any."""

    exchange: str | None
    wave_at: datetime | None

    def has(self, wave: WaveProgress) -> bool:
        return self.exchange in {None, wave.exchange} and self.wave_at in {None, wave.wave_at}


async def run(request: Request) -> Answer:
    """Strike out what is named and answer what came of it; without a name, ask what is meant."""
    services = request.services
    meant = _meant(request)
    waves = [wave for wave in services.desk.waves_in_progress() if meant.has(wave)]
    word = request.arguments[0].lower() if request.arguments else ""
    if not waves and meant.wave_at is not None:
        symbol = None if word in _VERBS else request.arguments[0]
        return Answer(reply=await ending_reply(services, meant.wave_at, meant.exchange, symbol))
    if not waves:
        return _told(services, Tone.PLAIN, "No wave is in progress.", *_next(services))
    if not word:
        return _asked(services, waves)
    if word == "go":
        return await _go(request, meant)
    return await _strike(request, waves, None if word == "wave" else await _symbol(request, waves), meant)


def _meant(request: Request) -> _Meant:
    """Return the exchange and the wave that are named behind the first word, in any order."""
    services = request.services
    exchange, wave_at = None, None
    for word in request.arguments[1:]:
        at = find_wave(word, services.clock.now())
        if (exchange if at is None else wave_at) is not None:
            raise UsageError("One symbol, and one exchange and one wave at most.")
        if at is None:
            exchange = read_exchange(word, services.exchanges).name
        else:
            wave_at = at
    return _Meant(exchange=exchange, wave_at=wave_at)


def _asked(services: Services, waves: Sequence[WaveProgress]) -> Answer:
    """Return everything that may be said of the waves in progress, to choose from."""
    options = [option for wave in waves for option in _options(services, wave)]
    if not options:
        return _told(services, Tone.PLAIN, "Nothing is left to strike out: the orders of this wave are sent.")
    picker = word_picker("What is to be struck out?", options)
    return Answer(reply=Reply(title="Veto", banner=texts.banner(services.mode), picker=picker))


def _options(services: Services, wave: WaveProgress) -> Iterable[tuple[str, str]]:
    title = labels.title_of(wave.exchange, services.exchanges)
    if wave.candidates or wave.stage is WaveStage.RECEIVED:
        yield f"Skip the wave on {title}", presses.words("wave", wave)
    if wave.stage is WaveStage.WAITING:
        yield f"Go now on {title}", presses.words("go", wave)
    for symbol, side in wave.candidates:
        yield f"{labels.base(symbol)} {side} on {title}", presses.words(symbol, wave)


async def _symbol(request: Request, waves: Sequence[WaveProgress]) -> str:
    """Return the symbol that is meant: one of the waves; any known one while candidates are not chosen yet."""
    word = request.arguments[0]
    named = {symbol for wave in waves for symbol, _ in (*wave.candidates, *wave.opened)}
    named |= {symbol for wave in waves for symbol in wave.vetoed}
    found = find_symbol(word, named)
    if found is not None:
        return found
    if any(wave.stage is WaveStage.RECEIVED for wave in waves):
        return read_symbol(word, await known_symbols(request.services))
    guess = nearest_symbol(word, named)
    hint = f"; did you mean {guess}?" if guess else "."
    raise UsageError(f"{texts.quoted(word)} is in no wave in progress{hint}")


async def _go(request: Request, meant: _Meant) -> Answer:
    services = request.services
    author = request.invocation.person.signature
    ended = await services.desk.go(exchange=meant.exchange, wave_at=meant.wave_at, author=author)
    if not ended:
        return _told(services, Tone.PLAIN, "Nothing waits for a veto.")
    names = texts.listing(labels.title_of(name, services.exchanges) for name in ended)
    answer = _told(services, Tone.GOOD, f"{names}: traded now, without what is struck out.")
    return Answer(reply=answer.reply, before=f"{', '.join(ended)} waiting", after=f"{', '.join(ended)} trading")


async def _strike(request: Request, waves: Sequence[WaveProgress], symbol: str | None, meant: _Meant) -> Answer:
    services = request.services
    author = request.invocation.person.signature
    struck = await services.desk.veto(symbol=symbol, exchange=meant.exchange, wave_at=meant.wave_at, author=author)
    lines = [*_struck_lines(struck, services), *_late_lines(waves, symbol, struck, services)]
    answer = _told(services, Tone.GOOD if struck else Tone.NOTICE, *lines)
    if not struck:
        return answer
    before = "; ".join(f"{wave.exchange} {_listed(symbol for symbol, _ in wave.candidates)}" for wave in waves)
    after = "; ".join(f"{name} {symbol} vetoed" for name, symbol in struck)
    return Answer(reply=answer.reply, before=before, after=after)


def _struck_lines(struck: Sequence[tuple[str, str]], services: Services) -> Iterable[str]:
    """Return a line an exchange with what was struck out."""
    for name in dict.fromkeys(exchange for exchange, _ in struck):
        coins = (labels.base(symbol) for exchange, symbol in struck if exchange == name)
        yield f"Struck out on {labels.title_of(name, services.exchanges)}: {texts.listing(coins)}."


def _late_lines(
    waves: Sequence[WaveProgress], symbol: str | None, struck: Sequence[tuple[str, str]], services: Services
) -> Sequence[str]:
    """Return what could not be struck out, and why."""
    lines = []
    for wave in waves:
        title = labels.title_of(wave.exchange, services.exchanges)
        done = {each for name, each in struck if name == wave.exchange}
        opened = [each for each, _ in wave.opened if symbol in {None, each}]
        sent = [each for each, _ in wave.candidates if symbol in {None, each} and each not in done]
        again = [each for each in wave.vetoed if symbol == each and each not in done]
        if opened:
            lines.append(f"Too late on {title}: {_listed(opened)} open already; /close ends a position.")
        if sent:
            lines.append(f"Too late on {title}: the order of {_listed(sent)} is on its way.")
        if again:
            lines.append(f"{_listed(again)} was struck out on {title} before.")
    if lines or struck:
        return lines
    return [f"{symbol} is not in line for the wave in progress." if symbol else "Nothing was left to strike out."]


def _listed(symbols: Iterable[str]) -> str:
    return texts.listing(labels.base(symbol) for symbol in symbols)


def _next(services: Services) -> Iterable[str]:
    upcoming = services.next_wave_at()
    return () if upcoming is None else (f"The next one is taken at {texts.moment(upcoming[0])}.",)


def _told(services: Services, tone: Tone, *lines: str) -> Answer:
    return Answer(reply=Reply(banner=texts.banner(services.mode), tone=tone, lines=lines))


COMMAND = Command(
    name="veto",
    summary="Strike candidates out of the wave in progress",
    run=run,
    role=Role.OPERATOR,
    usage="<SYMBOL|wave|go> [exchange] [wave]",
    examples=("/veto SOL", "/veto wave binance", "/veto go", "/veto SOL binance 10:15"),
    section="act",
)
