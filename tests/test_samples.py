"""The sample company: small, reproducible, of invented people only, and truly broken where truth.yaml says so."""

from __future__ import annotations

import gzip
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

COMPANY = Path(__file__).resolve().parents[1] / "data" / "samples" / "company"
GENERATOR = COMPANY.parent / "generate.py"


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("again") / "company"
    subprocess.run([sys.executable, GENERATOR, "--out", out], check=True, capture_output=True)
    return out


def content(path: Path) -> Any:
    """What a file says, without the marks of the library version that wrote it."""
    if path.suffix == ".db":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return list(db.iterdump())
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return {sheet.title: [[cell.value for cell in row] for row in sheet] for sheet in book}
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    return path.read_bytes()


def test_generator_makes_the_committed_company(again: Path) -> None:
    files = sorted(p.relative_to(COMPANY) for p in COMPANY.rglob("*") if p.is_file() and ".ropewalk" not in p.parts)
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    for name in files:
        assert content(again / name) == content(COMPANY / name), f"{name}: run `make sample` and commit the result"


def test_another_day_moves_the_whole_company(tmp_path: Path) -> None:
    subprocess.run([sys.executable, GENERATOR, "--out", tmp_path / "c", "--as-of", "2027-02-01"], check=True, capture_output=True)
    assert "as_of: 2027-02-01T12:00:00Z" in (tmp_path / "c" / "ropewalk.yaml").read_text()
    assert "2027-01-" in (tmp_path / "c" / "logs" / "app.jsonl").read_text()


def test_generator_overwrites_nothing_that_is_not_a_sample(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = subprocess.run([sys.executable, GENERATOR, "--out", tmp_path], capture_output=True, text=True)
    assert done.returncode != 0
    assert "mend:" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_company_is_small() -> None:
    assert sum(p.stat().st_size for p in COMPANY.rglob("*") if p.is_file() and ".ropewalk" not in p.parts) < 3_000_000


def test_nobody_real_can_be_reached() -> None:
    """E-mail domains are reserved ones or shaped as a marketplace relay; card numbers are the public test ones."""
    text = "\n".join(str(content(p)) for p in COMPANY.rglob("*") if p.is_file() and p.suffix != ".bin" and ".ropewalk" not in p.parts)
    domains = {m.lower() for m in re.findall(r"[\w.+-]@([A-Za-z0-9.-]+\.[A-Za-z]{2,})", text)}
    assert {d for d in domains if not re.fullmatch(r"example\.(com|org|net)(\.json|\.pdf)?|marketplace\.amazon\.[a-z.]+", d)} == set()
    cards = {re.sub(r"\D", "", c) for c in re.findall(r"card (\d[\d -]{12,22}\d)", text)}
    assert cards
    assert cards <= {"4111111111111111", "5555555555554444", "4012888888881881", "6011111111111117", "5105105105105100"}


@pytest.mark.parametrize(
    ("violation", "database", "query"),
    [
        ("orders-addresses-late", "orders.db", "SELECT count(*) FROM order_addresses WHERE name IS NOT NULL AND delivered_at < :cut"),
        ("orders-gifts-late", "orders.db", "SELECT count(*) FROM order_items WHERE gift_message_text IS NOT NULL AND delivered_at < :cut"),
        ("orders-2026-late", "orders.db", "SELECT count(*) FROM orders_2026 WHERE replace(deliveredAt, ' ', 'T') || 'Z' < :cut"),
        ("orders-labels-late", "orders.db", "SELECT count(*) FROM shipping_labels WHERE delivered_at < :cut"),
        ("orders-2026-half-tagged", "orders.db", "SELECT count(*) FROM orders_2026 WHERE origin IS NULL"),
        ("staging-late", "staging.db", "SELECT count(*) FROM buyers WHERE delivered_at < :cut"),
    ],
)
def test_planted_counts_hold(truth: dict[str, Any], violation: str, database: str, query: str) -> None:
    planted = next(v for v in truth["violations"] if v["id"] == violation)
    with sqlite3.connect(f"file:{COMPANY / database}?mode=ro", uri=True) as db:
        (count,) = db.execute(query, {"cut": "2026-10-21T12:00:00Z"}).fetchone()
    assert count == planted["failed"] > 0


@pytest.mark.parametrize(
    ("database", "query"),
    [
        ("orders_fresh.db", "SELECT count(*) FROM order_addresses WHERE name IS NOT NULL AND (delivered_at IS NULL OR delivered_at < :cut)"),
        ("orders_fresh.db", "SELECT count(*) FROM order_items WHERE gift_message_text IS NOT NULL AND delivered_at < :cut"),
        ("orders_sealed.db", "SELECT count(*) FROM order_addresses WHERE name IS NOT NULL AND delivered_at < :cut"),
        ("orders_sealed.db", "SELECT count(*) FROM order_addresses WHERE origin IS NOT 'amazon-sp-api'"),
        ("orders_sealed.db", "SELECT count(*) FROM order_addresses WHERE name NOT LIKE 'v1:k2026-07:%'"),
    ],
)
def test_clean_stores_are_clean(database: str, query: str) -> None:
    with sqlite3.connect(f"file:{COMPANY / database}?mode=ro", uri=True) as db:
        assert db.execute(query, {"cut": "2026-10-21T12:00:00Z"} if ":cut" in query else {}).fetchone() == (0,)


def test_product_never_reads_the_truth(root: Path) -> None:
    """`demo.py` names the file only to leave it out of the copy."""
    code = [p for folder in ("ropewalk", "scanners", "expectations") for p in (root / folder).rglob("*.py")] + [root / "app.py"]
    naming = {p.relative_to(root).as_posix() for p in code if re.search(r"truth\.ya?ml", p.read_text(encoding="utf-8"))}
    assert naming <= {"ropewalk/demo.py"}
