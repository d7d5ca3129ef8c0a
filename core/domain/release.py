"""What lets entries be made with money: a person's word, bound to the keys of the accounts. Saying it is elsewhere."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

RELEASE = "live.release"
"""The name under which the state keeps a release."""

UNRELEASED = "live trading is not released: /mode live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Somebody let live entries begin.

    Attributes:
        author: Who, signed.
        keys: A fingerprint of the key of each exchange that was meant, by the exchange's name.
    """

    author: str
    given_at: datetime
    keys: Mapping[str, str]

    def covers(self, keys: Mapping[str, str]) -> bool:
        """Return True if it was given for every exchange of `keys`, with the same key as now."""
        return bool(keys) and all(self.keys.get(exchange) == mark for exchange, mark in keys.items())

    def to_text(self) -> str:
        """Return it as the state keeps it."""
        return json.dumps({"author": self.author, "given_at": self.given_at.isoformat(), "keys": dict(self.keys)})

    @classmethod
    def of_text(cls, text: str | None) -> Self | None:
        """Return the release that `to_text` wrote; None if there is none, or it cannot be read: then none was given."""
        try:
            told = json.loads(text or "null")
            return cls(author=told["author"], given_at=datetime.fromisoformat(told["given_at"]), keys=told["keys"])
        except (ValueError, TypeError, KeyError):
            return None


def is_released(stored: str | None, live_keys: Mapping[str, str] | None) -> bool:
    """Return whether entries may be made.

    Args:
        stored: What the state keeps under `RELEASE`.
        live_keys: The fingerprints of the keys in use, by exchange; None where no money is at stake.
    """
    if live_keys is None:
        return True
    release = Release.of_text(stored)
    return release is not None and release.covers(live_keys)
