"""HTML as text, links and form values; XML as records, one for each child of the root, with paths of element names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from ropewalk.errors import SourceError
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.text import decoded, encoding
from ropewalk.reading.nested import Many
from ropewalk.reading.rows import Rows

_PIECE = 1 << 18
_NODES = 200_000
_DEEP = 200
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding=["']([\w.:-]+)""")
_BEYOND_EXPAT = ("shift", "sjis", "euc", "gb", "big5", "iso-2022", "windows-31j", "cp9", "ks_c")
_SILENT = frozenset({"script", "style"})
_BLOCKS = frozenset("p div li tr td th h1 h2 h3 h4 h5 h6 br title table section article header footer dt dd pre option label".split())


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[tuple[str, str]] = []
        self._held: list[str] = []
        self._silent = 0
        self._data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
        self._silent += tag in _SILENT
        if tag == "script" and "json" in (dict(attrs).get("type") or "").lower():
            self._data = "script"
        for name, value in attrs:
            if value and name in {"href", "src", "action"} and not value.startswith(("#", "data:")):
                self.out.append(("link", value))
            elif value and name in {"value", "content", "alt", "title", "placeholder"}:
                self.out.append(("text" if name in {"alt", "title", "placeholder"} else name, value))

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(self._silent - (tag in _SILENT), 0)
        if self._data and tag == "script":
            self.flush(self._data)
            self._data = ""
        if tag in _BLOCKS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._silent or self._data:
            self._held.append(data)

    def handle_comment(self, data: str) -> None:
        if data.strip():
            self.out.append(("comment", data.strip()))

    def flush(self, kind: str = "text") -> None:
        text = " ".join("".join(self._held).split())
        if text:
            self.out.append((kind, text))
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
    declared = _DECLARED.match(blob.head(200))
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    foreign = codecs.getincrementaldecoder(name)("replace") if name.startswith(_BEYOND_EXPAT) and _known(name) else None
    parser: Any = ElementTree.XMLPullParser(("start", "end"))
    depth = nodes = 0
    root: Any = None
    before: Any = None
    try:
        while piece := blob.file.read(_PIECE):
            parser.feed(piece if foreign is None else foreign.decode(piece))
            for event, element in parser.read_events():
                if event == "start":
                    depth += 1
                    nodes += 1
                    if root is None:
                        root = element
                        if attributes := _attributes(root):
                            yield {_tag(root): attributes}
                    if nodes > _NODES or depth > _DEEP:
                        raise SourceError("an XML element that is too large or too deep", where=blob.name, mend="split the document")
                    continue
                depth -= 1
                if depth == 1:
                    yield from _after(root, before)
                    yield {_tag(root): {_tag(element): _value(element)}}
                    before = element
                    root.clear()
                    nodes = 0
        parser.close()
    except ElementTree.ParseError:
        if before is None:  # nothing came of it as XML: its text is still looked at
            blob.file.seek(0)
            yield from html(blob, encoding(blob.head()) or "utf-8").rows
            raise SourceError("not whole XML: looked at as text", where=blob.name, mend="check that the file is whole") from None
        raise SourceError("cut off or not whole XML; the rest was not read", where=blob.name, mend="check that the file is whole") from None
    yield from _after(root, before)
    if root is not None and root.text and root.text.strip():
        yield {_tag(root): root.text.strip()}


def _after(root: Any, element: Any) -> Iterator[dict[str, Any]]:
    """The text between an element and the next."""
    if element is not None and element.tail and element.tail.strip():
        yield {_tag(root): {"text": element.tail.strip()}}


def _known(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


def _attributes(element: Any) -> dict[str, Any]:
    return {f"@{_plain(k)}": v for k, v in element.attrib.items()}


def _value(element: Any) -> Any:
    out = _attributes(element)
    texts = [element.text]
    for child in element:
        name, value = _tag(child), _value(child)
        held = out.get(name)
        out[name] = value if held is None else [*held, value] if isinstance(held, list) and not isinstance(held, Many) else [held, value]
        texts.append(child.tail)
    text = " ".join(t.strip() for t in texts if t and t.strip())
    if not out:
        return text or None
    if text:
        out["text"] = text
    return out


def _tag(element: Any) -> str:
    return _plain(str(element.tag))


def _plain(name: str) -> str:
    return name.rpartition("}")[2]
