"""Values never leave RAM: unique values are planted everywhere, and searched for in everything that ropewalk writes or says."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import logging
import os
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

import ropewalk as rw
from ropewalk.naming import MASKED

ROWS = 40
STORES = ("sql", "json", "csv", "jsonl", "parquet", "xlsx", "gz", "log", "broken", "filename", "key", "label", "comment")
PAGES = ("overview", "findings", "record", "sources")
FRAMES = ("findings", "fields", "facts", "datasets", "skipped", "scans", "units", "results", "results_history", "attestations", "evidence")
CLI = (sys.executable, "-W", "default", "-c", "from ropewalk.cli import main; main()")
EXPORTS = ("posture", "verdicts", "findings", "ropa", "drift", "sources", "skipped")
COMMANDS = [
    ["findings"], ["findings", "--explain"], ["findings", "--format", "json"], ["tag", "plan"], ["findings", "--format", "csv"],
    ["check", "--all"], ["check", "--format", "json"], ["ropa"],
    ["ropa", "--export", "json"], ["ropa", "--export", "markdown"], ["sources", "test"], ["scan", "--debug"],
    *(["export", what, "--to", to] for what in EXPORTS for to in ("csv", "json", "markdown")),
]  # fmt: skip

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Canary:
    """Values that exist nowhere else; `store` makes them unique to where they are planted."""

    store: str

    @property
    def letters(self) -> str:
        """Digits would be shown as 9 and look harmless; a name of its own for each store."""
        return "".join(chr(ord("a") + int(c)) for c in f"{STORES.index(self.store) + 10}")

    @property
    def name(self) -> str:
        if self.store in _PEOPLE:  # a name in a label is told by lists of names
            return _PEOPLE[self.store]
        return f"Quorvella Zimthwaite{self.letters}"

    @property
    def email(self) -> str:
        return f"q.zimthwaite{self.letters}@example.com"

    @property
    def phone(self) -> str:
        return f"+1 212-555-01{STORES.index(self.store) + 40}"

    @property
    def street(self) -> str:
        return f"{4417 + STORES.index(self.store)} Vexmoor{self.letters} Hollow Road"

    def row(self, n: int) -> tuple[str, str, str, str]:
        return (self.name, self.email if n else f"x{self.email}", self.phone, self.street)

    @property
    def tokens(self) -> list[bytes]:
        words = [
            *([self.name.split()[-1]] if self.store in _PEOPLE else []),
            f"zimthwaite{self.letters}",
            f"vexmoor{self.letters}",
            self.phone,
            self.phone.replace("-", "").replace(" ", ""),
        ]
        plain = [w.lower().encode() for w in words]
        return plain + [form for w in plain for form in (w.hex().encode(), base64.b64encode(w).rstrip(b"=")[:-1].lower(), w[::-1])]


_PEOPLE = {"label": "Philippa Abernathy", "comment": "Thaddeus Yarbrough"}
HEAD = ("buyer_name", "buyer_email", "phone", "street")


def plant(folder: Path) -> Path:
    """Stores full of canaries, some of them broken so that parsers and drivers complain about them; returns ropewalk.yaml."""
    bucket, logs = folder / "bucket", folder / "logs"
    bucket.mkdir(parents=True)
    logs.mkdir()
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE orders (buyer_name TEXT, buyer_email TEXT, phone TEXT, street TEXT, details TEXT, delivered_at TEXT)")
        sql, inner, broken, key = Canary("sql"), Canary("json"), Canary("broken"), Canary("key")
        for n in range(ROWS):
            # Keys that are data; some are the same in every row, the names differ.
            keys = {key.email: {key.phone: "1"}, "by": {f"{key.name} {chr(97 + n % 26)}{chr(97 + n // 26)}": n}}
            details = json.dumps({"buyer": {"name": inner.name, "email": inner.email}, "street": inner.street} | keys)
            # A delivery date that is no date, and JSON that is none: whoever parses them may quote them.
            delivered = "2026-01-02" if n % 2 else f"handed to {broken.name} of {broken.street}"
            db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", (*sql.row(n), details if n % 3 else details[:-2] + broken.email, delivered))
        label, comment = Canary("label"), Canary("comment")
        snake = label.name.lower().replace(" ", "_")
        said = f"ask {comment.name}, {comment.email} or {comment.phone}"
        db.execute(
            f'CREATE TABLE "tmp_{snake}" (day TEXT, "{label.email}" INT, "{label.name}" INT, "{label.phone}" INT, sales_{snake} INT -- {said}\n)'
        )
        db.execute(f'INSERT INTO "tmp_{snake}" VALUES (1, 2, 3, 4, 5)')
        db.execute(f"CREATE VIEW of_one AS SELECT buyer_name FROM orders WHERE buyer_email <> '{comment.email}'")
    db.close()
    for name in (f"invoice_{snake}.csv", f"customer={label.name}/part.csv", f"to {label.phone}.csv", f"for_{label.email}/a.csv"):
        (bucket / name).parent.mkdir(exist_ok=True)
        (bucket / name).write_text("id,price\n1,2\n3,4\n")
    (bucket / "pivot.csv").write_text(f"day,region,{label.name}\n" + "2026-01-02,north,1\n" * 5)
    (bucket / "people.xml").write_text(f"<r><o><{label.name.replace(' ', '_')}>1</{label.name.replace(' ', '_')}></o><o a='1'/></r>")
    (bucket / "_origin.yaml").write_text(f"origin: {said}\n")
    with zipfile.ZipFile(bucket / "all.zip", "w") as packed_files:
        packed_files.writestr(f"cv of {label.name}.csv", "id,price\n1,2\n")
    flat = Canary("csv")
    with (bucket / "report.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *(flat.row(n) for n in range(ROWS)), ("too", "many", "cells", flat.street, flat.email, flat.phone)])
    lines, bad = Canary("jsonl"), Canary("broken")
    rows = [json.dumps(dict(zip(HEAD, lines.row(n), strict=True))) for n in range(ROWS)]
    (bucket / "orders.jsonl").write_text("\n".join([*rows, f'{{"buyer_name": "{bad.name}", "email": {bad.email}']) + "\n")
    (bucket / "half.json").write_text(f'{{"orders": [{{"name": "{bad.name}", "street": "{bad.street}", ')
    (bucket / "not_really.parquet").write_text(f"PAR1 {bad.name} {bad.email} PAR1")
    (bucket / "not_really.xlsx").write_text(f"PK {bad.name} {bad.email}")
    table = pa.Table.from_pylist([dict(zip(HEAD, Canary("parquet").row(n), strict=True)) for n in range(ROWS)])
    pq.write_table(
        table.append_column(label.name, pa.array(["x"] * ROWS)).append_column(label.email, pa.array(["x"] * ROWS)), bucket / "orders.parquet"
    )
    book = openpyxl.Workbook()
    for row in [HEAD, *(Canary("xlsx").row(n) for n in range(ROWS))]:
        book.active.append(row)
    book.create_sheet(label.name).append(["id", "price"])
    book[label.name].append([1, 2])
    book.save(bucket / "orders.xlsx")
    packed = "\n".join([",".join(HEAD), *(",".join(Canary("gz").row(n)) for n in range(ROWS))])
    (bucket / "contacts.csv.gz").write_bytes(gzip.compress(packed.encode()))
    named = Canary("filename")
    (bucket / f"{named.email}.json").write_text(json.dumps({"fullName": named.name, "phone": named.phone}))
    log = Canary("log")
    (logs / "app.log").write_text(
        "".join(f"2026-11-{n % 19 + 1:02} 10:00:{n:02} INFO sent to {log.email} for {log.name}, {log.street}, {log.phone}\n" for n in range(ROWS))
    )
    (logs / f"{snake}.log").write_text(f"2026-11-01 10:00:00 INFO {snake}=2 {label.email}=3\n" * 5)
    (logs / "access.log").write_text(
        "".join(f'192.0.2.7 - - [{n % 19 + 1:02}/Nov/2026:10:00:00 +0000] "GET /reset?email={log.email}&{key.email}=1 HTTP/1.1" 200 9 "-" "-"\n'
                for n in range(ROWS))
    )  # fmt: skip
    config = folder / "ropewalk.yaml"
    config.write_text(
        "version: 1\nas_of: 2026-11-20T12:00:00Z\nsources:\n"
        + "".join(
            f"  - {{name: {name}, uri: '{uri}', owner: o@example.com, purpose: test}}\n"
            for name, uri in (("shop", "sqlite:///shop.db"), ("bucket", "file://bucket"), ("logs", "logs://logs"))
        )
    )
    return config


def sent_to_browser(page: str, config: Path) -> bytes:
    """Every message that the page would send, tables included, as the bytes that go over the wire."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROPEWALK_CONFIG", str(config))
        app = AppTest.from_string(f"from ropewalk.pages import {page}\n{page}.page()\n", default_timeout=120).run()
    assert not app.exception
    assert app.title[0].value
    waiting, sent = [app._tree], []
    while waiting:
        node = waiting.pop()
        waiting += getattr(node, "children", {}).values()
        if getattr(node, "proto", None) is not None:
            sent.append(node.proto.SerializeToString())
    assert len(sent) > 5
    return b"\n".join(sent)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that ropewalk wrote and said about the planted stores, by where."""
    folder = tmp_path_factory.mktemp("canary")
    path = plant(folder)
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    ear, before = Ear(logging.DEBUG), logging.root.level
    logging.root.addHandler(ear)
    logging.root.setLevel(logging.DEBUG)
    try:
        config = rw.load_config(path)
        register = rw.open_register(config)
        scanned = rw.scan(config, register, as_of=config.as_of)
        checked = rw.check(config, register, as_of=config.as_of)
        frames = {name: register.frame(name) for name in FRAMES}
    finally:
        logging.root.removeHandler(ear)
        logging.root.setLevel(before)
    out = {f"frame {name}": frame.to_json(default_handler=str).encode() for name, frame in frames.items()}
    out["reprs"] = "\n".join(map(repr, [config, config.settings, config.sources(), register, scanned, checked, *frames.values()])).encode()
    out["logs"] = "\n".join(heard).encode()
    assert len(frames["findings"]) > 20, "the canaries must have been met"
    for arguments in COMMANDS:
        done = subprocess.run(
            [*CLI, "--config", str(path), *arguments], capture_output=True, timeout=240, cwd=folder,
            env={**os.environ, "COLUMNS": "400", "NO_COLOR": "1"},
        )  # fmt: skip
        out[f"ropewalk {' '.join(arguments)}"] = done.stdout + done.stderr
        assert done.returncode in (0, 1, 3), (arguments, done.stderr.decode())
        assert done.stdout.strip(), arguments
    for page in PAGES:
        out[f"page {page}"] = sent_to_browser(page, path)
    for file in sorted((folder / ".ropewalk").rglob("*")):
        if file.is_file():
            out[f"file {file.name}"] = file.read_bytes()
    return out


def test_the_search_would_find_them(tmp_path: Path) -> None:
    """The canaries are where they were planted, and the same search meets each of them there."""
    plant(tmp_path)
    plain = b"".join(
        gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() + p.name.encode() for p in tmp_path.rglob("*") if p.is_file()
    ).lower()
    for store in set(STORES) - {"parquet", "xlsx", "broken"}:
        assert any(token in plain for token in Canary(store).tokens), store


@pytest.mark.parametrize("store", STORES)
def test_no_value_leaves_ram(said: dict[str, bytes], store: str) -> None:
    assert any(where.startswith("file register.db") for where in said)
    leaks = [where for where, text in said.items() if any(token in text.lower() for token in Canary(store).tokens)]
    assert leaks == []


def test_what_stands_in_labels_and_keys_is_found(said: dict[str, bytes]) -> None:
    """Masked is not enough: the data is still there, and a person must hear of it."""
    frame = json.loads(said["frame findings"])
    found = {(frame["dataset"][n], frame["path"][n]): frame["category"][n] for n in frame["dataset"]}
    labels = {MASKED.sub("*", dataset): category for (dataset, path), category in found.items() if path == "{label}"}
    assert labels["tmp_*"] == labels["*/a.csv"] == labels["orders.parquet"] == "email"
    assert (
        labels["pivot.csv"]
        == labels["invoice_*.csv"]
        == labels["customer=*/part.csv"]
        == labels["all.zip!*.csv"]
        == labels["orders.xlsx#*"]
        == "name"
    )
    assert labels["to *.csv"] == "phone"
    assert found["access.log", "query.{key}"] == "email"
