"""Files as they are found: dialects, titles above tables, documents with notes, mails with attachments, partitions, JSON that is not whole."""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import fastavro
import pptx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ropewalk.config import Limits
from ropewalk.model import Dataset, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins


def said(folder: Path, rows: int | None = 1000, **limits: Any) -> tuple[dict[str, dict[str, set[str]]], list[Skipped]]:
    """Values by dataset and field, and all that was skipped."""
    connector = Plugins.of().connector("file", "test")(Source("f", f"file://{folder}"), Limits(**limits))
    out: dict[str, dict[str, set[str]]] = {}
    left: list[Skipped] = []
    for dataset in connector.datasets():
        if not isinstance(dataset, Dataset):
            left.append(dataset)
            continue
        for item in connector.samples(dataset, rows=rows):
            if isinstance(item, Sample):
                out.setdefault(dataset.name, {})[path_text(item.field.path)] = set(item.values)
            else:
                left.append(item)
    return out, left


def only(folder: Path, name: str, data: str | bytes) -> dict[str, set[str]]:
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    found, left = said(folder)
    assert left == []
    return found[name]


ROWS = "".join(f'{n},"Lee, Ann",a{n}@example.com\n' for n in range(30))


@pytest.mark.parametrize(
    ("text", "above"),
    [
        (f"id,name,email\n{ROWS}", set()),
        (f"Orders report\nGenerated: 2026-11-01\n\nid,name,email\n{ROWS}", {"Orders report", "Generated: 2026-11-01"}),
        (f"Orders report,,\n,,\nid,name,email\n{ROWS}", {"Orders report"}),
        (f"# exported\n# rows: 30\nid,name,email\n{ROWS}", {"# exported", "# rows: 30"}),
        ("sep=;\r\nid;name;email\r\n" + ROWS.replace('"Lee, Ann"', "Lee, Ann").replace(",Lee", ";Lee").replace("Ann,", "Ann;"), set()),
        ("id,name,email\n" + ROWS.replace('"', "'"), set()),
        ("id^name^email\n" + ROWS.replace('"Lee, Ann"', "Lee+ Ann").replace(",", "^").replace("+", ","), set()),
    ],
)
def test_headers_and_dialects_are_found(tmp_path: Path, text: str, above: set[str]) -> None:
    found = only(tmp_path, "a.csv", text)
    assert set(found) == {"id", "name", "email"}
    assert found["name"] == {"Lee, Ann"}
    assert found["email"] == {f"a{n}@example.com" for n in range(30)}
    assert found["id"] == {str(n) for n in range(30)} | above


def test_quotes_behind_backslashes_and_stray_ones(tmp_path: Path) -> None:
    assert only(tmp_path, "a.csv", "id,name\n" + '1,"Ann \\"A\\" Lee, Dr"\n' * 9)["name"] == {'Ann "A" Lee, Dr'}
    gifts = ['"Happy' if n == 3 else '5" plate' for n in range(20)]
    stray = "id\tgift-message\temail\n" + "".join(f"{n}\t{gift}\ta{n}@example.com\n" for n, gift in enumerate(gifts))
    (tmp_path / "a.csv").unlink()
    assert only(tmp_path, "b.tsv", stray)["email"] == {f"a{n}@example.com" for n in range(20)}


def test_columns_in_names_of_folders(tmp_path: Path) -> None:
    for n in range(6):
        folder = tmp_path / f"sales/country={'NL' if n % 2 else 'DE'}/buyer_email=a{n}%40example.com"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"amount": [n]}), folder / "part-0.parquet")
    (tmp_path / "sales/country=__HIVE_DEFAULT_PARTITION__/buyer_email=x").mkdir(parents=True)
    pq.write_table(pa.table({"amount": [9]}), tmp_path / "sales/country=__HIVE_DEFAULT_PARTITION__/buyer_email=x/part-0.parquet")
    ((name, found),) = said(tmp_path)[0].items()
    assert name == "sales/country=*/buyer_email=*/part-*.parquet"
    assert found["country"] == {"NL", "DE"}
    assert found["buyer_email"] == {"x", *(f"a{n}@example.com" for n in range(6))}


def test_a_single_folder_that_names_a_person_is_masked(tmp_path: Path) -> None:
    (tmp_path / "buyer=ann%40example.com").mkdir()
    (tmp_path / "buyer=ann%40example.com/a.csv").write_text("id,city\n1,Rome\n2,Bari\n")
    ((name, found),) = said(tmp_path)[0].items()
    assert "ann" not in name
    assert found["buyer"] == {"ann@example.com"}


def test_keys_that_are_data_are_values(tmp_path: Path) -> None:
    found = only(tmp_path, "a.json", json.dumps({f"a{n}@example.com": {"name": "Ann"} for n in range(4)}))
    assert found["*.{key}"] == {f"a{n}@example.com" for n in range(4)}
    (tmp_path / "a.json").unlink()
    assert only(tmp_path, "b.jsonl", '{"mails": {"b@example.com": 1}, "c@example.com": 2}\n' * 3)["mails.{key}"] == {"b@example.com"}


@pytest.mark.parametrize("end", ["", "\n", " \n\n"])
def test_documents_that_follow_one_another(tmp_path: Path, end: str) -> None:
    text = "".join(json.dumps({"email": f"a{n}@example.com"}, indent=1) + end for n in range(4))
    assert only(tmp_path, "a.json", text)["email"] == {f"a{n}@example.com" for n in range(4)}


@pytest.mark.parametrize(
    "text",
    ['{"a":' * 100_000 + '"ann@example.com"' + "}" * 100_000, '{"a": "ann@example.com",}', '[{"a": "ann@example.com",},]', '{"a": ["ann@example.com'],
)
def test_json_that_is_not_whole_is_looked_at_as_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    found, left = said(tmp_path)
    assert any("ann@example.com" in v for values in found["a.json"].values() for v in values)
    assert "as text" in left[0].reason


@pytest.mark.parametrize("deep", [50, 900])
def test_deep_json_is_read_to_its_bottom(tmp_path: Path, deep: int) -> None:
    found = only(tmp_path, "a.json", '{"a":' * deep + '"ann@example.com"' + "}" * deep)
    assert any("ann@example.com" in v for values in found.values() for v in values)


def test_attributes_and_mixed_text_of_xml(tmp_path: Path) -> None:
    text = '<o shop="own@example.com"><note>Dear <b>Ann</b> of 12 Quay Rd</note>loose@example.com<c id="1"><e>x</e>late@example.com</c></o>'
    found = only(tmp_path, "a.xml", text)
    assert found == {
        "o.@shop": {"own@example.com"}, "o.note.b": {"Ann"}, "o.note.text": {"Dear of 12 Quay Rd"}, "o.text": {"loose@example.com"},
        "o.c.@id": {"1"}, "o.c.e": {"x"}, "o.c.text": {"late@example.com"},
    }  # fmt: skip


def test_xml_in_an_encoding_that_its_parser_does_not_know(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="Shift_JIS"?><o><b>山田太郎</b></o>'
    assert only(tmp_path, "a.xml", text.encode("cp932"))["o.b"] == {"山田太郎"}


def test_xml_that_is_not_whole_is_looked_at_as_text(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><m>&x; ann@example.com</m></r>')
    found, left = said(tmp_path)
    assert any("ann@example.com" in v for v in found["a.xml"]["text"])
    assert "as text" in left[0].reason


def test_data_and_comments_of_a_page(tmp_path: Path) -> None:
    data = '<script type="application/ld+json">{"email": "j@example.com"}</script>'
    found = only(tmp_path, "a.html", f"<html><!-- c@example.com --><script>var x=1</script>{data}<p>Ann</p></html>")
    assert found == {"comment": {"c@example.com"}, "script": set(), "script.email": {"j@example.com"}, "text": {"Ann"}}


def test_a_mail_with_files_and_a_mail_in_it(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["From"] = "inner@example.com"
    inner.set_content("of the inner one")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Delivered-To"], mail["Subject"] = "ann@example.com", "bo@example.com", "box@example.com", "files"
    mail.set_content("See the files.")
    mail.add_attachment(b"id;email\n1;csv@example.com\n2;x@example.com\n", maintype="text", subtype="csv", filename="buyers.csv")
    sink = io.BytesIO()
    pq.write_table(pa.table({"phone": ["555-0100"], "n": [1]}), sink)
    mail.add_attachment(sink.getvalue(), maintype="application", subtype="octet-stream", filename="a.parquet")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(99), maintype="image", subtype="png", filename="scan.png")
    mail.add_attachment(inner)
    (tmp_path / "a.eml").write_bytes(bytes(mail))
    found, left = said(tmp_path)
    fields = found["a.eml"]
    assert fields["from"] == {"ann@example.com", "inner@example.com"}
    assert fields["delivered-to"] == {"box@example.com"}
    assert fields["attached.email"] == {"csv@example.com", "x@example.com"}
    assert (fields["attached.phone"], fields["attached.n"]) == ({"555-0100"}, {"1"})
    assert fields["text"] == {"See the files.", "of the inner one"}
    assert [s.reason for s in left] == ["attachments that were not read: not a known format (an image)"]


def test_what_stands_beside_the_text_of_a_document(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("The body.")
    word.sections[0].first_page_footer.is_linked_to_previous = False
    word.sections[0].first_page_footer.paragraphs[0].text = "first page of foot@example.com"
    outer = word.add_table(1, 1)
    nested = outer.cell(0, 0).add_table(2, 2)
    for cell, text in zip([c for row in nested.rows for c in row.cells], ("name", "email", "Ann", "nested@example.com"), strict=True):
        cell.text = text
    deleted = word.add_paragraph().add_run("gone@example.com")
    deleted._r.getchildren()[0].tag = deleted._r.getchildren()[0].tag.replace("}t", "}delText")
    word.save(str(tmp_path / "a.docx"))
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "grouped@example.com"
    deck.save(str(tmp_path / "b.pptx"))
    found, left = said(tmp_path)
    assert left == []
    assert found["a.docx"]["text"] == {"The body.", "gone@example.com"}
    assert found["a.docx"]["header"] == {"first page of foot@example.com"}
    assert found["a.docx"]["table.email"] == {"nested@example.com"}
    assert "grouped@example.com" in found["b.pptx"]["text"]


@pytest.mark.parametrize("codec", ["snappy", "zstandard"])
def test_avro_of_codecs_whose_packages_are_missing(tmp_path: Path, codec: str) -> None:
    schema = {"type": "record", "name": "r", "fields": [{"name": "email", "type": "string"}]}
    (tmp_path / "a.avro").write_bytes(_avro(schema, [{"email": f"a{n}@example.com"} for n in range(300)], codec))
    found, left = said(tmp_path)
    assert (found["a.avro"]["email"], left) == ({f"a{n}@example.com" for n in range(300)}, [])


def test_avro_of_an_unknown_codec_is_named(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "r", "fields": [{"name": "email", "type": "string"}]}
    (tmp_path / "a.avro").write_bytes(_avro(schema, [{"email": "x"}], "lz4"))
    assert "deflate" in said(tmp_path)[1][0].mend


def _avro(schema: dict[str, Any], records: list[dict[str, str]], codec: str) -> bytes:
    """A container by hand, for fastavro cannot write these codecs without packages of its own."""

    def number(n: int) -> bytes:
        n, out = n << 1, b""
        while n > 0x7F:
            n, out = n >> 7, out + bytes([n & 0x7F | 0x80])
        return out + bytes([n])

    body = io.BytesIO()
    for record in records:
        fastavro.schemaless_writer(body, schema, record)
    raw = body.getvalue()
    packed = {
        "snappy": lambda: bytes(pa.compress(raw, codec="snappy", asbytes=True)) + struct.pack(">I", zlib.crc32(raw)),
        "zstandard": lambda: zstandard.compress(raw), "lz4": lambda: raw,
    }[codec]()  # fmt: skip
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    sync = os.urandom(16)
    head = b"Obj\x01" + number(len(meta)) + b"".join(number(len(k)) + k.encode() + number(len(v)) + v for k, v in meta.items()) + b"\0" + sync
    return head + number(len(records)) + number(len(packed)) + packed + sync
