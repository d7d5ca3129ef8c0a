"""Every kind of event survives the database."""

import types
import typing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.errors import Bug
from core.domain.events import Event, event_types
from core.domain.waves import WaveProgress, WaveResult
from storage.mappers.events import event_of, row_of_event

SIMPLE: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
    type(None): st.none(),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation of an event
    """Return values of an annotation: NewTypes, enums, unions, tuples and the funnel of a wave."""
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values_of, arguments))
    if origin in {typing.Union, types.UnionType}:
        return st.one_of(*map(values_of, arguments))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return built(hint) if hint in {WaveResult, WaveProgress} else SIMPLE[hint]


def built(kind: type) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})


@pytest.mark.parametrize("kind", sorted(event_types()))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_event_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    event: Event = data.draw(built(event_types()[kind]))
    row = row_of_event(event)
    assert (row["kind"], row["at"], row["exchange"]) == (kind, event.at, event.exchange)
    assert event_of(kind, row["payload"]) == event


@pytest.mark.parametrize(("kind", "payload"), [("never_was", "{}"), ("resumed", "{}"), ("resumed", "nonsense")])
def test_an_event_that_cannot_be_read_is_a_bug(kind: str, payload: str) -> None:
    with pytest.raises(Bug, match=kind):
        event_of(kind, payload)
