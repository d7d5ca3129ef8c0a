"""Living messages: one a wave and exchange, one a position, edited as things go on. How they look is not here."""

from dataclasses import dataclass
from datetime import UTC, datetime

WAVE = "wave"
POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a living message is about.

    Attributes:
        kind: `wave` or `position`.
        subject: Which one; unique within the kind.
        exchange: Whose it is.
    """

    kind: str
    subject: str
    exchange: str

    @property
    def key(self) -> str:
        """The name under which the message is stored; `parse` reads it back."""
        return f"{self.kind}/{self.subject}/{self.exchange}"

    @classmethod
    def parse(cls, key: str) -> "Card":
        """Return the card that `key` names.

        Raises:
            ValueError: it is no key of a card.
        """
        kind, subject, exchange = key.split("/")
        return cls(kind=kind, subject=subject, exchange=exchange)

    @property
    def wave_at(self) -> datetime:
        """The wave of a wave's card."""
        return datetime.strptime(self.subject, "%Y%m%dT%H%M").replace(tzinfo=UTC)

    @property
    def position_id(self) -> int:
        """The position of a position's card."""
        return int(self.subject)


def wave_card(wave_at: datetime, exchange: str) -> Card:
    """Return the card of what `exchange` makes of a wave."""
    return Card(kind=WAVE, subject=f"{wave_at:%Y%m%dT%H%M}", exchange=exchange)


def position_card(position_id: int, exchange: str) -> Card:
    """Return the card of a position."""
    return Card(kind=POSITION, subject=str(position_id), exchange=exchange)
