"""How the Bot API server says no. Why it does is decided elsewhere."""

from typing import Any


class Refusal(Exception):  # noqa: N818 - what the server says no with
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters
