"""Draws chat messages as pictures for people to look at; what is in them comes from the platforms' own markup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

EMOJI_FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
SIZE, LINE, PAD = 26, 36, 24
_FILES = {"": "DejaVuSans", "b": "DejaVuSans-Bold", "i": "DejaVuSans-Oblique", "m": "DejaVuSansMono"}


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one platform."""

    page: str
    bubble: str
    ink: str
    dim: str
    key: str
    danger: str


TELEGRAM = Theme(page="#0e1621", bubble="#182533", ink="#f5f5f5", dim="#7f91a4", key="#2b3e52", danger="#2b3e52")
SLACK = Theme(page="#ffffff", bubble="#ffffff", ink="#1d1c1d", dim="#616061", key="#f0f0f0", danger="#e01e5a")
TERMINAL = Theme(page="#111111", bubble="#111111", ink="#dddddd", dim="#888888", key="#333333", danger="#333333")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style: b, i, m (monospace) or none; a colour of its own or the theme's."""

    text: str
    style: str = ""
    colour: str | None = None


@dataclass(slots=True)
class Bubble:
    """One message: lines of runs, rows of buttons (label, is it dangerous), and what it is called."""

    lines: list[list[Run]]
    keys: list[list[tuple[str, bool]]] = field(default_factory=list)
    caption: str = ""


def paint(bubbles: Sequence[Bubble], theme: Theme, path: Path, width: int = 720) -> None:
    """Draw messages below one another and write a PNG."""
    images = [_draw(bubble, theme, width) for bubble in bubbles]
    page = Image.new("RGB", (width, sum(image.height for image in images) + PAD), theme.page)
    top = PAD // 2
    for image in images:
        page.paste(image, (0, top))
        top += image.height
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path, optimize=True)


def _draw(bubble: Bubble, theme: Theme, width: int) -> Image.Image:
    room = width - 4 * PAD
    lines = [part for line in bubble.lines for part in _wrap(line, room)]
    caption = LINE if bubble.caption else 0
    height = caption + PAD + len(lines) * LINE + len(bubble.keys) * (LINE + 26) + 2 * PAD
    image = Image.new("RGB", (width, height), theme.page)
    draw = ImageDraw.Draw(image)
    if bubble.caption:
        draw.text((PAD, 4), bubble.caption, fill=theme.dim, font=_font("i", 20))
    bottom = caption + PAD + len(lines) * LINE + 8
    draw.rounded_rectangle((PAD, caption + 8, width - PAD, bottom), 16, fill=theme.bubble)
    top = caption + PAD - 4
    for line in lines:
        _write(image, draw, (2 * PAD, top), line, theme)
        top += LINE
    top = bottom + 8
    for row in bubble.keys:
        _draw_keys(image, draw, row, theme, top)
        top += LINE + 26
    return image


def _draw_keys(
    image: Image.Image, draw: ImageDraw.ImageDraw, row: Sequence[tuple[str, bool]], theme: Theme, top: int
) -> None:
    each = (image.width - 2 * PAD) / len(row)
    for index, (label, is_danger) in enumerate(row):
        left = PAD + index * each
        colour = theme.danger if is_danger else theme.key
        draw.rounded_rectangle((left + 4, top, left + each - 4, top + LINE + 16), 12, fill=colour)
        runs = [Run(_cut(label, each - 24))]
        wide = sum(_width(run) for run in runs)
        ink = "#ffffff" if is_danger and theme is SLACK else theme.ink
        _write(image, draw, (int(left + (each - wide) / 2), top + 9), [Run(r.text, r.style, ink) for r in runs], theme)


def _cut(label: str, room: float) -> str:
    while label and _width(Run(label)) > room:
        label = label[:-2] + "…"
    return label


def _write(
    image: Image.Image, draw: ImageDraw.ImageDraw, at: tuple[int, int], runs: Sequence[Run], theme: Theme
) -> None:
    left, top = float(at[0]), at[1]
    for run in runs:
        for text, is_emoji in _pieces(run.text):
            if is_emoji:
                _stamp(image, (int(left), top + 2), text)
            else:
                draw.text((left, top), text, fill=run.colour or theme.ink, font=_font(run.style, SIZE))
            left += _piece_width(text, run.style, is_emoji=is_emoji)


def _stamp(image: Image.Image, at: tuple[int, int], text: str) -> None:
    glyph = Image.new("RGBA", (136, 128), (0, 0, 0, 0))
    font = ImageFont.truetype(EMOJI_FONT, 109)
    ImageDraw.Draw(glyph).text((0, 0), text[0], font=font, embedded_color=True)
    glyph = glyph.resize((30, 28))
    image.paste(glyph, at, glyph)


def _wrap(line: Sequence[Run], room: float) -> Iterator[list[Run]]:
    """Break a line between words where it is too wide, as a phone does."""
    current: list[Run] = []
    used = 0.0
    for run in line:
        for word in run.text.replace(" ", " \0").split("\0"):
            piece = Run(word, run.style, run.colour)
            wide = _width(piece)
            if used + wide > room and current:
                yield current
                current, used = [], 0.0
            current.append(piece)
            used += wide
    yield current


def _width(run: Run) -> float:
    return sum(_piece_width(text, run.style, is_emoji=is_emoji) for text, is_emoji in _pieces(run.text))


def _piece_width(text: str, style: str, *, is_emoji: bool) -> float:
    return 32.0 if is_emoji else _font(style, SIZE).getlength(text)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    plain = ""
    for char in text:
        if _is_emoji(char):
            if plain:
                yield plain, False
            yield char, True
            plain = ""
        elif char != "\ufe0f":
            plain += char
    if plain:
        yield plain, False


def _is_emoji(char: str) -> bool:
    is_one = 0x1F300 <= ord(char) <= 0x1FAFF or char in "⚠✅❌❗⏳⏸▶⏱⌛"
    return is_one and EMOJI_FONT.exists()


@cache
def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"{_FILES[style]}.ttf", size)
