"""What a file is, told by its content; its name decides only where the content leaves it open."""

from __future__ import annotations

import math
import re
import zipfile
from collections import Counter
from dataclasses import dataclass

from ropewalk.reading.decompress import opener
from ropewalk.reading.formats import delimited, jsons
from ropewalk.reading.formats.blob import HEAD, Blob
from ropewalk.reading.formats.text import encoding

OWNER = "its owner must declare what it holds"
_TABLES = frozenset({"csv", "tsv", "tab", "psv"})
_PROSE = frozenset({"md", "rst", "log", "out", "err"})
_CIPHERS = (
    (b"age-encryption.org/v1", "age"), (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"), (b"-----BEGIN PGP MESSAGE-----", "openpgp"),
    (b"Salted__", "openssl"), (b"U2FsdGVkX1", "openssl"), (b"LUKS\xba\xbe", "luks"),
)  # fmt: skip
_OTHERS = (
    (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"), (b"II*\x00", "an image"), (b"MM\x00*", "an image"),
    (b"BM", "an image"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!", "a rar archive"), (b"\x7fELF", "a program"), (b"MZ", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"), (b"OggS", "sound"), (b"ID3", "sound"), (b"fLaC", "sound"), (b"RIFF", "sound or an image"),
    (b"wOFF", "a font"), (b"wOF2", "a font"), (b"\x1aE\xdf\xa3", "a video"), (b"\x00asm", "a program"), (b"\x80\x04\x95", "a Python pickle"),
)  # fmt: skip
_HOLDERS = frozenset({"a 7z archive", "a rar archive", "a Python pickle"})
"""Of those the ones that may hold data."""
_EXPORTED = (
    (b"LPKSHHRH", "a systemd journal", "export it: journalctl --file … -o export"),
    (b"ElfFile\x00", "a Windows event log", "export its events as XML or CSV"),
)
_HEADER = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{1,40}:[ \t][^\n]*\n(?:[ \t][^\n]*\n)*){3,}")
_MAIL = re.compile(rb"^(?:from|to|subject|received|message-id|mime-version|return-path|delivered-to):", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Kind:
    """format: delimited, jsonl, parquet, …; encoding of text; dialect of a table."""

    format: str
    encoding: str = ""
    dialect: delimited.Dialect | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file is not read. cipher: what encrypted it, `opaque` where only its bytes tell; "": nothing says that it is encrypted.

    no_data: it is empty, a picture, a program or the like.
    """

    reason: str
    mend: str = OWNER
    cipher: str = ""
    no_data: bool = False

    @property
    def lasting(self) -> bool:
        """Whether no scan will ever read it."""
        return self.no_data or bool(self.cipher)


def sniff(blob: Blob) -> Kind | Unread:
    """Leaves the stream at its start."""
    head = blob.head()
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        return Unread("empty" if not head.strip() else "nothing but zero bytes", "nothing to do, unless it should hold something", no_data=True)
    if (secret := _encrypted(head)) is not None:
        return secret
    if head.startswith(b"PAR1"):
        return Kind("parquet")
    if head.startswith(b"PARE"):
        return Unread("a Parquet file with an encrypted footer", OWNER, "parquet")
    if head.startswith(b"ORC"):
        return Kind("orc")
    if head.startswith(b"Obj\x01"):
        return Kind("avro")
    if head.startswith(b"%PDF") or b"%PDF-" in head[:1024]:
        return Kind("pdf")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(blob)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(blob)
    if len(head) > 262 and head[257:262] == b"ustar":
        return Kind("tar")
    name = encoding(head)
    if name is not None:
        return _text(blob, head, name)
    return no_text(head, blob.suffix)


def no_text(head: bytes, suffix: str = "") -> Unread:
    """Why bytes that are no text are not read, as far as the first of them tell."""
    if (secret := _encrypted(head)) is not None:
        return secret
    if head.startswith(b"SQLite format 3\x00"):
        return Unread("a SQLite database", "name it as a source of its own: sqlite:///…")
    if opener(head) is not None:
        return Unread("packed more than twice", "unpack it")
    if head[8:12] == b"DUCK":
        return Unread("a DuckDB database", "name it as a source of its own: duckdb:///…")
    for mark, what, mend in _EXPORTED:
        if head.startswith(mark):
            return Unread(f"not a known format ({what})", mend)
    for mark, what in _OTHERS:
        if head.startswith(mark):
            return Unread(f"not a known format ({what})", f"pictures, programs and the like are not read: {OWNER}", no_data=what not in _HOLDERS)
    if head[4:8] == b"ftyp":
        return Unread("not a known format (a video or an image)", no_data=True)
    if suffix in {"gpg", "pgp"} and _looks_random(head):
        return Unread("encrypted (openpgp)", OWNER, "openpgp")
    if _looks_random(head):
        return Unread("not a known format; its bytes look like ciphertext", OWNER, "opaque")
    return Unread("not a known format", f"save it as CSV, JSON or Parquet, or exclude it: {OWNER}")


def _encrypted(head: bytes) -> Unread | None:
    return next((Unread(f"encrypted ({cipher})", OWNER, cipher) for mark, cipher in _CIPHERS if head.startswith(mark)), None)


def _packed(blob: Blob) -> Kind | Unread:
    try:
        archive = zipfile.ZipFile(blob.file)
        names = {i.filename for i in archive.infolist()[:5_000]}
        first = archive.infolist()[:1]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        blob.file.seek(0)
        return Unread("a damaged zip archive or workbook", "check that the file is whole")
    finally:
        blob.file.seek(0)
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return Kind("sheets")
    if "word/document.xml" in names:
        return Kind("docx")
    if "ppt/presentation.xml" in names:
        return Kind("pptx")
    if "mimetype" in names and "content.xml" in names and blob.suffix in {"ods", "fods"}:
        return Kind("sheets")
    if not first:
        return Unread("empty", "nothing to do, unless it should hold something", no_data=True)
    return Kind("zip")


def _compound(blob: Blob) -> Kind | Unread:
    data = blob.file.read(2**22)
    blob.file.seek(0)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Unread("an encrypted office document", OWNER, "office")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return Kind("sheets")
    return Unread("not a known format (an old office document)", "save it as docx, xlsx or PDF")


def _text(blob: Blob, head: bytes, name: str) -> Kind | Unread:
    text = head.decode(name, "replace")
    if len(head) >= HEAD:
        text = text[:-1]
    start = text.lstrip("\ufeff \t\r\n")
    low = start[:512].lower()
    suffix = blob.suffix
    if start[:1] in "{[" and start and _jsonish(start, suffix):
        return Kind("jsonl" if jsons.is_lines(start, suffix) else "json", name)
    if low.startswith(("<!doctype html", "<html")) or (suffix in {"html", "htm"} and "<" in low):
        return Kind("html", name)
    if low.startswith("<?xml") or (suffix == "xml" and low.startswith("<")) or re.match(r"<([a-z][\w:.-]*)[ >/]", low):
        return Kind("html" if "<html" in low else "xml", name)
    if head.startswith(b"From ") and _MAIL.search(head[:8192]):
        return Kind("mbox", name)
    if (
        suffix != "log"
        and _HEADER.match(head[:16384].replace(b"\r\n", b"\n"))
        and len({m.group(0).lower() for m in _MAIL.finditer(head[:8192])}) >= 2
    ):
        return Kind("eml", name)
    if suffix not in _PROSE and (dialect := delimited.sniff(text if len(head) >= HEAD else text + "\n", sure=suffix in _TABLES)):
        return Kind("delimited", name, dialect)
    return Kind("text", name)


def _jsonish(start: str, suffix: str) -> bool:
    return suffix in {"json", "jsonl", "ndjson"} or bool(re.match(r'\{\s*(?:"|\})|\[\s*(?:[\[{"\d\]-]|true|false|null)', start))


def _looks_random(head: bytes) -> bool:
    """Whether the bytes are as evenly spread as ciphertext's: entropy near what so many random bytes show."""
    count = len(head)
    if count < 256:
        return False
    entropy = -sum(n / count * math.log2(n / count) for n in Counter(head).values())
    return entropy > 8 - 255 / (2 * count * math.log(2)) - 0.1
