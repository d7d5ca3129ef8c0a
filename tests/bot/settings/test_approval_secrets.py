"""Secrets of one-time codes: both forms, and mistakes that are told without repeating anything."""

from pathlib import Path

import pytest

from bot.settings.load import effective, load_settings
from bot.settings.secrets import MASK
from core.domain.errors import ConfigurationError

ONE = "JBSWY3DPEHPK3PXP"
TWO = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOWHERE = Path("/nonexistent")


def secrets_of(text: str) -> dict[str, str]:
    totp = load_settings(None, {"APPROVALS_TOTP": text}, folder=NOWHERE).approvals.totp
    return {person: secret.reveal() for person, secret in totp.items()}


@pytest.mark.parametrize(
    "text",
    [
        f"telegram:1001={ONE},slack:U0001={TWO}",
        f" telegram:1001 = {ONE} , slack:U0001={TWO}====",
        f"telegram:1001=jbsw y3dp-ehpk 3pxp,slack:U0001={TWO}",
        f'{{"telegram:1001": "{ONE}", "slack:U0001": "{TWO}"}}',
    ],
)
def test_each_person_has_a_secret_however_it_is_written(text: str) -> None:
    assert secrets_of(text) == {"telegram:1001": ONE, "slack:U0001": TWO}


def test_who_has_a_secret_is_shown_and_no_more() -> None:
    settings = load_settings(None, {"APPROVALS_TOTP": f"slack:U1={ONE},terminal:local={TWO}"}, folder=NOWHERE)
    shown = effective(settings)["approvals"]
    assert shown == {"second_person": False, "to": [], "totp": {"slack:U1": MASK, "terminal:local": MASK}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE, "it is not of that form"),
        (f"ann={ONE}", "it is not of that form"),
        (f"telegram:ann={ONE}", "it is not of that form"),
        (f"{ONE}=telegram:1001", "it is not of that form"),
        (f"telegram:1001={ONE},", "it is not of that form"),
        (f"telegram:1001={ONE},telegram:1001={TWO}", "telegram:1001 stands there twice"),
        ("telegram:1001=JBSWY3DPEHPK3PX1", "the secret of telegram:1001 is no base32"),
        ("telegram:1001=JBSWY3DPEHPK3PXPA", "the secret of telegram:1001 is no base32"),
        ("telegram:1001=JBSWY3DP", "the secret of telegram:1001 has fewer than 16 characters"),
        ("telegram:1001=", "the secret of telegram:1001 has fewer than 16 characters"),
        (f'{{"telegram:1001": "{ONE}"', "it is no JSON"),
        (f'{{"telegram:1001": ["{ONE}"]}}', "it is not of that form"),
        (f'{{"ann": "{ONE}"}}', "it is not of that form"),
        (f'{{"slack:U1": "{ONE}", "slack:U1": "{TWO}"}}', "slack:U1 stands there twice"),
    ],
)
def test_a_mistake_is_told_without_any_secret(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        secrets_of(text)
    assert f"approvals.totp (set by APPROVALS_TOTP): {said}; allowed: telegram:1001=BASE32SECRET" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in (ONE, TWO, "JBSWY3DP"))


def test_an_empty_table_in_the_file_gives_way_to_the_environment(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("approvals: { totp: {} }")
    settings = load_settings(None, {"APPROVALS_TOTP": f"slack:U1={ONE}"}, folder=tmp_path)
    assert set(settings.approvals.totp) == {"slack:U1"}


@pytest.mark.parametrize("variable", ["WAVEHELM_APPROVALS__TOTP__ANN", "WAVEHELM_APPROVALS__TOTP"])
def test_no_other_door_is_open(variable: str) -> None:
    with pytest.raises(ConfigurationError, match=r"put it into the environment .* as APPROVALS_TOTP") as caught:
        load_settings(None, {variable: ONE}, folder=NOWHERE)
    assert ONE not in str(caught.value)
