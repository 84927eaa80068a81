"""The files connector keeps the contract that all connectors inherit."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.connector import ConnectorContract

from ropewalk.model import Source


class TestFilesKeepTheContract(ConnectorContract):
    scheme = "file"
    rows: ClassVar[dict[str, int]] = {"orders.csv": 400, "events.jsonl": 30}
    nested = (
        ("events.jsonl", ("buyer", "email")),
        ("events.jsonl", ("items", "[]", "gift")),
        ("events.jsonl", ("*",)),
        ("orders.csv", ("details", "BuyerInfo", "BuyerEmail")),
    )
    hostile = (("odd, näme (1).csv", ("a.b[c]",)), ("odd, näme (1).csv", ('qu"ote',)))

    @pytest.fixture
    def source(self, tmp_path: Path) -> Source:
        folder = tmp_path / "store"
        folder.mkdir(exist_ok=True)
        details = json.dumps({"BuyerInfo": {"BuyerEmail": "ann@example.com"}})
        with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["id", "email", "details"], *([i, f"b{i}@example.com", details] for i in range(400))])
        line = json.dumps({"buyer": {"email": "a@example.com"}, "items": [{"gift": "x"}, {"gift": "y"}], "a@b.example": 2})
        (folder / "events.jsonl").write_text(f"{line}\n" * 30)
        with (folder / "odd, näme (1).csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["a.b[c]", 'qu"ote'], ["1", "2"], ["3", "4"]])
        return Source("bucket", f"file://{folder}")

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Source:
        return Source("bucket", f"file://{tmp_path / 'none'}")

    @pytest.fixture
    def state(self, tmp_path: Path) -> Callable[[], Any]:
        return lambda: {p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in (tmp_path / "store").iterdir()}
