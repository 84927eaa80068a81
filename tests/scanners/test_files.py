"""The files connector over local folders: formats, groups, sampling, frames, origins, bounds."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import fastavro
import pptx
import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest

from ropewalk.config import Limits
from ropewalk.contracts import FrameTable
from ropewalk.model import Dataset, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def connect(folder: Path, options: dict[str, Any] | None = None, **limits: Any) -> Any:
    return Plugins.of().connector("file", "test")(Source("f", f"file://{folder}", options=options or {}), Limits(**limits))


def fields(folder: Path, name: str, rows: int | None = 1000, **limits: Any) -> dict[str, Sample]:
    connector = connect(folder, **limits)
    dataset = next(d for d in connector.datasets() if isinstance(d, Dataset) and d.name == name)
    return {path_text(s.field.path): s for s in connector.samples(dataset, rows=rows) if isinstance(s, Sample)}


def names(folder: Path, **options: Any) -> set[str]:
    return {d.name for d in connect(folder, options).datasets() if isinstance(d, Dataset)}


def test_documents_give_text_and_fields(tmp_path: Path) -> None:
    word = docx.Document()
    word.core_properties.author = "Ann Lee"
    word.add_paragraph("Call Bo tomorrow.")
    table = word.add_table(rows=0, cols=2)
    for pair in (("buyer_name", "city"), ("Cy Dee", "Rome")):
        for cell, text in zip(table.add_row().cells, pair, strict=True):
            cell.text = text
    word.save(str(tmp_path / "a.docx"))
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Our buyers"
    deck.save(str(tmp_path / "b.pptx"))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ann@example.com", "bo@example.com", "Your parcel"
    mail.set_content("It waits at 12 Quay Road.")
    (tmp_path / "c.eml").write_bytes(bytes(mail))
    (tmp_path / "d.html").write_text("<html><body><p>Ann Lee</p><a href='mailto:ann@example.com'>x</a></body></html>")
    (tmp_path / "e.xml").write_text("<orders><order id='1'><buyer>Ann Lee</buyer></order><order id='2'><buyer>Bo Ek</buyer></order></orders>")
    (tmp_path / "f.md").write_text("# Notes\n\nAnn Lee called.\nShe calls again.\n")
    (tmp_path / "g.log").write_text("started\nstopped\n")
    word_fields = fields(tmp_path, "a.docx")
    assert "Ann Lee" in word_fields["properties.author"].values
    assert "Call Bo tomorrow." in word_fields["text"].values
    assert "Cy Dee" in word_fields["table.buyer_name"].values
    assert "Our buyers" in fields(tmp_path, "b.pptx")["text"].values
    assert {"from", "to", "subject", "text"} <= fields(tmp_path, "c.eml").keys()
    assert "mailto:ann@example.com" in fields(tmp_path, "d.html")["link"].values
    assert fields(tmp_path, "e.xml")["orders.order.buyer"].cells == 2
    assert "Ann Lee called.\nShe calls again." in fields(tmp_path, "f.md")["text"].values
    assert fields(tmp_path, "g.log")["line"].cells == 2


def test_columnar_and_avro(tmp_path: Path) -> None:
    table = pa.table({"email": [f"a{n}@example.com" for n in range(3000)], "n": range(3000), "who": [{"name": "Ann"}] * 3000})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=300)
    orc.write_table(table.select(["email", "n"]), tmp_path / "b.orc")
    schema = {"type": "record", "name": "r", "fields": [{"name": "email", "type": ["null", "string"]}]}
    with (tmp_path / "c.avro").open("wb") as file:
        fastavro.writer(file, schema, [{"email": f"a{n}@example.com"} for n in range(50)])
    parquet = fields(tmp_path, "a.parquet", rows=200)
    assert (parquet["email"].method, parquet["email"].total, parquet["n"].declared_type) == ("stride", 3000, "bigint")
    assert "who.name" in parquet
    assert fields(tmp_path, "b.orc")["email"].total == 3000
    assert fields(tmp_path, "c.avro")["email"].declared_type == "varchar"


def test_all_rows_add_up(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,email\n" + "".join(f"{n},{'' if n % 10 else f'a{n}@example.com'}\n" for n in range(90_000)))
    connector = connect(tmp_path)
    (dataset,) = connector.datasets()
    parts = [s for s in connector.samples(dataset, rows=None, fields=[("email",)]) if isinstance(s, Sample)]
    assert len(parts) > 1
    assert (sum(s.rows for s in parts), sum(s.nulls for s in parts), sum(s.cells for s in parts)) == (90_000, 81_000, 9_000)


def test_turns_vary_and_repeat(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,email\n" + "".join(f"{n},a{n}@example.com\n" for n in range(2000)))
    connector = connect(tmp_path)
    (dataset,) = connector.datasets()

    def draw(turn: int) -> set[str]:
        return {v for s in connector.samples(dataset, rows=50, fields=[("email",)], turn=turn) for v in s.values}

    assert draw(0) == draw(0) != draw(1)
    assert len(draw(0)) == 50


def test_objects_of_one_shape_are_one_dataset(tmp_path: Path) -> None:
    for n in range(40):
        folder = tmp_path / f"orders/2026-{n % 12 + 1:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"part-{n:05}.json").write_text(json.dumps([{"email": f"a{n}@example.com"}]))
    (tmp_path / "orders/readme.txt").write_text("parts by month")
    assert names(tmp_path) == {"orders/*/part-*.json", "orders/readme.txt"}
    sample = fields(tmp_path, "orders/*/part-*.json")["email"]
    assert (sample.method, sample.total) == ("stride", None)
    assert fields(tmp_path, "orders/*/part-*.json", rows=None)["email"].cells == 40


def test_include_and_exclude(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        (tmp_path / name).write_text("id,email\n1,x@example.com\n2,y@example.com\n")
    assert names(tmp_path, include=["*.csv"], exclude=["b*"]) == {"a.csv"}


def test_a_frame_keeps_rows_together(tmp_path: Path) -> None:
    rows = [{"id": n, "who": {"email": f"a{n}@example.com"}, "items": [{"sku": None}, {"sku": f"S{n}"}]} for n in range(20)]
    (tmp_path / "a.json").write_text(json.dumps({"payload": {"orders": rows, "next": "token"}}))
    connector = connect(tmp_path)
    (dataset,) = connector.datasets()
    paths = [("payload", "orders", "[]", *p) for p in (("id",), ("who", "email"), ("items", "[]", "sku"))]
    table = connector.table(dataset, paths)
    assert isinstance(table, FrameTable)
    assert table.coverage == "full"
    assert table.frame.iloc[7].tolist() == ["7", "a7@example.com", "S7"]


def test_a_frame_says_when_it_is_a_sample(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,email\n" + "".join(f"{n},a{n}@example.com\n" for n in range(500)))
    connector = connect(tmp_path, frame_rows=100)
    (dataset,) = connector.datasets()
    table = connector.table(dataset, [("email",), ("nothing",)])
    assert (len(table.frame), table.coverage) == (100, "sample of 100 of 500 rows")
    assert list(table.frame.columns) == ["email", "nothing"]


def test_origins(tmp_path: Path) -> None:
    for folder in ("tagged", "plain"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("id,email\n1,x@example.com\n")
    (tmp_path / "tagged/_origin.yaml").write_text("origin: amazon-sp-api\n")
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"origin": "own-shop"}), tmp_path / "plain/b.parquet")
    facts = {(f.subject, f.name): f.value for f in connect(tmp_path).facts(AS_OF)}
    assert facts["f/tagged/a.csv", "origin_tag"] == "amazon-sp-api"
    assert facts["f/plain/a.csv", "origin_tag"] == ""
    assert facts["f/plain/b.parquet", "origin_tag"] == "own-shop"
    assert facts["f", "transit"] == "local"


def test_a_database_file_is_named_with_its_mend(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("CREATE TABLE a (b)")
    db.close()
    (found,) = connect(tmp_path).datasets()
    assert isinstance(found, Skipped)
    assert "sqlite:///" in found.mend


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("order-id\tbuyer-name\n1\tJosé Núñez\n2\tZoë Ek\n3\tAnn Lee\n".encode(encoding))
    assert "José Núñez" in fields(tmp_path, "a.txt")["buyer-name"].values


def test_scheme_without_its_package_names_the_extra(tmp_path: Path) -> None:
    assert {"file", "files", "s3", "gs", "abfs", "memory"} <= set(Plugins.of().connectors())
    assert "r--" in connect(tmp_path).least_privilege()
