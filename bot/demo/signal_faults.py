"""What the simulated signal server can be told to do wrong, after what real ones did. It holds no connection."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""A signal as the server writes it."""


@dataclass(slots=True, kw_only=True)
class SignalFaults:
    """Switches; all off is a sound server. They may be turned while it runs.

    Attributes:
        refuses_auth: Every token is wrong.
        asks_no_auth: Nobody is asked for a token.
        is_hung: Messages are read and never answered; the socket itself still answers pings.
        delay_s: Every frame is sent so much later.
        broadcasts: How often each broadcast is sent.
        has_naive_times: Times lack their zone.
        has_text_numbers: Numbers are texts.
        has_null_filters: Filters are null.
        has_no_count: Frames lack `count` and `timestamp`.
        has_no_ids: Ids are "N/A".
        sends_singles: One `signal` frame a row instead of the window.
    """

    refuses_auth: bool = False
    asks_no_auth: bool = False
    is_hung: bool = False
    delay_s: float = 0.0
    broadcasts: int = 1
    has_naive_times: bool = False
    has_text_numbers: bool = False
    has_null_filters: bool = False
    has_no_count: bool = False
    has_no_ids: bool = False
    sends_singles: bool = False

    def frames(self, rows: Iterable[Row], host_time: str) -> list[str]:
        """Return the frames that tell of `rows`; `host_time` is what the server's own wall clock shows."""
        data = [self._shaped(row) for row in rows]
        if self.sends_singles:
            return [json.dumps({"type": "signal", **row}, allow_nan=True) for row in data]
        head: dict[str, Any] = {} if self.has_no_count else {"timestamp": host_time, "count": len(data)}
        return [json.dumps({"type": "signals", **head, "data": data}, allow_nan=True)]

    def _shaped(self, row: Row) -> dict[str, Any]:
        shaped = dict(row)
        if self.has_no_ids:
            shaped["id"] = "N/A"
        for name, value in row.items():
            if name.endswith("_filter") and self.has_null_filters:
                shaped[name] = None
            elif name in {"timestamp", "created_at"} and self.has_naive_times:
                shaped[name] = str(value).removesuffix("+00:00")
            elif isinstance(value, int | float) and self.has_text_numbers:
                shaped[name] = str(value)
        return shaped
