"""One-time codes of an authenticator app (RFC 6238, SHA-1, 30 s, 6 digits); for what they are asked is elsewhere."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.people import Person
from handlers.limits import RateLimit

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
"""Clocks of phones are a little off: the neighbouring codes count, too (RFC 6238, 5.2)."""

MOST_WRONG = 5
WRONG_WINDOW = timedelta(hours=1)


class CodeCheck(StrEnum):
    """What a code is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"
    LOCKED = "locked"


def code_at(secret: bytes, counter: int, digits: int = DIGITS) -> str:
    """Return the code of one step (RFC 4226, 5.3): `counter` is the whole steps since 1970."""
    digest = hmac.new(secret, counter.to_bytes(8), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def read_secret(text: str) -> bytes:
    """Return the secret that base32 `text` writes, in any case, with or without gaps and padding.

    Raises:
        ValueError: it is no base32.
    """
    plain = "".join(text.split()).replace("-", "").rstrip("=").upper()
    return base64.b32decode(plain + "=" * (-len(plain) % 8))


class OneTimeCodes:
    """The codes of people who have a secret; each counts once, and too many wrong ones close it for an hour.

    Args:
        secrets: In base32, by platform and id of a person.
    """

    def __init__(self, secrets: Mapping[tuple[str, str], str]) -> None:
        self._secrets = {key: read_secret(text) for key, text in secrets.items()}
        self._newest: dict[tuple[str, str], int] = {}
        self._wrong = RateLimit(MOST_WRONG, WRONG_WINDOW)

    def __bool__(self) -> bool:
        """True when anybody has a secret."""
        return bool(self._secrets)

    def covers(self, person: Person) -> bool:
        """Return True if `person` has a secret."""
        return (person.platform, person.id) in self._secrets

    def check(self, person: Person, code: str, at: datetime) -> CodeCheck:
        """Return what `code` is worth at `at`; a right one is used up by this."""
        key = (person.platform, person.id)
        name = ":".join(key)
        if self._wrong.wait(name, at):
            return CodeCheck.LOCKED
        step = self._step_of(key, code, int(at.timestamp()) // STEP_S)
        if step is None:
            self._wrong.take(name, at)
            return CodeCheck.WRONG
        if step <= self._newest.get(key, -1):
            return CodeCheck.USED
        self._newest[key] = step
        return CodeCheck.RIGHT

    def _step_of(self, key: tuple[str, str], code: str, now: int) -> int | None:
        """Return the step whose code this is; every comparison takes place, in constant time."""
        secret, found = self._secrets.get(key), None
        for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
            is_same = hmac.compare_digest(code_at(secret or b"", step).encode(), code.encode())
            found = step if is_same and secret is not None else found
        return found
