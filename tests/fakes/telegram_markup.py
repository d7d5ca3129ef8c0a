"""HTML as the Bot API takes it, strictly: allowed tags, nesting, entities. Messages are kept elsewhere."""

import re

_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote", "tg-spoiler", "a"}
_TOKEN = re.compile(r"<(/?)([^<>\s/]*)((?:\s[^<>]*)?)>|&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);|[<>&]")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ATTRIBUTES = {
    "a": re.compile(r'\s+href="[^"]+"'),
    "blockquote": re.compile(r"(\s+expandable)?"),
    "code": re.compile(r'(\s+class="language-[\w+-]+")?'),
}


class MarkupRefused(Exception):  # noqa: N818 - as the server words it
    """The text cannot be parsed."""


def parse_html(html: str) -> str:
    """Return what a phone shows of `html`.

    Stricter than the real server in one thing: a bare ampersand or closing bracket is refused, for it means that
    somebody forgot to escape.
    """
    shown: list[str] = []
    open_tags: list[str] = []
    position = 0
    for token in _TOKEN.finditer(html):
        shown.append(html[position : token.start()])
        position = token.end()
        slash, tag, attributes, entity = token.groups()
        if entity is not None:
            shown.append(_character(entity))
        elif tag is None:
            raise MarkupRefused(f"can't parse entities: unescaped {token.group()!r} at offset {token.start()}")
        elif slash:
            _close(tag, open_tags, token.start())
        else:
            _open(tag, attributes, open_tags, token.start())
    if open_tags:
        raise MarkupRefused(f"can't parse entities: can't find end tag corresponding to start tag \"{open_tags[-1]}\"")
    shown.append(html[position:])
    return "".join(shown)


def _character(entity: str) -> str:
    if entity.startswith("#"):
        return chr(int(entity[1:]) if entity[1] != "x" else int(f"0{entity[1:]}", 0))
    if entity not in _NAMED:
        raise MarkupRefused(f"can't parse entities: unsupported entity &{entity};")
    return _NAMED[entity]


def _open(tag: str, attributes: str, open_tags: list[str], offset: int) -> None:
    if tag not in _TAGS:
        raise MarkupRefused(f'can\'t parse entities: unsupported start tag "{tag}" at byte offset {offset}')
    if not _ATTRIBUTES.get(tag, re.compile("")).fullmatch(attributes):
        raise MarkupRefused(f'can\'t parse entities: attributes of "{tag}" at byte offset {offset}')
    inside = set(open_tags)
    is_code_in_pre = tag == "code" and open_tags == ["pre"]
    if tag in inside or (inside & {"pre", "code"} and not is_code_in_pre):
        raise MarkupRefused(f'can\'t parse entities: "{tag}" inside {open_tags} at byte offset {offset}')
    open_tags.append(tag)


def _close(tag: str, open_tags: list[str], offset: int) -> None:
    if not open_tags or open_tags.pop() != tag:
        raise MarkupRefused(f'can\'t parse entities: unexpected end tag "{tag}" at byte offset {offset}')
