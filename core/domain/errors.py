"""Exceptions named by what the caller does about them.

A business "no" is not here: it is a value with an enum reason (see `orders.Refused`, `verdicts`).
"""

from datetime import timedelta


class WavehelmError(Exception):
    """Base of every exception of ours."""


class ConfigurationError(WavehelmError):
    """Stop: a setting, a key or a file must be mended by a person first. The text says how."""


class AlreadyRunning(WavehelmError):  # noqa: N818 - named by what happened, not by being an error
    """Stop: another live instance holds this database. The text names its host and process."""


class Unreachable(WavehelmError):  # noqa: N818
    """A server that is needed does not answer. Try again later or mend its address."""


class RetryLater(WavehelmError):  # noqa: N818
    """The same call may go through after `wait`."""

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class Undeliverable(WavehelmError):  # noqa: N818
    """This message can never reach this destination (blocked, gone, no permission); do not retry."""


class DestinationLost(Undeliverable):
    """The destination takes nothing from us any more, whatever the message; a person has to mend it."""


class DestinationMoved(WavehelmError):  # noqa: N818
    """The destination has a new address; send there from now on."""

    def __init__(self, message: str, address: str) -> None:
        super().__init__(message)
        self.address = address


class MessageGone(WavehelmError):  # noqa: N818
    """A message cannot be edited any more (deleted, too old); what it said has to be sent anew."""


class OutcomeUnknown(WavehelmError):  # noqa: N818
    """A call was sent and its result is not known: settle it by looking it up, never repeat it blindly."""


class Bug(WavehelmError):  # noqa: N818
    """Something that the code promised cannot happen did; the task crashes and is restarted."""


class NotPossible(WavehelmError):  # noqa: N818
    """What a person asked for cannot be done as asked; nothing was changed. The text says why."""
