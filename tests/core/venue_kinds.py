"""Kinds of venues by their stops, for tests that run on both; the venues themselves are fakes elsewhere."""

import pytest

ORDERS = "stops are orders"
ATTACHED = "stops are attached"
EVERY = (ORDERS, ATTACHED)
"""As `VENUES` of a module: its tests with a desk run on both."""

with_stop_orders = pytest.mark.parametrize("desk", [ORDERS], indirect=True)
with_attached_stops = pytest.mark.parametrize("desk", [ATTACHED], indirect=True)
