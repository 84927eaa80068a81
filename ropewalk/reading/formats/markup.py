"""HTML as text, links and form values; XML as records, one for each child of the root, with paths of element names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from ropewalk.errors import SourceError
from ropewalk.masking import is_data_key
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.text import decoded
from ropewalk.reading.nested import Many
from ropewalk.reading.rows import Rows

_PIECE = 1 << 18
_NODES = 200_000
_DEEP = 200
_SILENT = frozenset({"script", "style"})
_BLOCKS = frozenset("p div li tr td th h1 h2 h3 h4 h5 h6 br title table section article header footer dt dd pre option label".split())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[tuple[str, str]] = []
        self._held: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
        self._silent += tag in _SILENT
        for name, value in attrs:
            if value and name in {"href", "src", "action"} and not value.startswith(("#", "data:")):
                self.out.append(("link", value))
            elif value and name in {"value", "content", "alt", "title", "placeholder"}:
                self.out.append(("text" if name in {"alt", "title", "placeholder"} else name, value))

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(self._silent - (tag in _SILENT), 0)
        if tag in _BLOCKS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._held.append(data)

    def flush(self) -> None:
        text = " ".join("".join(self._held).split())
        if text:
            self.out.append(("text", text))
        self._held = []


def _page(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    page = _Page()
    for piece in pieces:
        page.feed(piece)
        yield from page.out
        page.out.clear()
    page.close()
    page.flush()
    yield from page.out


def html_text(pieces: Iterable[str]) -> Iterator[str]:
    """The texts of a page, block by block."""
    return (text for kind, text in _page(pieces) if kind == "text")


def html(blob: Blob, name: str) -> Rows:
    text = decoded(blob, name)
    return Rows({kind: value} for kind, value in _page(iter(lambda: text.read(_PIECE), "")))


def xml(blob: Blob) -> Rows:
    return Rows(_records(blob))


def _records(blob: Blob) -> Iterator[dict[str, Any]]:
    """Entities that multiply are refused by expat itself; an element of more than 200,000 parts is refused here."""
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    depth = nodes = 0
    root: Any = None
    try:
        while piece := blob.file.read(_PIECE):
            parser.feed(piece)
            for event, element in parser.read_events():
                if event == "start":
                    depth += 1
                    nodes += 1
                    root = element if root is None else root
                    if nodes > _NODES or depth > _DEEP:
                        raise SourceError("an XML element that is too large or too deep", where=blob.name, mend="split the document")
                    continue
                depth -= 1
                if depth == 1:
                    yield {_tag(root): {_tag(element): _value(element)}}
                    root.clear()
                    nodes = 0
        parser.close()
    except ElementTree.ParseError:
        raise SourceError("cut off or not whole XML; the rest was not read", where=blob.name, mend="check that the file is whole") from None
    if root is not None and root.text and root.text.strip():
        yield {_tag(root): root.text.strip()}


def _value(element: Any) -> Any:
    out: dict[str, Any] = {f"@{_plain(k)}" if not is_data_key(k) else "*": v for k, v in element.attrib.items()}
    for child in element:
        name, value = _tag(child), _value(child)
        held = out.get(name)
        out[name] = value if held is None else [*held, value] if isinstance(held, list) and not isinstance(held, Many) else [held, value]
    text = (element.text or "").strip()
    if not out:
        return text or None
    if text:
        out["text"] = text
    return out


def _tag(element: Any) -> str:
    name = _plain(str(element.tag))
    return "*" if is_data_key(name) else name


def _plain(name: str) -> str:
    return name.rpartition("}")[2]
