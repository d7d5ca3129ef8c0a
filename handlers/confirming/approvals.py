"""Who has to agree to an act before it is done: the asker, somebody else, or a one-time code; pure rules.

The questions themselves are kept by `confirmations`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.delivery import Destination
from core.domain.people import Person
from handlers.confirming.one_time_codes import OneTimeCodes
from handlers.invocation import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings:
    """What acts that raise risk need besides the asker's own confirmation (section `approvals`).

    Attributes:
        second_person: Somebody else has to confirm them.
        to: Where copies of such a question go.
        totp: Secrets of one-time codes in base32, by platform and id of a person.
    """

    second_person: bool = False
    to: tuple[Destination, ...] = ()
    totp: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)


class Need(StrEnum):
    """Whose consent an act needs."""

    ASKER = "asker"
    OTHER = "other"
    CODE = "code"
    OTHER_OR_CODE = "other_or_code"
    NOBODY_CAN = "nobody_can"

    @property
    def takes_other(self) -> bool:
        """True when somebody else may agree."""
        return self in {Need.OTHER, Need.OTHER_OR_CODE}

    @property
    def takes_code(self) -> bool:
        """True when a code of the asker's is enough."""
        return self in {Need.CODE, Need.OTHER_OR_CODE}


class Approvals:
    """The rules as configured, and the codes that were used."""

    def __init__(self, settings: ApprovalSettings) -> None:
        self.settings = settings
        self.codes = OneTimeCodes(settings.totp)

    def need(self, command: Command, asker: Person) -> Need:
        """Return whose consent `command` needs when `asker` asks for it.

        Where codes are the only way and the asker has no secret, nobody can give it.
        """
        if not command.raises_risk or not (self.settings.second_person or self.codes):
            return Need.ASKER
        has_code = self.codes.covers(asker)
        if self.settings.second_person:
            return Need.OTHER_OR_CODE if has_code else Need.OTHER
        return Need.CODE if has_code else Need.NOBODY_CAN
