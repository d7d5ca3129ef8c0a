"""Whose consent an act needs."""

import pytest

from core.domain.people import Role
from handlers.confirming.approvals import Approvals, ApprovalSettings, Need
from handlers.invocation import Answer, Command, Request
from tests.fakes.chat import ADA, OLE


async def run(request: Request) -> Answer:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("raises_risk", "second_person", "has_codes", "need"),
    [
        (False, True, True, Need.ASKER),
        (True, False, False, Need.ASKER),
        (True, True, False, Need.OTHER),
        (True, False, True, Need.CODE),
        (True, True, True, Need.OTHER_OR_CODE),
    ],
)
def test_the_rules(*, raises_risk: bool, second_person: bool, has_codes: bool, need: Need) -> None:
    command = Command(name="act", summary="Acts", run=run, role=Role.ADMIN, raises_risk=raises_risk)
    totp = {("telegram", "1"): "GEZDGNBVGY3TQOJQ"} if has_codes else {}
    settings = ApprovalSettings(second_person=second_person, totp=totp)
    assert Approvals(settings).need(command, ADA) is need


@pytest.mark.parametrize(("second_person", "need"), [(False, Need.NOBODY_CAN), (True, Need.OTHER)])
def test_who_has_no_secret_where_codes_are_asked_for(*, second_person: bool, need: Need) -> None:
    command = Command(name="act", summary="Acts", run=run, role=Role.ADMIN, raises_risk=True)
    settings = ApprovalSettings(second_person=second_person, totp={("telegram", "1"): "GEZDGNBVGY3TQOJQ"})
    assert Approvals(settings).need(command, OLE) is need


def test_secrets_are_not_shown() -> None:
    assert "GEZDGNBV" not in repr(ApprovalSettings(totp={("telegram", "1"): "GEZDGNBVGY3TQOJQ"}))
