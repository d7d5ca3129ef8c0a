"""What kinds of living messages there are, found in their folder; how they look is in handlers/cards."""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType

from core.domain.cards import Card
from core.domain.delivery import Alert
from core.domain.errors import Bug
from core.domain.replies import Reply
from handlers import cards
from handlers.card_sources import CardSources

RenderCard = Callable[[Card, Alert | None, CardSources], Awaitable[Reply | None]]
"""What a module of handlers/cards declares as `render`, for the kind that it declares as `KIND`."""


def find_cards(package: ModuleType = cards) -> Mapping[str, RenderCard]:
    """Return what every module of `package` declares as `render`, by its KIND.

    Raises:
        Bug: a module declares no kind or no renderer, or two declare the same kind.
    """
    found: dict[str, RenderCard] = {}
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        kind, render = getattr(module, "KIND", None), getattr(module, "render", None)
        if not isinstance(kind, str) or not callable(render):
            raise Bug(f"{module.__name__} declares no KIND with its render")
        if kind in found:
            raise Bug(f"{module.__name__}: another module renders the card {kind!r} already")
        found[kind] = render
    return found
