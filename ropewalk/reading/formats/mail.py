"""E-mails (eml) and mailboxes (mbox): who, to whom, about what, the text, names of attachments and their text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from ropewalk.errors import SourceError
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.markup import html_text
from ropewalk.reading.formats.text import paragraphs
from ropewalk.reading.gather import as_text
from ropewalk.reading.rows import Reading, Rows

_HEADERS = (
    "from to cc bcc reply-to sender subject return-path delivered-to envelope-to errors-to received x-received x-original-to x-forwarded-to "
    "x-forwarded-for x-originating-ip x-sender-ip x-envelope-from resent-from resent-to disposition-notification-to x-original-from"
).split()
_MESSAGE = 64 * 2**20
_PARTS = 500
_ATTACHED = 1_000
"""Rows drawn of an attached file."""
_PROSE = frozenset({"plain", "html", "enriched", "markdown"})


def read(blob: Blob, reading: Reading, *, box: bool) -> Rows:
    return Rows(row for message in (_split(blob) if box else _one(blob)) for row in _rows(message, reading))


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


def _rows(raw: bytes, reading: Reading) -> Iterator[dict[str, Any]]:
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    head = _head(message)
    names: list[str] = []
    texts: list[str] = []
    files: list[tuple[str, bytes]] = []
    for count, part in enumerate(message.walk()):
        if count > _PARTS:
            reading.problem(f"a message of more than {_PARTS} parts; the rest was not looked at", "save its attachments beside it")
            break
        if filename := part.get_filename():
            names.append(str(filename))
        if part is not message and part.get_content_type() == "message/rfc822":
            yield from (_head(inner) for inner in part.get_payload() if isinstance(inner, EmailMessage))
        elif part.get_content_maintype() == "text" and not (filename and part.get_content_subtype() not in _PROSE):
            texts += _body(part)
        elif not part.is_multipart() and isinstance(data := part.get_payload(decode=True), bytes) and data:
            files.append((str(filename or part.get_content_type()), data))
    if names:
        head["attachment"] = names
    yield {**head, **({"text": texts[0]} if texts else {})}
    yield from ({"text": t} for t in texts[1:])
    for name, data in files:
        yield from _attached(name, data, reading)


def _head(message: Any) -> dict[str, Any]:
    head: dict[str, Any] = {}
    for name in _HEADERS:
        try:
            values = [str(v) for v in message.get_all(name, [])]
        except Exception:  # hostile headers break the parser in many ways
            values = []
        if values:
            head[name] = values[0] if len(values) == 1 else values
    return head


def _attached(name: str, data: bytes, reading: Reading) -> Iterator[dict[str, Any]]:
    """The rows of an attached file, below `attached`; what cannot be read is told."""
    from ropewalk.reading.formats import Unread, read, sheets, sniff

    blob = Blob(io.BytesIO(data), name.rpartition("/")[2])
    inner = Reading(_ATTACHED, reading.limits, reading.random)
    try:
        kind = sniff(blob)
        if isinstance(kind, Unread):
            reading.problem(f"attachments that were not read: {kind.reason}", kind.mend)
            return
        if kind.format in {"zip", "tar", "eml", "mbox"}:
            reading.problem(f"attachments that were not read: {kind.format}", "save them beside the message")
            return
        for sheet in sheets.names(blob, reading.limits.expanded_bytes) if kind.format == "sheets" else [""]:
            blob.file.seek(0)
            for chunk in read(blob, inner, sheet):
                for place in range(chunk.rows):
                    row = {".".join(p for p in path if p != "[]"): cells[place] for path, cells in chunk.columns.items() if cells[place] is not None}
                    if row:
                        yield {"attached": {k: v if isinstance(v, (dict, list, str, bytes)) else as_text(v) for k, v in row.items()}}
    except SourceError as error:
        inner.problem(error.what, error.mend)
    for reason, mend in inner.problems:
        reading.problem(f"attachments that were not read to their end: {reason}", mend)


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
