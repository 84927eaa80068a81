"""SQLite files, and any other SQLAlchemy dialect by its URL."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from contracts.connector import AS_OF, ConnectorContract

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.errors import MissingExtraError, ReadOnlyError, SourceError
from ropewalk.model import Dataset, Sample, Skipped, Source

DETAILS = json.dumps({"BuyerInfo": {"BuyerEmail": "ann@example.com"}, "items": [{"gift": "for Ann"}], "bob@example.com": 1})
LABEL = base64.b64encode(gzip.compress(b"Ann Lee, 1 Harbour Lane, Ulm")).decode()
FILL = """
PRAGMA journal_mode = wal;
CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer_email TEXT, details TEXT, label TEXT, mixed /* orders, origin=amazon-sp-api */);
CREATE TABLE wide_keys (name TEXT PRIMARY KEY, n INT DEFAULT 'origin=no') WITHOUT ROWID;
CREATE TABLE gappy (id INTEGER PRIMARY KEY, v TEXT);
CREATE TABLE empty (a);
CREATE TABLE "table%(x)s; DROP ""t"" :y ü" ("col""umn %s :z" TEXT, "select" INT, "a.b[c]" TEXT, rowid TEXT);
INSERT INTO "table%(x)s; DROP ""t"" :y ü" VALUES ('v', 1, 'w', 'r');
CREATE VIEW "Customer Export" AS SELECT buyer_email AS "e-mail, private" FROM orders;
CREATE VIEW broken AS SELECT missing FROM nowhere;
CREATE VIRTUAL TABLE search USING fts5(body);
INSERT INTO search VALUES ('a note for ann@example.com');
"""


def fill(path: Path, rows: int = 3000) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(FILL)
    mixed: list[Any] = [1, 1.5, "x", b"\x00\xff\x01", None]
    connection.executemany(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?)", ((i, f"b{i}@example.com", DETAILS, LABEL, mixed[i % 5]) for i in range(1, rows + 1))
    )
    connection.executemany("INSERT INTO wide_keys VALUES (?, ?)", ((f"k{i}", i) for i in range(500)))
    connection.executemany("INSERT INTO gappy VALUES (?, ?)", ((i * 10**9, f"v{i}") for i in range(1, 501)))
    connection.execute("INSERT INTO empty SELECT CAST(x'ff61' AS TEXT)")
    connection.commit()
    connection.execute("DELETE FROM empty")
    connection.commit()
    connection.close()


def settled(mark: Callable[[], str]) -> str:
    """The mark once the last change lies a tick of the file system's clock behind."""
    while not (found := mark()):
        time.sleep(0.02)
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lite") / "s h#o%p?.db"
    fill(path)
    return path


def uri(path: Path) -> str:
    return f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F').replace('#', '%23')}"


class TestSqlite(ConnectorContract):
    scheme = "sqlite"
    rows: ClassVar[dict[str, int]] = {"orders": 3000, "wide_keys": 500, "gappy": 500, "empty": 0, "search": 1}
    nested = (("orders", ("details", "BuyerInfo", "BuyerEmail")), ("orders", ("details", "items", "[]", "gift")), ("orders", ("details", "*")))
    hostile = (
        ('"table%(x)s; DROP ""t"" :y ü"', ('col"umn %s :z',)),
        ('"table%(x)s; DROP ""t"" :y ü"', ("a.b[c]",)),
        ("Customer Export", ("e-mail, private",)),
    )

    @pytest.fixture
    def source(self, file: Path) -> Source:
        return Source("lite", uri(file))

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Source:
        return Source("lite", f"sqlite:///{tmp_path / 'none.db'}")

    @pytest.fixture
    def state(self, file: Path) -> Callable[[], Any]:
        return lambda: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns)

    def test_a_broken_view_is_skipped_and_nothing_else(self, source: Source) -> None:
        found = list(self.connect(source).datasets())
        assert [s.dataset for s in found if isinstance(s, Skipped)] == ["broken"]
        assert "search" in {d.name for d in found if isinstance(d, Dataset)}
        assert not [d for d in found if isinstance(d, Dataset) and d.name.startswith("search_")]

    def test_methods_are_named_honestly(self, source: Source) -> None:
        connector = self.connect(source)
        listed = self.listed(connector)
        methods = {n: next(iter(self.read(connector, listed[n], 50).values())).method for n in ("orders", "gappy", "wide_keys", "Customer Export")}
        assert methods == {"orders": "keyed", "gappy": "bernoulli", "wide_keys": "bernoulli", "Customer Export": "bernoulli"}

    def test_draws_are_repeatable_and_turn_varies_them(self, source: Source) -> None:
        connector = self.connect(source)
        orders = self.listed(connector)["orders"]
        first, again, other = (set(self.read(connector, orders, 50, turn=t)["id",].values) for t in (0, 0, 1))
        assert first == again != other
        assert max(map(int, first)) > 2000

    def test_cells_of_any_kind_are_text(self, source: Source) -> None:
        connector = self.connect(source)
        found = self.read(connector, self.listed(connector)["orders"], None)
        assert dict(found["mixed",].values) == {"1": 600, "1.5": 600, "x": 600, "AP8B": 600}
        assert found["mixed",].nulls == 600
        assert dict(found["label",].values) == {"Ann Lee, 1 Harbour Lane, Ulm": 3000}

    def test_text_that_is_no_utf8_does_not_stop_a_scan(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.db"
        with sqlite3.connect(path) as connection:
            connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (CAST(x'ff61' AS TEXT))")
        connector = self.connect(Source("lite", uri(path)))
        assert dict(self.read(connector, self.listed(connector)["t"], 5)["a",].values) == {"\ufffda": 1}

    def test_uncommitted_and_unchecked_pages_are_seen_as_sqlite_sees_them(self, tmp_path: Path) -> None:
        path = tmp_path / "live.db"
        writer = sqlite3.connect(path)
        writer.executescript("PRAGMA journal_mode = wal; CREATE TABLE t (a); INSERT INTO t VALUES ('in the log')")
        writer.execute("INSERT INTO t VALUES ('not committed')")
        connector = self.connect(Source("lite", uri(path)))
        assert dict(self.read(connector, self.listed(connector)["t"], 5)["a",].values) == {"in the log": 1}
        writer.close()

    def test_a_write_is_refused(self, source: Source) -> None:
        connector = self.connect(source)
        table = connector.table(self.listed(connector)["empty"], [("a",)])
        assert isinstance(table, SqlTable)
        with table.engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="readonly"):
            connection.execute(sa.text("INSERT INTO empty VALUES (1)"))

    def test_a_slow_query_ends_in_time(self, source: Source) -> None:
        connector: Any = self.connect(source, statement_timeout=0.2)
        with pytest.raises(SourceError, match="statement_timeout"):
            connector._rows("SELECT count(*) FROM orders a, orders b, orders c")

    def test_nested_fields_come_as_a_frame(self, source: Source) -> None:
        connector = self.connect(source, frame_rows=500)
        table = connector.table(self.listed(connector)["orders"], [("id",), ("details", "items", "[]", "gift")])
        assert isinstance(table, FrameTable)
        assert list(table.frame.columns) == ["id", "details.items[].gift"]
        assert set(table.frame["details.items[].gift"]) == {"for Ann"}
        assert "sample of" in table.coverage
        assert "3000" in table.coverage

    def test_names_that_are_data_are_masked(self, tmp_path: Path) -> None:
        path = tmp_path / "x.db"
        with sqlite3.connect(path) as connection:
            connection.executescript('CREATE TABLE "ann@example.com" ("bob@example.com"); INSERT INTO "ann@example.com" VALUES (1)')
        connector = self.connect(Source("lite", uri(path)))
        (dataset,) = (d for d in connector.datasets() if isinstance(d, Dataset))
        labels, sample = connector.samples(dataset, rows=5)
        assert isinstance(labels, Sample)
        assert isinstance(sample, Sample)
        assert "@" not in f"{labels.field} {sample.field}"
        assert labels.values == {"ann@example.com": 1, "bob@example.com": 1}
        frame = connector.table(dataset, [sample.field.path])
        assert isinstance(frame, FrameTable)
        assert "@" not in str(frame.frame.columns)

    def test_facts(self, source: Source) -> None:
        facts = {(f.subject, f.name): f.value for f in self.connect(source).facts(AS_OF)}
        assert facts["lite", "transit"] == "local"
        assert facts["lite", "encrypted_at_rest"] == {"layer": "file", "algorithm": "none"}
        assert facts["lite/orders", "origin_tag"] == "amazon-sp-api"
        assert ("lite/wide_keys", "origin_tag") not in facts

    def test_a_sealed_file_is_opaque_and_not_listed(self, tmp_path: Path) -> None:
        path = tmp_path / "sealed.db"
        path.write_bytes(hashlib.sha256(b"x").digest() * 512)
        connector = self.connect(Source("lite", uri(path)))
        assert {f.name: f.value for f in connector.facts(AS_OF)}["encrypted_at_rest"] == {"layer": "file", "algorithm": "opaque"}
        with pytest.raises(SourceError, match="encrypted"):
            list(connector.datasets())

    def test_fingerprints_change_with_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "x.db"
        fill(path, 10)

        def mark() -> str:
            return self.listed(self.connect(Source("lite", uri(path))))["orders"].fingerprint

        before = settled(mark)
        assert before == mark()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE orders SET buyer_email = upper(buyer_email)")
        assert mark() == ""  # it may be changed again within a tick of the clock
        assert settled(mark) != before
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        writer = sqlite3.connect(path)
        logged = settled(mark)
        writer.execute("UPDATE orders SET buyer_email = lower(buyer_email)")
        writer.commit()
        assert settled(mark) != logged
        writer.close()

    def test_thousands_of_tables(self, tmp_path: Path) -> None:
        path = tmp_path / "many.db"
        with sqlite3.connect(path) as connection:
            connection.executescript("BEGIN;" + "".join(f"CREATE TABLE t{i} (a INT, b TEXT);" for i in range(2000)) + "COMMIT;")
        assert len(self.listed(self.connect(Source("lite", uri(path))))) == 2000

    def test_the_rate_is_kept(self, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        waits: list[float] = []
        monkeypatch.setattr(time, "sleep", waits.append)
        list(self.connect(source, rate=2).datasets())
        assert waits
        assert max(waits) <= 0.5


class TestAnyDialect(ConnectorContract):
    """The generic connector, over a real store whose owner says that the account can only read."""

    scheme = "sql"
    rows: ClassVar[dict[str, int]] = {"orders": 3000, "wide_keys": 500, "empty": 0}
    nested = (("orders", ("details", "BuyerInfo", "BuyerEmail")),)
    hostile = (('"table%(x)s; DROP ""t"" :y ü"', ('col"umn %s :z',)), ("Customer Export", ("e-mail, private",)))

    @pytest.fixture
    def source(self, file: Path) -> Source:
        return Source("any", f"sql+{uri(file)}", options={"read_only_role": True, "exclude": ["broken", "search*"]})

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Source:
        return Source("any", f"sql+sqlite:///{tmp_path / 'no' / 'none.db'}", options={"read_only_role": True})

    @pytest.fixture
    def state(self, file: Path) -> Callable[[], Any]:
        return lambda: hashlib.sha256(file.read_bytes()).hexdigest()

    def test_a_role_that_nobody_vouches_for_is_not_used(self, source: Source) -> None:
        connector = self.connect(Source("any", source.uri))
        with pytest.raises(ReadOnlyError, match="read-only") as caught:
            list(connector.datasets())
        assert "read_only_role" in caught.value.mend

    def test_a_missing_driver_is_an_install_hint(self) -> None:
        source = Source("any", "mssql+pyodbc://u:s3cret@db.example.com/shop", options={"read_only_role": True})
        with pytest.raises((MissingExtraError, SourceError)) as caught:
            list(self.connect(source).datasets())
        assert "pip install" in caught.value.mend
        assert "s3cret" not in str(caught.value)

    def test_an_unknown_dialect_is_an_error_with_a_mend(self) -> None:
        with pytest.raises(SourceError, match="dialect") as caught:
            list(self.connect(Source("any", "sql+nosuch://u:s3cret@x/y", options={"read_only_role": True})).datasets())
        assert "s3cret" not in str(caught.value)

    def test_a_password_with_signs_of_a_url_is_an_error_with_a_mend(self) -> None:
        source = Source("any", "postgresql://u:p@ss:s3cret@db.example.com/shop", options={"read_only_role": True})
        with pytest.raises(SourceError, match="not a database URL") as caught:
            list(self.connect(source).datasets())
        assert "%40" in caught.value.mend
        assert "s3cret" not in f"{caught.value}{caught.value.__context__!r}"
