"""Only what is used of ccxt is imported; measured in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.exchanges.rest.ccxt_loading import load_client_class

ROOT = Path(__file__).resolve().parents[4]
MEASURE = """
import json, sys, time
def resident():
    return int(open("/proc/self/statm").read().split()[1])
import asyncio, importlib.util, threading
began, held = time.perf_counter(), resident()
{work}
names = [name for name in sys.modules if name.startswith("ccxt.async_support.") and name.count(".") == 2]
print(json.dumps({{
    "seconds": time.perf_counter() - began, "pages": resident() - held,
    "exchanges": sorted(name.rpartition(".")[2] for name in names if not name.endswith(".base")),
    "modules": sorted(name for name in sys.modules if name.split(".")[0] == "ccxt"),
    **globals().get("found", {{}}),
}}))
"""


def run(work: str) -> dict[str, Any]:
    script = MEASURE.format(work=work)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


LAZY = """
from bot.exchanges.rest.ccxt_loading import import_client_class
for name in ("binanceusdm", "bybit"):
    import_client_class(name)({})
"""


def test_only_the_classes_asked_for_are_imported_and_that_is_much_cheaper_than_all() -> None:
    lazy, full = run(LAZY), run("import ccxt.async_support")
    assert lazy["exchanges"] == ["binance", "binanceusdm", "bybit"]
    assert len(full["exchanges"]) > 50
    if sys.platform == "linux":
        assert lazy["pages"] < full["pages"] * 0.75
    assert lazy["seconds"] < full["seconds"] * 1.5


def test_a_class_that_does_not_exist_leaves_nothing_half_loaded_behind() -> None:
    failing = run(
        """
from bot.exchanges.rest.ccxt_loading import import_client_class
try:
    import_client_class("nowhere")
except ImportError as error:
    found = {"error": str(error)}
"""
    )
    assert "nowhere" in failing["error"]
    assert failing["modules"] == []


def test_a_failure_keeps_what_was_loaded_before() -> None:
    mixed = run(
        """
from bot.exchanges.rest.ccxt_loading import import_client_class
first = import_client_class("bybit")
try:
    import_client_class("nowhere")
except ImportError:
    found = {"same": import_client_class("bybit") is first}
"""
    )
    assert mixed["same"] is True
    assert mixed["exchanges"] == ["bybit"]


def test_where_ccxt_is_loaded_in_full_that_is_used() -> None:
    both = run(
        """
import ccxt.async_support
from bot.exchanges.rest.ccxt_loading import import_client_class
found = {"same": import_client_class("bybit") is ccxt.async_support.bybit}
"""
    )
    assert both["same"] is True


async def test_a_class_is_loaded_once_for_all_who_ask() -> None:
    assert await load_client_class("bybit") is await load_client_class("bybit")


async def test_a_class_that_is_loaded_is_there_at_once() -> None:
    loaded = await load_client_class("bybit")
    again = load_client_class("bybit")
    with pytest.raises(StopIteration) as finished:
        again.send(None)
    assert finished.value.value is loaded


async def test_a_name_of_nothing_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="nowhere"):
        await load_client_class("nowhere")
