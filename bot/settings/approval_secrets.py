"""Secrets of one-time codes, as one environment variable gives them; what a code is compared with is not here."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping

from bot.settings.secrets import MASK, Secret
from bot.settings.section import Path, Problems

_PEOPLE = re.compile(r"telegram:\d{1,19}|slack:[UW][A-Z0-9]+|terminal:local|socket:local")
_SHORTEST = 16
"""Characters: 80 bits, what authenticator apps are given at least."""

_ALLOWED = 'telegram:1001=BASE32SECRET,slack:U0001=... or {"telegram:1001": "BASE32SECRET"}'


class ApprovalSecrets:
    """The setting `approvals.totp`: a secret a person, filled by the environment only."""

    def read(self, raw: object, path: Path, problems: Problems) -> Mapping[str, Secret]:
        """Return the secrets by person; nothing of a value that is wrong is ever repeated."""
        if raw is None or raw == {}:
            return {}
        if not isinstance(raw, Secret):
            problems.add_misplaced(path)
            return {}
        found: dict[str, Secret] = {}
        try:
            for person, text in _pairs(raw.reveal()):
                if person in found:
                    raise ValueError(f"{person} stands there twice")  # noqa: TRY301 - told like its neighbours
                found[person] = _secret(person, text)
        except ValueError as error:
            problems.add(path, f"{error}; allowed: {_ALLOWED}")
            return {}
        return found

    def show(self, value: Mapping[str, Secret]) -> object:
        """Return who has a secret."""
        return dict.fromkeys(sorted(value), MASK)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith("{"):
        yield from _json_pairs(text)
        return
    for part in text.split(","):
        person, equals, secret = part.strip().partition("=")
        if not equals or not _PEOPLE.fullmatch(person.strip()):
            raise ValueError("it is not of that form")
        yield person.strip(), secret


def _json_pairs(text: str) -> list[tuple[str, str]]:
    try:
        # As pairs: in a mapping the second of two secrets of one person would silently win.
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    if not all(isinstance(secret, str) and _PEOPLE.fullmatch(person) for person, secret in pairs):
        raise ValueError("it is not of that form")
    return list(pairs)


def _secret(person: str, text: str) -> Secret:
    """Return the secret without the gaps and the padding that apps show it with."""
    plain = re.sub(r"[\s-]", "", text).rstrip("=").upper()
    try:
        base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        raise ValueError(f"the secret of {person} is no base32") from None
    if len(plain) < _SHORTEST:
        raise ValueError(f"the secret of {person} has fewer than {_SHORTEST} characters")
    return Secret(plain)
