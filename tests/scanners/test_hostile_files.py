"""A hostile folder: no crash, every item is reported, memory stays bounded, and no name or value that is data is shown."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ropewalk.config import Limits
from ropewalk.model import Dataset, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins
from tests.scanners.hostile import plant

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIMITS = Limits(expanded_bytes=4 * 2**20, object_bytes=8 * 2**20, nesting=20)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    folder = tmp_path_factory.mktemp("hostile")
    return folder, plant(folder)


def connect(folder: Path):  # type: ignore[no-untyped-def]
    return Plugins.of().connector("file", "test")(Source("h", f"file://{folder}"), LIMITS)


@pytest.fixture(scope="module")
def met(corpus: tuple[Path, set[str]]) -> dict[str, list[Sample | Skipped]]:
    """Everything said of each item, by what it is called."""
    out: dict[str, list[Sample | Skipped]] = {}
    connector = connect(corpus[0])
    for item in connector.datasets():
        if isinstance(item, Skipped):
            out.setdefault(item.dataset, []).append(item)
        else:
            for rows in (50, None):
                out.setdefault(item.name, []).extend(connector.samples(item, rows=rows))
            connector.table(item, [("email",), ("a", "b")])
    return out


def test_every_item_is_reported(corpus: tuple[Path, set[str]], met: dict[str, list[Sample | Skipped]]) -> None:
    unheard = {name for name in corpus[1] if not any((n == name or n.startswith((f"{name}!", f"{name}#"))) and said for n, said in met.items())}
    assert unheard == set()


def test_memory_stays_bounded(met: dict[str, list[Sample | Skipped]]) -> None:
    assert met
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1.5 * 2**20  # KiB


def test_no_data_in_names(met: dict[str, list[Sample | Skipped]]) -> None:
    said = "\n".join(f"{name} {[(s.dataset, s.reason, s.mend) for s in items if isinstance(s, Skipped)]}" for name, items in met.items())
    assert "ann.lee" not in said
    assert "ann@example.com" not in said
    assert all(name.isprintable() for name in met)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("zero.csv", "empty"), ("nul.bin", "zero bytes"), ("random.dat", "ciphertext"), ("age.age", "encrypted (age)"), ("salted.enc", "encrypted"),
        ("letter.asc", "encrypted"), ("picture.csv", "an image"), ("not_really.parquet", "cannot be read"), ("cut.jsonl", "not JSON"),
        ("cut.json", "cut off"), ("half.json", "cut off"), ("wide.csv", "fields"), ("bomb.csv.gz", "expanded_bytes"), ("cut.csv.gz", "damaged"),
        ("locked.zip!secret.csv", "encrypted"), ("cut.zip", "damaged"), ("bomb.zip!bomb.txt", "expanded_bytes"), ("cut.tar", "cut off"),
        ("laughs.xml", "XML"), ("cut.xml", "cut off"), ("cut.parquet", "cannot be read"), ("out", "link"), ("self", "link"),
        ("pipe", "not a regular file"),
        ("quote.csv", ""), ("five.csv.gz", "more than twice"), ("sparse.xlsx", "far apart"), ("locked.xlsx", "encrypted"),
        ("locked.pdf", "encrypted"),
        ("bomb.pdf", "damaged"), ("dense.docx", "expanded_bytes"), ("laughs.docx", "cannot be read"), ("wide.parquet", "fields"),
        ("quad.xml", "not whole XML"), ("tower.xml", "too deep"), ("parts.eml", "500 parts"), ("socket", "not a regular file"),
        ("holes.bin", "zero bytes"), ("endless.csv", "fields"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(met: dict[str, list[Sample | Skipped]], name: str, words: str) -> None:
    reasons = [s.reason for s in met[name] if isinstance(s, Skipped)]
    assert any(words in r for r in reasons) or not words, reasons


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("really_csv.parquet", "email"), ("really_json.csv", "email"), ("cut.csv.gz", "email"), ("cut.jsonl", "a"), ("cut.json", "orders[].a"),
        ("utf16.csv", "name"), ("invalid.csv", "name"), ("book.xlsx#Sheet", "email"), ("plain.tar.gz!a.csv", "email"), 
        ("many.zip!part-*.csv", "name"),
        ("cut.tar!a.csv", "email"), ("cut.xml", "orders.order.name"), ("odd.eml", "to"), ("parts.eml", "text"),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(met: dict[str, list[Sample | Skipped]], name: str, field: str) -> None:
    found = [s for s in met[name] if isinstance(s, Sample) and path_text(s.field.path) == field]
    assert found
    assert all(s.values for s in found)


def test_facts_never_raise(corpus: tuple[Path, set[str]]) -> None:
    facts = {(f.subject, f.name): f.value for f in connect(corpus[0]).facts(AS_OF)}
    assert facts["h/random.dat", "encrypted_at_rest"] == {"layer": "file", "algorithm": "opaque"}
    assert facts["h/age.age", "encrypted_at_rest"] == {"layer": "file", "algorithm": "age"}
    assert facts["h/really_csv.parquet", "encrypted_at_rest"] == {"layer": "file", "algorithm": "none"}


def test_the_folder_is_unchanged(corpus: tuple[Path, set[str]]) -> None:
    before = {p: (p.lstat().st_mtime_ns, p.lstat().st_size) for p in corpus[0].rglob("*")}
    time.sleep(0.01)
    connector = connect(corpus[0])
    for item in connector.datasets():
        if isinstance(item, Dataset):
            list(connector.samples(item, rows=20))
    assert {p: (p.lstat().st_mtime_ns, p.lstat().st_size) for p in corpus[0].rglob("*")} == before
