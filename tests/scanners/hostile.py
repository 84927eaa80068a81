"""A folder of everything that files do to a reader: each item is here to be reported, none to crash or to fill the memory."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import random
import socket
import stat
import tarfile
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import docx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf

ROWS = "".join(f"{n},ann{n}@example.com,Lisbon\n" for n in range(500))
TABLE = f"id,email,city\n{ROWS}"


def plant(folder: Path) -> set[str]:
    """Writes the corpus; returns the names (as patterns of what is listed) that must be reported."""
    files: dict[str, bytes] = {
        "zero.csv": b"",
        "nul.bin": bytes(5000),
        "random.dat": random.Random(7).randbytes(20_000),
        "age.age": b"age-encryption.org/v1\n-> X25519 abc\n" + random.Random(1).randbytes(500),
        "salted.enc": b"Salted__" + random.Random(2).randbytes(500),
        "letter.asc": b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n",
        "picture.csv": b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(900),
        "really_csv.parquet": TABLE.encode(),
        "really_json.csv": json.dumps([{"email": "ann@example.com"}] * 5).encode(),
        "not_really.parquet": b"PAR1 Ann Lee PAR1",
        "not_really.xlsx": b"PK Ann Lee",
        "not_really.pdf": b"%PDF-1.7\nnothing",
        "cut.jsonl": b'{"a": "x"}\n{"a": "y"}\n{"a": ',
        "cut.json": b'{"orders": [{"a": "x"}, {"a": "y"}, {"a": ',
        "half.json": b'{"orders": [{"name": "x", "street": ',
        "deep.json": b'{"a":' * 50 + b'"ann@example.com"' + b"}" * 50,
        "deeper.json": b"[" * 100_000 + b"]" * 100_000,
        "numbers.json": b'{"n": NaN, "i": Infinity, "h": ' + b"9" * 6000 + b', "a": 1, "a": "two", "s": "\\ud800"}',
        "escapes.json": b'{"a": "\\x"}',
        "keys.json": json.dumps({f"key_{n}": n for n in range(100_000)}).encode(),
        "wide.csv": (",".join(f"c{n}" for n in range(100_000)) + "\n" + ",".join("x" * 100_000) + "\n").encode(),
        "invalid.csv": b"id,name\n1,\xff\xfe\xfa\n2,Jos\xe9\n",
        "utf16.csv": "id,name\n1,José\n2,Zoë\n".encode("utf-16"),
        "quote.csv": b'id,name\n1,"never closed\n' + b"2,Ann\n" * 1000,
        "line.txt": b"a" * 3_000_000,
        "ragged.csv": b"id,name\n1,2,3,4,5\n1\n\n,,,\n6,x\n",
        "laughs.xml": _laughs(),
        "cut.xml": b"<orders><order><name>Ann</name></order><order><name>",
        "bomb.csv.gz": gzip.compress(b"id,name\n" + b"1,Ann\n" * 1_000_000),
        "cut.csv.gz": gzip.compress(TABLE.encode() * 50)[:-3000],
        "five.csv.gz": _often(TABLE.encode(), 5),
        "quad.xml": ('<!DOCTYPE l [<!ENTITY a "' + "x" * 50_000 + '">]><l><m>' + "&a;" * 50_000 + "</m></l>").encode(),
        "tower.xml": b"<a>" * 100_000 + b"</a>" * 100_000,
        "tower.html": b"<div>" * 200_000 + b"x",
        "parts.eml": b"From: a@example.com\nTo: b@example.com\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: text/plain\n\nhi\n" * 2_000 + b"--b--\n",
        "nested.eml": b"From: a@example.com\nTo: b@example.com\nSubject: x\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1_500)) + b"\nhi\n",
        "endless.csv": b"a," * 5_000_000,
        "odd.eml": b"From: \xff\xfe <x@\r\nTo: =?utf-8?q?=ff?= <a@example.com>\r\nSubject: x\r\nContent-Type: text/plain; charset=no\r\n\r\nhi\xff\n",
    }  # fmt: skip
    for name, data in files.items():
        (folder / name).write_bytes(data)
    _archives(folder)
    _documents(folder)
    hostile = ["new\nline.csv", "ann.lee@example.com.csv", "bidi\u202e.csv", "quote'\"`;.csv", "..csv", "-rf.csv"]
    for name in hostile:
        (folder / name).write_text(TABLE)
    (folder / os.fsdecode(b"bad\xff\xfe.csv")).write_text(TABLE)
    sub = folder / "sub"
    sub.mkdir()
    (sub / "loop").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "out").symlink_to("/etc/hostname")
    (folder / "dangling").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as here, contextlib.chdir(folder):  # by a short name: the path of a socket may have 107 bytes
        here.bind("socket")
    special = {"pipe", "socket"}
    with contextlib.suppress(PermissionError):  # only root may make a device
        os.mknod(folder / "device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        special.add("device")
    (folder / "holes.bin").touch()
    os.truncate(folder / "holes.bin", 2**33)
    return {*files, *ARCHIVES, *special, "sub/loop", "self", "out", "dangling", "holes.bin"}


ARCHIVES = (
    "locked.zip",
    "nested.zip",
    "cut.zip",
    "many.zip",
    "bomb.zip",
    "plain.tar.gz",
    "cut.tar",
    "traversal.zip",
    "book.xlsx",
    "cut.parquet",
    "cut.xlsx",
    "sparse.xlsx",
    "locked.xlsx",
    "locked.pdf",
    "bomb.pdf",
    "laughs.docx",
    "dense.docx",
    "tree.zip",
    "wide.parquet",
)


def _often(data: bytes, times: int) -> bytes:
    for _ in range(times):
        data = gzip.compress(data)
    return data


def _laughs() -> bytes:
    """Entities that multiply by ten, twelve times."""
    names = ["a", *(f"b{n}" for n in range(12))]
    entities = "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in pairwise(names))
    return f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">{entities}]><l><m>&b11;</m></l>'.encode()


def _archives(folder: Path) -> None:
    inner = _zip({"deep.csv": TABLE})
    for n in range(25):
        inner = _zip({f"level{n}.zip": inner})
    (folder / "nested.zip").write_bytes(inner)
    (folder / "cut.zip").write_bytes(_zip({"a.csv": TABLE, "b.csv": TABLE})[:-60])
    (folder / "many.zip").write_bytes(_zip({f"part-{n:05}.csv": "id,name\n1,Ann\n" for n in range(3000)}))
    (folder / "bomb.zip").write_bytes(_zip({"bomb.txt": b"\n".join([b"a" * 999] * 20_000)}))
    (folder / "traversal.zip").write_bytes(_zip({"../../evil.csv": TABLE, "/abs.csv": TABLE, "ann@example.com.csv": TABLE}))
    locked = bytearray(_zip({"secret.csv": TABLE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + at] |= 1
    (folder / "locked.zip").write_bytes(bytes(locked))
    for name, mode in (("plain.tar.gz", "w:gz"), ("cut.tar", "w")):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
            for member in ("a.csv", "b.csv"):
                info = tarfile.TarInfo(member)
                info.size = len(TABLE)
                tar.addfile(info, io.BytesIO(TABLE.encode()))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
        (folder / name).write_bytes(out.getvalue() if mode == "w:gz" else out.getvalue()[: len(TABLE) + 2000])
    book = openpyxl.Workbook()
    for row in [("id", "email"), *((n, f"a{n}@example.com") for n in range(300))]:
        book.active.append(row)  # type: ignore[union-attr]
    book.create_sheet("Empty")
    book.save(folder / "book.xlsx")
    (folder / "cut.xlsx").write_bytes((folder / "book.xlsx").read_bytes()[:3000])
    sink = io.BytesIO()
    pq.write_table(pa.table({"email": [f"a{n}@example.com" for n in range(2000)]}), sink)
    (folder / "cut.parquet").write_bytes(sink.getvalue()[:-500])


def _documents(folder: Path) -> None:
    sink = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "ann@example.com", "x"  # type: ignore[index]
    book.save(folder / "sparse.xlsx")
    (folder / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(3000))
    page = pypdf.PdfWriter()
    page.add_blank_page(100, 100)
    page.encrypt("secret")
    page.write(folder / "locked.pdf")
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b"BT (x) Tj ET\n" * 80_000) for _ in range(300)) + packer.flush()
    (folder / "bomb.pdf").write_bytes(_pdf(stream))
    docx.Document().save(sink)  # type: ignore[arg-type]
    with zipfile.ZipFile(sink) as whole:
        parts: dict[str, str | bytes] = {i.filename: whole.read(i) for i in whole.infolist()}
    start = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    names = ["a", *(f"b{n}" for n in range(9))]
    entities = "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in pairwise(names))
    laughs = f'<!DOCTYPE l [<!ENTITY a "ha">{entities}]>{start}<w:p><w:r><w:t>&b8;</w:t></w:r></w:p></w:body></w:document>'
    dense = f"{start}{'<w:p><w:r><w:t>x</w:t></w:r></w:p>' * 1_000_000}</w:body></w:document>"
    for name, text in (("laughs.docx", laughs), ("dense.docx", dense)):
        (folder / name).write_bytes(_zip({**parts, "word/document.xml": text}))
    tree = _zip({"x.csv": TABLE})
    for _ in range(6):
        tree = _zip({f"{n}.zip": tree for n in range(10)})
    (folder / "tree.zip").write_bytes(tree)
    pq.write_table(pa.table({f"c{n}": [1] for n in range(20_000)}), folder / "wide.parquet")


def _pdf(stream: bytes) -> bytes:
    """One page whose content is this, packed by deflate."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]  # fmt: skip
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)


def _zip(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
