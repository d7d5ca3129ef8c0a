"""What must hold of all that people are told, whenever the process died: the books against what the chats show.

The rest of the books is checked in `ledger_checks`. A finding is a sentence.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from sqlite3 import Row

from core.domain.cards import Card
from handlers import texts
from tests.faults.ledger_checks import LIVE, Books

URGENT = {"warning", "critical"}
_NUMBER = re.compile(r"(?m)^(?:.* · )?#(\d+)(?: · .*)?$")
_OF_DIGEST = re.compile(
    r"(?:While this chat was away|Digest): (?P<all>[\d,]+) alerts?|\N{MULTIPLICATION SIGN}(?P<of_group>[\d,]+)\b"
)
_OF_POSITION = re.compile(r"(?:opened|closing|closed) #(\d+)")
_OF_WAVE = re.compile(r"Wave [^:]*(\d\d:\d\d)(?:: | was )")
_OF_KIND = re.compile(r"([\d,]+) \N{MULTIPLICATION SIGN} ")
_ELSEWHERE = re.compile(r"([\d,]+) of them (?:was|were) told elsewhere")
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the bot as people see it; `ref` is what the books call it, `under` the message that it answers."""

    ref: str
    text: str
    under: str | None = None

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def number(self) -> int | None:
        """The number of the alert that it shows."""
        found = _NUMBER.findall(self.text)
        return int(found[-1]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What one destination shows, in the order of arrival, and what the books say of it.

    Attributes:
        repeats: How often the bot may have shown something without knowing it: by kills and by answers that were lost.
    """

    destination: str
    messages: Sequence[Message]
    books: Books
    repeats: int

    @property
    def deliveries(self) -> list[Row]:
        return [row for row in self.books["deliveries"] if row["destination"] == self.destination]

    @property
    def cards(self) -> dict[str, Row]:
        return {row["card"]: row for row in self.books["cards"] if row["destination"] == self.destination}

    @property
    def alone(self) -> list[Row]:
        """The deliveries that have a message of their own."""
        return [row for row in self.deliveries if row["fold"] is None and (row["card"] is None or row["is_detail"])]

    @property
    def by_ref(self) -> Mapping[str, Message]:
        return {message.ref: message for message in self.messages}

    def place(self, ref: str | None) -> int:
        """Return where a message stands in the chat; -1 if it is not there."""
        return next((index for index, message in enumerate(self.messages) if message.ref == ref), -1)


def misdelivered(chat: Chat) -> Iterator[str]:
    """Name what is wrong with what a chat shows; nothing may be on its way any more."""
    findings = (_unshown, _misnumbered, _disordered, _outdated, _strayed, _miscounted, _left_over)
    for find in findings:
        yield from (f"{chat.destination}: {finding}" for finding in find(chat))


def undelivered(books: Books, now: str) -> Iterator[str]:
    """Name the deliveries that are not told; what is held back until after `now` may wait on."""
    for row in books["deliveries"]:
        is_held = row["fold"] is not None and row["next_at"] > now
        if row["state"] not in {"sent", "expired"} and not (row["state"] == "pending" and is_held):
            yield f"alert {row['alert_id']} is {row['state']} for {row['destination']}: {row['error']}"


def unannounced(books: Books, wanted: Mapping[str, set[str]]) -> Iterator[str]:
    """Name the events that lack deliveries; `wanted` are the destinations of each kind, and fallbacks come to them."""
    told: defaultdict[int, list[str]] = defaultdict(list)
    diverted: defaultdict[int, set[str]] = defaultdict(set)
    for delivery in books["deliveries"]:
        told[delivery["alert_id"]].append(delivery["destination"])
        diverted[delivery["alert_id"]] |= {delivery["diverted_to"]} - {None}
    alerts: defaultdict[int, list[int]] = defaultdict(list)
    for alert in books["alerts"]:
        alerts[alert["event_id"]].append(alert["id"])
    for event in books["events"]:
        expected = [sorted(wanted[event["kind"]] | diverted[alert]) for alert in alerts[event["id"]]]
        found = [sorted(told[alert]) for alert in alerts[event["id"]]]
        if found != expected or len(found) != bool(wanted[event["kind"]]):
            yield f"event {event['id']} {event['kind']} has deliveries {found}, not {expected}"


def _unshown(chat: Chat) -> Iterator[str]:
    """Every delivery came to its end in a message that is there."""
    for row in chat.deliveries:
        if row["state"] not in {"sent", "expired"}:
            continue  # It is found by `undelivered`.
        if row["message_ref"] not in chat.by_ref:
            yield f"alert {row['alert_id']} is {row['state']} by {row['message_ref']}, which is not there"
        if row["state"] == "expired" and row["fold"] != "missed":
            yield f"alert {row['alert_id']} has expired and was told in no digest"


def _misnumbered(chat: Chat) -> Iterator[str]:
    """A message of its own shows its own alert."""
    for row in chat.alone:
        message = chat.by_ref.get(row["message_ref"])
        if message is not None and message.number != row["alert_id"]:
            yield f"alert {row['alert_id']} is told by a message that shows {message.number}"


def _disordered(chat: Chat) -> Iterator[str]:
    """Messages of their own come in the order of recording; those that are urgent may go ahead."""
    severities = {alert["id"]: alert["severity"] for alert in chat.books["alerts"]}
    for is_urgent in (True, False):
        rows = [
            row for row in chat.alone if (severities[row["alert_id"]] in URGENT) is is_urgent and row["message_ref"]
        ]
        rows.sort(key=lambda row: chat.place(row["message_ref"]))
        yield from (
            f"alert {later['alert_id']} came after alert {earlier['alert_id']}"
            for earlier, later in pairwise(rows)
            if later["id"] < earlier["id"]
        )


def _outdated(chat: Chat) -> Iterator[str]:
    """Every card shows its last state."""
    for key, card in chat.cards.items():
        message = chat.by_ref.get(card["message_ref"])
        if message is None:
            yield f"card {key} is not there"
            continue
        if card["shown_version"] != card["version"]:
            yield f"card {key} shows {card['shown_version']} of {card['version']}"
        if message.number != card["alert_id"]:
            yield f"card {key} shows alert {message.number}, not {card['alert_id']}"
        for words in _last_words(key, chat.books):
            if re.search(words, message.text) is None:
                yield f"card {key} does not say {words!r}: {message.text!r}"


def _last_words(key: str, books: Books) -> Iterator[str]:
    """Yield patterns of what a card must say."""
    kind, subject, exchange = key.split("/")
    if kind == "wave":
        yield _end_of_wave(Card.parse(key).wave_at, exchange, books)
        return
    position = next(row for row in books["positions"] if row["id"] == int(subject))
    verb = "(?:opened|closing)" if position["state"] in LIVE else "closed"
    yield rf"{position['symbol']} {position['side'].upper()} {verb} #{subject}\b"
    if position["pnl_quote"] is not None:
        yield re.escape(texts.money(Decimal(position["pnl_quote"])))
    elif position["stop_price"] is not None:
        yield re.escape(texts.price(Decimal(position["stop_price"])))


def _end_of_wave(at: datetime, exchange: str, books: Books) -> str:
    wave_at = at.isoformat(timespec="minutes")[:16]
    for result in books["wave_results"]:
        if result["wave_at"].startswith(wave_at) and result["exchange"] == exchange:
            return rf"Wave .*: {result['executed']}/{result['target']} opened"
    wave = next(row for row in books["waves"] if row["wave_at"].startswith(wave_at))
    return "was interrupted" if wave["state"] == "interrupted" else "nothing that could be said of it"


def _strayed(chat: Chat) -> Iterator[str]:
    """A detail stands under its card, and after it."""
    for row in chat.alone:
        card, message = chat.cards.get(row["card"]), chat.by_ref.get(row["message_ref"])
        if row["card"] is None or message is None:
            continue
        if card is None or message.under != card["message_ref"]:
            yield f"alert {row['alert_id']} stands under {message.under}, not under its card {row['card']}"
        elif chat.place(message.ref) < chat.place(card["message_ref"]):
            yield f"alert {row['alert_id']} came before its card {row['card']}"


def _miscounted(chat: Chat) -> Iterator[str]:
    """A digest says how many it tells, how many of each kind, and how many were told elsewhere."""
    folded: defaultdict[str, list[Row]] = defaultdict(list)
    for row in chat.deliveries:
        if row["fold"] is not None and row["message_ref"]:
            folded[row["message_ref"]].append(row)
    for ref, rows in folded.items():
        text = chat.by_ref[ref].text if ref in chat.by_ref else ""
        found = _OF_DIGEST.search(text)
        told = _count(found["all"] or found["of_group"]) if found else 0
        if told != len(rows):
            yield f"digest {ref} tells {told} alerts, {len(rows)} are in it"
        by_kind = sum(map(_count, _OF_KIND.findall(text)))
        if found and found["all"] and by_kind != (len(rows) if len(rows) > _MOST_NAMED else 0):
            yield f"digest {ref} names {by_kind} alerts by kind, {len(rows)} are in it"
        elsewhere = sum(map(_count, _ELSEWHERE.findall(text)))
        if elsewhere != sum(row["diverted_at"] is not None for row in rows):
            yield f"digest {ref} says that {elsewhere} alerts were told elsewhere"


def _left_over(chat: Chat) -> Iterator[str]:
    """What no delivery and no card names was shown by a process that did not live to note it."""
    named = {row["message_ref"] for row in (*chat.deliveries, *chat.cards.values())}
    left = [message for message in chat.messages if message.ref not in named]
    if len(left) > chat.repeats:
        yield f"{len(left)} messages are shown again, {chat.repeats} at most could be: {[m.title for m in left]}"
    due = {row["alert_id"] for row in chat.deliveries}
    for message in left:
        if message.number not in due and not _OF_DIGEST.search(message.text) and not _is_card(message, chat.books):
            yield f"it shows what is not recorded: {message.text!r}"


def _is_card(message: Message, books: Books) -> bool:
    position, wave = _OF_POSITION.search(message.title), _OF_WAVE.search(message.title)
    if position is not None:
        return any(row["id"] == int(position[1]) for row in books["positions"])
    return wave is not None and any(row["wave_at"][11:16] == wave[1] for row in books["waves"])


def _count(digits: str) -> int:
    return int(digits.replace(",", ""))
