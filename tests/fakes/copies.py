"""Messages that show questions, kept in memory; no platform is asked."""

from core.domain.replies import Reply


class FakeCopies:
    """Implements Copies; `trouble` is raised by every call to a destination that a test has put there.

    Attributes:
        shown: What each message shows now, by destination and name.
    """

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], Reply] = {}
        self.trouble: dict[str, list[Exception]] = {}

    async def send(self, destination: str, reply: Reply) -> str:
        self._fail(destination)
        message_ref = f"copy{len(self.shown) + 1}"
        self.shown[destination, message_ref] = reply
        return message_ref

    async def edit(self, destination: str, message_ref: str, reply: Reply) -> None:
        self._fail(destination)
        self.shown[destination, message_ref] = reply

    def _fail(self, destination: str) -> None:
        if troubles := self.trouble.get(destination):
            raise troubles.pop(0)
