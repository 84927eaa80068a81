"""The logs connector over real files: rotation, compression, wrappers, rare statements, bounds, hostile input."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.connector import ConnectorContract

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCESS = '198.51.100.{} - - [{:02d}/Oct/2026:13:55:36 +0000] "GET /orders?page={} HTTP/1.1" 200 23 "-" "Mozilla/5.0"\n'


def connect(folder: Path, **limits: int):  # type: ignore[no-untyped-def]
    source = Source("web", f"logs://{folder}")
    return Plugins.of().connector("logs", "test")(source, Limits(**limits))


def datasets(folder: Path) -> dict[str, Dataset]:
    return {d.name: d for d in connect(folder).datasets() if isinstance(d, Dataset)}


def fields(folder: Path, name: str, rows: int | None = None, **limits: int) -> dict[str, Sample]:
    connector = connect(folder, **limits)
    return {path_text(s.field.path): s for s in connector.samples(datasets(folder)[name], rows=rows) if isinstance(s, Sample)}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "access.log").write_text("".join(ACCESS.format(i % 250, 2, i) for i in range(50)))
    (tmp_path / "access.log.1").write_text("".join(ACCESS.format(i % 250, 1, i) for i in range(50)))
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(b"".join(ACCESS.format(7, 1, i).encode() for i in range(20))))
    (tmp_path / "app-2026-11-01.jsonl").write_text('{"ts": "2026-11-01T00:00:00Z", "buyer": {"email": "ann@example.com"}, "n": 1}\n' * 3)
    (tmp_path / "app-2026-11-02.jsonl").write_text('{"ts": "2026-11-02T00:00:00Z", "message": "to=ann@example.com sent"}\nnot json\n')
    (tmp_path / "trail.json").write_text(
        json.dumps({"Records": [{"eventTime": "2025-10-01T00:00:00Z", "sourceIPAddress": "198.51.100.3"}] * 4}, indent=1)
    )
    (tmp_path / "journal.export").write_text(
        "__REALTIME_TIMESTAMP=1767225600000000\nMESSAGE=hello\n_PID=1\n\n__REALTIME_TIMESTAMP=1767225601000000\nMESSAGE=x\n\n"
    )
    (tmp_path / "empty.log").touch()
    return tmp_path


def test_rotated_and_compressed_parts_are_one_log(folder: Path) -> None:
    assert set(datasets(folder)) == {"access.log", "app-*.jsonl", "trail.json", "journal.export"}
    found = fields(folder, "access.log")
    assert found["client_ip"].rows == found["client_ip"].cells == 120
    assert found["client_ip"].method == "full"
    assert found["query.page"].cells == 120


def test_an_empty_file_is_named_not_dropped(folder: Path) -> None:
    left_out = [s for s in connect(folder).datasets() if isinstance(s, Skipped)]
    assert [(s.dataset, s.reason) for s in left_out] == [("empty.log", "the file is empty")]


def test_json_paths_and_pairs_in_messages_are_fields(folder: Path) -> None:
    found = fields(folder, "app-*.jsonl")
    assert found["buyer.email"].cells == 3
    assert found["buyer.email"].nulls == 2
    assert dict(found["message.to"].values) == {"ann@example.com": 1}
    assert "not json" in found["message"].values


def test_wrapped_and_exported_events_are_opened(folder: Path) -> None:
    assert fields(folder, "trail.json")["sourceIPAddress"].cells == 4
    assert fields(folder, "journal.export")["MESSAGE"].cells == 2


def test_facts_say_how_old_the_oldest_event_is(folder: Path) -> None:
    facts = {(f.subject, f.name): f.value for f in connect(folder).facts(AS_OF)}
    assert facts["web/trail.json", "oldest_event"] == "2025-10-01T00:00:00+00:00"
    assert facts["web/access.log", "oldest_event"] == "2026-10-01T13:55:36+00:00"
    assert facts["web", "transit"] == "local"
    assert "client_ip" in facts["web/access.log", "event_fields"]


def test_a_rare_statement_survives_the_reduction(tmp_path: Path) -> None:
    lines = [f"2026-11-01 10:00:00 INFO request {i} took {i % 97} ms at /a/{i * 7919}\n" for i in range(70_000)]
    lines[51_234] = "2026-11-01 10:00:00 INFO password reset for ann.lee@example.com\n"
    (tmp_path / "app.log").write_text("".join(lines))
    sample = fields(tmp_path, "app.log")["message"]
    assert sample.method == "templates"
    assert sample.cells == 70_000
    assert len(sample.values) < 60_000
    assert "password reset for ann.lee@example.com" in sample.values


def test_a_sample_says_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("".join(ACCESS.format(i % 250, 1, i) for i in range(5_000)))
    sample = fields(tmp_path, "a.log", rows=100, max_rows=100)["status"]
    assert (sample.rows, sample.method, sample.total) == (100, "stride", None)


def test_names_that_are_data_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "joe.doe@example.com.log").write_text('{"ann@example.com": "x", "ok": "y"}\n' * 2)
    (name,) = datasets(tmp_path)
    assert "joe" not in name
    found = fields(tmp_path, name)
    assert set(found) == {"*", "{key}", "{label}", "ok"}
    assert found["{key}"].values == {"ann@example.com": 2}
    assert found["{label}"].values == {"joe.doe@example.com": 1}


def test_a_truncated_archive_is_skipped_with_what_was_read(tmp_path: Path) -> None:
    whole = gzip.compress("".join(ACCESS.format(1, 1, i) for i in range(2_000)).encode())
    (tmp_path / "cut.log.gz").write_bytes(whole[: len(whole) // 2])
    connector = connect(tmp_path)
    (dataset,) = connector.datasets()
    found = list(connector.samples(dataset, rows=None))
    assert any(isinstance(x, Skipped) and "cut.log.gz" in x.reason for x in found)


@pytest.mark.parametrize("junk", [b"\x00" * 500, b"\xff\xfe\xfa" * 99, b"{" * 5000, b'{"a":' * 3000, b"\n\n\n \n", "\u2028".encode() * 50])
def test_hostile_bytes_never_raise(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "x.log").write_bytes(junk)
    connector = connect(tmp_path)
    for dataset in connector.datasets():
        if isinstance(dataset, Dataset):
            assert all(isinstance(x, (Sample, Skipped)) for x in connector.samples(dataset, rows=None))


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder") as caught:
        list(connect(tmp_path / "none").datasets())
    assert caught.value.mend


class TestLogsKeepTheContract(ConnectorContract):
    scheme = "logs"
    rows: ClassVar[dict[str, int]] = {"access.log": 300, "app.jsonl": 40}
    nested = (("app.jsonl", ("buyer", "email")), ("app.jsonl", ("items", "[]", "gift")), ("app.jsonl", ("*",)))
    hostile = (("app.jsonl", ("a.b[c]",)), ("ünïcode log.log", ("message",)))

    @pytest.fixture
    def source(self, tmp_path: Path) -> Source:
        folder = tmp_path / "logs"
        folder.mkdir(exist_ok=True)
        (folder / "access.log").write_text("".join(ACCESS.format(i % 250, 2, i) for i in range(300)))
        line = json.dumps(
            {"ts": "2026-11-01T00:00:00Z", "buyer": {"email": "a@example.com"}, "items": [{"gift": "x"}, {"gift": "y"}], "a.b[c]": 1, "a@b.c": 2}
        )
        (folder / "app.jsonl").write_text(f"{line}\n" * 40)
        (folder / "ünïcode log.log").write_text("2026-11-01 00:00:00 INFO started\n" * 3)
        return Source("web", f"logs://{folder}")

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Source:
        return Source("web", f"logs://{tmp_path / 'none'}")

    @pytest.fixture
    def state(self, tmp_path: Path) -> Callable[[], Any]:
        return lambda: {p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in (tmp_path / "logs").iterdir()}

    def test_rows_for_controls_agree_with_samples(self, connector: Any) -> None:
        """A log has no rows of orders: it says so."""
        for dataset in self.listed(connector).values():
            assert isinstance(connector.table(dataset, []), Skipped)
