"""Commands run as a user would, in a folder with a small configuration and a frozen clock."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ropewalk.cli import main

CONFIG = """\
register: sqlite:///reg.db
as_of: 2026-11-20T12:00:00+00:00
evidence: {document_key: keys/document.key}
sources:
  - {name: shop, uri: 'sqlite:///shop.db', owner: me, purpose: test}
"""


class Cli:
    """`cli("attest", "list")` -> exit code; `out` and `err` hold what was printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*arguments, "--config", str(self.folder)])
        told = self.capsys.readouterr()
        self.out, self.err = told.out, " ".join(told.err.split())
        assert "Traceback" not in self.err
        return int(end.value.code or 0)

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        self(*arguments, "--format", "json")
        found: list[dict[str, object]] = json.loads(self.out)["rows"]
        return found

    def configure(self, more: str) -> None:
        file = self.folder / "ropewalk.yaml"
        file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    (tmp_path / "ropewalk.yaml").write_text(CONFIG, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.execute("CREATE TABLE orders (name TEXT, delivered_at TEXT)")
        db.commit()
    return Cli(tmp_path, capsys)
