"""E-mails (eml) and mailboxes (mbox): who, to whom, about what, the text, names of attachments and their text."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from ropewalk.errors import SourceError
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.markup import html_text
from ropewalk.reading.formats.text import paragraphs
from ropewalk.reading.rows import Rows

_HEADERS = ("from", "to", "cc", "bcc", "reply-to", "sender", "subject", "x-originating-ip")
_MESSAGE = 64 * 2**20
_PARTS = 500


def read(blob: Blob, *, box: bool) -> Rows:
    return Rows(row for message in (_split(blob) if box else _one(blob)) for row in _rows(message))


def _one(blob: Blob) -> Iterator[bytes]:
    data = blob.file.read(_MESSAGE + 1)
    if len(data) > _MESSAGE:
        raise SourceError("a message of more than 64 MiB", where=blob.name)
    yield data


def _split(blob: Blob) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    while line := blob.file.readline(2**20):
        if line.startswith(b"From ") and held and held[-1].strip() == b"":
            yield b"".join(held)
            held, size = [], 0
        if size < _MESSAGE:
            held.append(line)
            size += len(line)
    if held:
        yield b"".join(held)


def _rows(raw: bytes) -> Iterator[dict[str, Any]]:
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    head: dict[str, Any] = {}
    for name in _HEADERS:
        try:
            values = [str(v) for v in message.get_all(name, [])]
        except Exception:  # hostile headers break the parser in many ways
            values = []
        if values:
            head[name] = values[0] if len(values) == 1 else values
    names: list[str] = []
    texts: list[str] = []
    for count, part in enumerate(message.walk()):
        if count > _PARTS:
            break
        if filename := part.get_filename():
            names.append(str(filename))
        if part.get_content_maintype() == "text":
            texts += _body(part)
    if names:
        head["attachment"] = names
    yield {**head, **({"text": texts[0]} if texts else {})}
    yield from ({"text": t} for t in texts[1:])


def _body(part: Any) -> list[str]:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return []
    try:
        text = data.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    if part.get_content_subtype() == "html":
        return list(html_text([text]))
    return list(paragraphs(text.splitlines()))
