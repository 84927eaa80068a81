"""Word, PowerPoint and PDF documents: text, tables with their headers, headers and footers, core properties."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.naming import NAMED, told
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.delimited import looks_like_header, named
from ropewalk.reading.rows import Reading, Rows

_WHOLE = 128 * 2**20
_TEXT = 32 * 2**20
"""Bytes of unpacked XML, of which each costs some twenty in RAM."""
_PAGES = 2_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ASIDE = re.compile(r"/word/(header|footer|comments|footnotes|endnotes)\d*\.xml")
_SLIDE_ASIDE = re.compile(r"/ppt/(comments|commentAuthors|diagrams|charts)(?:/(?:modernComment|comment|data|chart)\w*)?\.xml")
_CORE = ("author", "last_modified_by", "title", "subject", "keywords", "comments", "category")


def docx(blob: Blob, reading: Reading) -> Rows:
    try:
        import docx as word
    except ImportError:
        raise MissingExtraError("Word documents need a package", extra="documents", where=blob.name) from None
    return Rows(_word(word.Document(_packed(blob, reading))))


def pptx(blob: Blob, reading: Reading) -> Rows:
    try:
        import pptx as slides
    except ImportError:
        raise MissingExtraError("presentations need a package", extra="documents", where=blob.name) from None
    return Rows(_slides(slides.Presentation(_packed(blob, reading))))


def pdf(blob: Blob, reading: Reading) -> Rows:
    try:
        import pypdf
    except ImportError:
        raise MissingExtraError("PDF needs a package", extra="documents", where=blob.name) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings may quote what it reads
    file = pypdf.PdfReader(io.BytesIO(_whole(blob)), strict=False)
    if file.is_encrypted and not file.decrypt(""):
        raise SourceError("an encrypted PDF", where=blob.name, mend="its owner must declare what it holds")
    return Rows(_pages(file, reading))


def origin(blob: Blob, expanded: int) -> str:
    """The category of an office document's core properties where it names an origin (`origin: amazon-sp-api`), or nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(_whole(blob))) as packed:
            info = packed.getinfo("docProps/core.xml")
            text = packed.read(info).decode("utf-8", "replace") if info.file_size < min(expanded, 2**20) else ""
    except (KeyError, zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        return ""
    found = re.search(r">\s*origin\s*[:=]\s*([A-Za-z0-9._-]{2,40})\s*[<;,]", text)
    return found[1] if found else ""


def _word(document: Any) -> Iterator[dict[str, Any]]:
    """The body with text boxes and tracked changes, tables also inside of tables, then headers, footers, comments and notes."""
    from docx.table import Table

    yield _core(document.core_properties)
    body = document.element.body
    for paragraph in body.iter(f"{_W}p"):
        inside = next((e.tag for e in paragraph.iterancestors(f"{_W}tc", f"{_W}txbxContent")), "")
        if inside != f"{_W}tc" and (text := _run(paragraph)):
            yield {"text": text}
    for table in body.iter(f"{_W}tbl"):
        yield from _table([[c.text for c in row.cells] for row in Table(table, document).rows])
    for part in document.part.package.iter_parts():
        if found := _ASIDE.fullmatch(str(part.partname)):
            yield from _aside(part.blob, "header" if found[1] in {"header", "footer"} else found[1].rstrip("s"))


def _run(paragraph: Any) -> str:
    """The text of a paragraph, inserted and deleted text of tracked changes too, without that of the text boxes in it."""
    tags = (f"{_W}t", f"{_W}delText", f"{_W}tab", f"{_W}br")
    own = (e for e in paragraph.iter(*tags) if next(e.iterancestors(f"{_W}p"), None) is paragraph)
    return "".join(e.text or " " for e in own).strip()


def _aside(raw: bytes, name: str) -> Iterator[dict[str, Any]]:
    """Paragraphs of a part beside the body, and who wrote a comment."""
    for element in ElementTree.fromstring(raw).iter():  # noqa: S314 - expat refuses entities that multiply, and the size is bounded
        tag = _local(element.tag)
        if tag in {"p", "cm"} and (text := "".join(e.text or "" for e in element.iter() if _local(e.tag) in {"t", "delText", "text"}).strip()):
            yield {name: text}
        if tag.startswith(("comment", "cmAuthor")):
            yield from ({f"{name}_by": value} for key, value in element.attrib.items() if _local(key) in {"author", "name"} and value)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _slides(deck: Any) -> Iterator[dict[str, Any]]:
    yield _core(deck.core_properties)
    for slide in deck.slides:
        yield from _shapes(slide.shapes)
        if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None and frame.text.strip():
            yield {"notes": frame.text}
    for part in deck.part.package.iter_parts():
        if found := _SLIDE_ASIDE.fullmatch(str(part.partname)):
            yield from _aside(part.blob, "comment" if found[1].startswith("comment") else "text")


def _shapes(shapes: Any) -> Iterator[dict[str, Any]]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _shapes(shape.shapes)
            continue
        if shape.has_text_frame and shape.text_frame.text.strip():
            yield {"text": shape.text_frame.text}
        if shape.has_table:
            yield from _table([[c.text for c in row.cells] for row in shape.table.rows])


def _pages(file: Any, reading: Reading) -> Iterator[dict[str, Any]]:
    meta = file.metadata or {}
    yield {"properties": {k.strip("/").lower(): str(v) for k, v in meta.items() if isinstance(k, str)}}
    for name, field in list((file.get_fields() or {}).items())[:500]:
        if field.get("/V") is not None:
            yield {"form": {str(name): str(field.get("/V"))}}
    if names := list(file.attachments):
        reading.problem(f"{len(names)} files are attached to it and were not read", "save them beside the document")
    pictures = 0
    for count, page in enumerate(file.pages):
        if count >= _PAGES:
            reading.problem(f"only the first {_PAGES} pages were read", "split the document")
            return
        text = page.extract_text()
        pictures += not text.strip() and "/XObject" in (page.get("/Resources") or {})
        yield from ({"text": t} for t in text.split("\n\n") if t.strip())
        for mark in page.get("/Annots") or ():
            note = mark.get_object()
            yield from ({name: str(note[key])} for name, key in (("comment", "/Contents"), ("comment_by", "/T")) if note.get(key))
    if pictures:
        reading.problem(f"{pictures} pages hold pictures and no text; pictures are not read", "its owner must declare what they show")


def _core(properties: Any) -> dict[str, Any]:
    return {"properties": {name: str(value) for name in _CORE if (value := getattr(properties, name, None))}}


def _table(rows: list[list[str]]) -> Iterator[dict[str, Any]]:
    if not rows:
        return
    head = looks_like_header(rows)
    names = named(rows[0] if head else None, max(map(len, rows)))
    if head and (found := told(*rows[0])):
        yield {NAMED: list(found)}
    for row in rows[1:] if head else rows:
        yield {"table": {name[0]: cell for name, cell in zip(names, row, strict=False) if cell.strip()}}


def _packed(blob: Blob, reading: Reading) -> io.BytesIO:
    data = _whole(blob)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(i.file_size for i in packed.infolist())
            text = sum(i.file_size for i in packed.infolist() if i.filename.lower().endswith((".xml", ".rels")))
    except zipfile.BadZipFile:
        raise SourceError("a damaged document", where=blob.name, mend="open it and save it again") from None
    if size > min(reading.limits.expanded_bytes, 4 * _WHOLE):
        raise SourceError("expands beyond limits.expanded_bytes", where=blob.name, mend="raise the limit if the file can be trusted")
    if text > _TEXT:
        raise SourceError(f"a document with more than {_TEXT // 2**20} MiB of text and markup", where=blob.name, mend="split it")
    return io.BytesIO(data)


def _whole(blob: Blob) -> bytes:
    data = blob.file.read(_WHOLE + 1)
    if len(data) > _WHOLE:
        raise SourceError("a document of more than 128 MiB", where=blob.name, mend="split it")
    return data
