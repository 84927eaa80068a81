"""Formats of files: told by content, read as chunks of columns. One module a family; nothing here knows where a file lies."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.reading.formats import avro, columnar, delimited, documents, jsons, mail, markup, sheets, text
from ropewalk.reading.formats.blob import Blob
from ropewalk.reading.formats.sniff import Kind, Unread, sniff
from ropewalk.reading.rows import Chunk, Reading, Rows, chunks

__all__ = ["Blob", "Kind", "Unread", "read", "sheets", "sniff"]


def read(blob: Blob, reading: Reading, sheet: str = "") -> Iterator[Chunk]:
    """The rows of one file, drawn or all of them. What cannot be read is in `reading.problems`; only a missing extra raises."""
    try:
        kind = sniff(blob)
        if isinstance(kind, Unread):
            reading.problem(kind.reason, kind.mend)
            return
        if kind.format in {"parquet", "orc"}:
            yield from (columnar.parquet if kind.format == "parquet" else columnar.orc)(blob, reading)
        else:
            yield from chunks(_rows(blob, kind, reading, sheet), reading)
    except (GeneratorExit, KeyboardInterrupt, SystemExit, MissingExtraError):
        raise
    except SourceError as error:
        reading.method = "head"
        reading.problem(error.what, error.mend)
    except BaseException as error:  # a library met bytes that nobody thought of; panics of Rust are no Exceptions
        reading.method = "head"
        reading.problem(f"cannot be read as what it looks like ({type(error).__name__})", "check that the file is whole")


def _rows(blob: Blob, kind: Kind, reading: Reading, sheet: str) -> Rows:
    match kind.format:
        case "delimited" if kind.dialect is not None:
            return delimited.read(blob, kind.encoding, kind.dialect, reading)
        case "jsonl":
            return jsons.read_lines(blob, kind.encoding, reading)
        case "json":
            return jsons.read(blob, kind.encoding, reading)
        case "avro":
            return avro.read(blob)
        case "sheets":
            return sheets.read(blob, sheet, reading)
        case "docx":
            return documents.docx(blob, reading)
        case "pptx":
            return documents.pptx(blob, reading)
        case "pdf":
            return documents.pdf(blob, reading)
        case "eml" | "mbox":
            return mail.read(blob, reading, box=kind.format == "mbox")
        case "html":
            return markup.html(blob, kind.encoding)
        case "xml":
            return markup.xml(blob)
        case "text":
            return text.read(blob, kind.encoding, reading)
    raise SourceError(f"a {kind.format} inside of what was no archive when it was listed", where=blob.name, mend="scan again")
