"""What a command may ask of whoever runs it."""

import pytest

from core.domain.people import Role
from handlers.invocation import Forbidden, Invocation, InvocationKind, Request, require
from tests.builders import NOW
from tests.fakes.chat import ADA, FakeChat


def request_by(role: Role) -> Request:
    said = Invocation(
        person=ADA, chat="terminal", kind=InvocationKind.COMMAND, words="/x", is_private=True, received_at=NOW
    )
    return Request(invocation=said, role=role, arguments=(), services=FakeChat().services)


@pytest.mark.parametrize("role", Role)
def test_a_part_of_a_command_can_need_a_higher_role(role: Role) -> None:
    request = request_by(role)
    if role >= Role.OPERATOR:
        require(request, Role.OPERATOR)
        return
    with pytest.raises(Forbidden, match="needs the role operator") as caught:
        require(request, Role.OPERATOR)
    assert caught.value.role is Role.OPERATOR
