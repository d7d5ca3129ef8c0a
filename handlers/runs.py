"""Runs commands for people and turns whatever goes wrong into a sentence; who may run them is for `access`."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.domain.errors import NotPossible, OutcomeUnknown, RetryLater
from core.domain.people import Role
from core.domain.replies import Reply
from handlers import refusals
from handlers.access import Access, Decision, Denial
from handlers.invocation import Answer, Command, Forbidden, Invocation, Preview, Request, UsageError
from handlers.registry import Registry
from handlers.results import Outcome, Result
from handlers.services import Services

T = TypeVar("T")


def new_incident() -> str:
    """Return a short number by which a person's report is found in the log."""
    return secrets.token_hex(3)


class Runs:
    """Everything that runs a command goes through here; only cancellation passes.

    Args:
        incident: Names a failure in the apology and in the log.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        access: Access,
        services: Services,
        incident: Callable[[], str],
        log: logging.Logger,
    ) -> None:
        self._registry = registry
        self._access = access
        self._services = services
        self._incident = incident
        self._log = log

    def request(self, invocation: Invocation, arguments: tuple[str, ...]) -> Request:
        """Return the request of whoever said `invocation`, with the role that they have there now."""
        role = self._access.role_in(invocation.person, invocation.chat)
        open_to = self._registry.open_to(role)
        return Request(
            invocation=invocation,
            role=role,
            arguments=arguments,
            services=self._services,
            commands=tuple(command for command in open_to if self._access.decide(invocation, command).is_allowed),
        )

    async def run(self, command: Command, request: Request) -> Result:
        """Run `command` and return its answer, or why there is none."""
        answer = await self._guarded(command, request, command.run)
        return answered(answer) if isinstance(answer, Answer) else answer

    async def preview(self, command: Command, request: Request) -> Preview | Result | None:
        """Return what `command` would do, or what is answered instead; None: it may be done at once."""
        if command.preview is None:
            raise TypeError(f"/{command.name} has no preview")
        shown = await self._guarded(command, request, command.preview)
        return answered(shown) if isinstance(shown, Answer) else shown

    async def _guarded(self, command: Command, request: Request, work: Callable[[Request], Awaitable[T]]) -> T | Result:
        outcome = Outcome.FAILED
        try:
            return await work(request)
        except Forbidden as error:
            reply, outcome = refusals.denied(self._denial(request, error.role), command, error.role), Outcome.REFUSED
        except UsageError as error:
            reply = refusals.misused(command, str(error))
        except RetryLater as error:
            reply = refusals.later(command, str(error), error.wait)
        except NotPossible as error:
            reply = refusals.not_possible(command, str(error))
        except OutcomeUnknown as error:
            reply = refusals.unknown_outcome(command, str(error))
        except Exception:  # noqa: BLE001 - a command's fault must not end the platform that heard it
            reply = self._apology(command, request.invocation)
        return Result(reply=reply, outcome=outcome)

    def _denial(self, request: Request, needed: Role) -> Decision:
        """Return why a part of a command that needs `needed` is denied."""
        listed = self._access.role_of(request.invocation.person)
        return Decision(role=request.role, denial=Denial.ROLE if listed < needed else Denial.CEILING)

    def _apology(self, command: Command, invocation: Invocation) -> Reply:
        incident = self._incident()
        person = invocation.person
        fields = {"incident": incident, "command": command.name, "platform": person.platform, "person": person.id}
        self._log.exception("command_failed", extra=fields)
        return refusals.failed(command, incident)


def answered(answer: Answer) -> Result:
    """Return what a command gave back, as a result."""
    return Result(reply=answer.reply, outcome=Outcome.ANSWERED, before=answer.before, after=answer.after)
