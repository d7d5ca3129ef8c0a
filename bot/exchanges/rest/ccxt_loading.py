"""Imports only those classes of ccxt that are used: the others cost time and memory. No venue is known here.

The packages `ccxt` and `ccxt.async_support` import every exchange when they are executed. Modules that bear their names
but are not executed let the few modules that we need be found below them.
"""

import asyncio
import importlib
import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any

_ROOT = "ccxt"
_CLASSES = "ccxt.async_support"

# Guards `sys.modules`, of which a process has one: two clients may be opened at the same time.
_LOADING = threading.Lock()


async def load_client_class(ccxt_id: str) -> type[Any]:
    """Return ccxt's asynchronous class `ccxt_id`, imported without the others in a thread; at once when repeated.

    Raises:
        ImportError: ccxt is not installed, or has no such class; nothing of it stays half loaded.
    """
    found: type[Any] | None = getattr(sys.modules.get(f"{_CLASSES}.{ccxt_id}"), ccxt_id, None)
    return await asyncio.to_thread(import_client_class, ccxt_id) if found is None else found


def import_client_class(ccxt_id: str) -> type[Any]:
    """As `load_client_class`, in this thread."""
    with _LOADING:
        known = set(sys.modules)
        try:
            if _ROOT not in sys.modules:
                _stand_in()
            found = getattr(importlib.import_module(f"{_CLASSES}.{ccxt_id}"), ccxt_id)
        except BaseException:
            for name in set(sys.modules) - known:
                if name.partition(".")[0] == _ROOT:
                    del sys.modules[name]
            raise
    if isinstance(found, type):
        return found
    raise ImportError(f"ccxt has no class {ccxt_id}", name=ccxt_id)


def _stand_in() -> None:
    root = _empty(_ROOT)
    # What modules of ccxt import from the package itself.
    errors = importlib.import_module("ccxt.base.errors")
    vars(root).update({name: getattr(errors, name) for name in errors.__all__})
    vars(root)["Exchange"] = importlib.import_module("ccxt.base.exchange").Exchange
    vars(root)["async_support"] = _empty(_CLASSES)


def _empty(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ImportError(f"{name} is not installed", name=name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    return module
