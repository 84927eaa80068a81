"""The register's database: append-only, migrated, private, and errors that help."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from register_rows import AT, fill

from ropewalk.errors import RegisterError
from ropewalk.migrations import HEAD
from ropewalk.register import Register, open_register
from ropewalk.register.opening import VERSION_TABLE, connect
from ropewalk.register.schema import current_fact, current_field, current_skipped, current_unit, metadata


@pytest.mark.parametrize("name", ["observation", "fact", "skipped", "evidence"])
def test_what_is_recorded_is_never_changed(register: Register, name: str) -> None:
    fill(register)
    for statement in (f"UPDATE {name} SET {'record' if name == 'evidence' else 'source'} = 'x'", f"DELETE FROM {name}"):
        with pytest.raises(RegisterError, match="never changed"), register._write() as connection:
            connection.exec_driver_sql(statement)


def test_the_migrations_make_what_the_schema_says(url: str) -> None:
    with open_register(url) as register, register.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
        for view in (current_unit, current_field, current_fact, current_skipped):
            assert {c["name"] for c in sa.inspect(connection).get_columns(view.name)} >= {c.name for c in view.columns}
    files = Path(connect.__globals__["__file__"]).parents[1] / "migrations" / "versions"
    assert max(f.name for f in files.glob("*.py")).startswith(HEAD)


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "register.db"
    register = open_register(f"sqlite:///{file}")
    fill(register)
    for name in ("register.db", "register.db-wal", "register.db-shm"):
        assert stat.S_IMODE((file.parent / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "register.db"
    register = open_register(str(file))
    fill(register)
    register.close()
    data = bytearray(file.read_bytes())
    data[:100] = b"x" * 100
    file.write_bytes(data)
    assert_refused(file, "damaged", "backup")
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert_refused(file, "damaged|cannot be read", "backup")


def assert_refused(file: Path, what: str, mend: str) -> None:
    with pytest.raises(RegisterError, match=what) as caught:
        open_register(str(file))
    assert caught.value.where == str(file)
    assert mend in caught.value.mend


def test_a_newer_register(url: str) -> None:
    with open_register(url) as register, register._write() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(RegisterError, match="a newer ropewalk wrote it") as caught:
        open_register(url)
    assert "upgrade" in caught.value.mend


def test_something_else(tmp_path: Path, url: str) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    before = file.read_bytes()
    assert_refused(file, "not a register", "name another file")
    (tmp_path / "notes.txt").write_text("not a database at all, but long enough to have a header of its own" * 40)
    assert_refused(tmp_path / "notes.txt", "damaged", "backup")
    (tmp_path / "folder").mkdir()
    assert_refused(tmp_path / "folder", "a folder", "name a file")
    assert [r[0] for r in sqlite3.connect(file).execute("SELECT name FROM sqlite_master")] == ["orders"]
    assert len(before) == file.stat().st_size


def test_a_locked_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = open_register(str(tmp_path / "r.db"))
    with register._read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.commit()
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegisterError, match="another program holds it locked"):
        register.record_results([], at=AT)
    other.execute("ROLLBACK")
    register.record_results([], at=AT)


@pytest.mark.parametrize(
    ("url_", "what"),
    [
        ("mysql+pymysql://u:hunter2@h/x", "does not live in mysql"),
        ("://", "not a database URL|cannot be made"),
        ("oracle://u:hunter2@h", "does not live in oracle"),
    ],
)
def test_urls_that_cannot_be_right(url_: str, what: str) -> None:
    with pytest.raises(RegisterError, match=what) as caught:
        open_register(url_)
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there_names_no_password() -> None:
    with pytest.raises(RegisterError, match="refused or went away") as caught:
        open_register("postgresql://app:hunter2@127.0.0.1:1/register?connect_timeout=2")
    assert "hunter2" not in f"{caught.value}{caught.value!r}"
    assert caught.value.__cause__ is None


def test_no_register_where_none_shall_be_made(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="no register yet"):
        open_register(str(tmp_path / "none.db"), create=False)
    assert not (tmp_path / "none.db").exists()


def test_reading_needs_no_alembic(tmp_path: Path) -> None:
    open_register(str(tmp_path / "r.db")).close()
    code = "import sys; from ropewalk.register import open_register; open_register(sys.argv[1]); assert not {'alembic', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.db")], check=True)
