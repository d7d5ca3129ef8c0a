"""Files that come with replies, kept in one folder; what is in them is decided elsewhere."""

import asyncio
import re
import unicodedata
from pathlib import Path

from core.domain.replies import File

_LONGEST_NAME = 80
_MOST_NAMESAKES = 10_000


class Exports:
    """A folder that is made when the first file comes. No file in it is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def save(self, file: File) -> Path:
        """Keep `file` under its name, or under that name with a number, and return where.

        Raises:
            OSError: it cannot be written there.
        """
        return await asyncio.to_thread(self._write, safe_name(file.name), file.content)

    def _write(self, name: str, content: bytes) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem, suffix = Path(name).stem, Path(name).suffix
        for number in range(1, _MOST_NAMESAKES):
            path = self._folder / (name if number == 1 else f"{stem}-{number}{suffix}")
            try:
                # "x" takes the name and fails on any that is taken, a link included.
                with path.open("xb") as stream:
                    stream.write(content)
            except FileExistsError:
                continue
            return path
        raise FileExistsError(f"{self._folder} has too many files called {name}")


def safe_name(name: str) -> str:
    """Return `name` as one that stays in its folder, is no hidden file, and hides nothing from people."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).lstrip("._-")
    stem, suffix = Path(words).stem, Path(words).suffix[:12]
    return f"{stem[: _LONGEST_NAME - len(suffix)]}{suffix}" or "file"
