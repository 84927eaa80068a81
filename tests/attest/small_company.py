"""Commands run as a user would, in a folder with a small configuration and a frozen clock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Cli

CONFIG = """\
register: sqlite:///reg.db
as_of: 2026-11-20T12:00:00+00:00
evidence: {document_key: keys/document.key}
sources:
  - {name: shop, uri: 'sqlite:///shop.db', owner: me, purpose: test}
"""


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    (tmp_path / "ropewalk.yaml").write_text(CONFIG, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.execute("CREATE TABLE orders (name TEXT, delivered_at TEXT)")
        db.commit()
    return Cli(tmp_path, capsys)
