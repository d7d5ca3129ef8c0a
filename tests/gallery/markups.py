"""Reads what a platform was sent (Telegram HTML, Slack blocks, rich documents) into bubbles to draw."""

import io
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from rich.console import Console, RenderableType
from rich.style import Style

from tests.gallery.paint import Bubble, Run

_STYLES = {"b": "b", "i": "i", "code": "m", "pre": "m"}


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[Run]] = [[]]
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "pre" and self.lines[-1]:
            self.lines.append([])
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        style = _STYLES.get(self._open[-1], "") if self._open else ""
        first, *rest = data.split("\n")
        self.lines[-1].append(Run(first, style))
        self.lines += [[Run(text, style)] for text in rest]


def from_telegram(html: str, keys: Sequence[Sequence[str]], caption: str = "") -> Bubble:
    """Return a Telegram message; `keys` are the labels of its buttons by row."""
    parser = _Html()
    parser.feed(html)
    return Bubble(parser.lines, [[(label, False) for label in row] for row in keys], caption)


def from_slack(blocks: Sequence[Mapping[str, Any]], caption: str = "") -> Bubble:
    """Return a Slack message from its blocks."""
    bubble = Bubble([], [], caption)
    for block in blocks:
        kind = block["type"]
        if kind == "actions":
            bubble.keys.append([_element(element) for element in block["elements"]])
        elif kind == "header":
            bubble.lines.append([Run(block["text"]["text"], "b")])
        elif kind == "context":
            bubble.lines += [[Run(_plain(item["text"]), "i", "#616061")] for item in block["elements"]]
        elif kind == "divider":
            bubble.lines.append([Run("─" * 30, "", "#cccccc")])
        else:
            bubble.lines += _section(block)
    return bubble


def _element(element: Mapping[str, Any]) -> tuple[str, bool]:
    if element["type"] == "static_select":
        return f"{element['placeholder']['text']} ▾", False
    return element["text"]["text"], element.get("style") == "danger"


def _section(block: Mapping[str, Any]) -> Iterator[list[Run]]:
    if "text" in block:
        yield from _mrkdwn(block["text"]["text"])
    for item in block.get("fields", ()):
        name, _, value = item["text"].partition("\n")
        yield [Run(f"{_plain(name).strip('*')}  ", "b"), Run(_plain(value))]


def _mrkdwn(text: str) -> Iterator[list[Run]]:
    for index, part in enumerate(text.split("```")):
        style = "m" if index % 2 else ""
        for line in part.strip("\n").split("\n"):
            if line or not index % 2:
                yield [Run(_plain(line), style)]


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u200b", "")


def from_terminal(document: RenderableType, caption: str = "") -> Bubble:
    """Return what a terminal of 46 columns shows."""
    console = Console(file=io.StringIO(), force_terminal=True, width=46, color_system="truecolor")
    lines = [
        [Run(segment.text, "m", _colour(segment.style)) for segment in segments if segment.text]
        for segments in console.render_lines(document, pad=False)
    ]
    return Bubble(lines, [], caption)


def _colour(style: Style | None) -> str | None:
    if style is None or style.color is None:
        return "#888888" if style is not None and style.dim else None
    return style.color.get_truecolor().hex
