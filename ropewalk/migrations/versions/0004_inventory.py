"""Imported registers: what was imported when, its rows, and what is current of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = ("inventory_import", "inventory_row")

CURRENT_IMPORT = """
CREATE VIEW current_inventory_import AS
SELECT id, kind, format, scanner, target, release, file, sha256, at, observed_at, rows FROM (
  SELECT i.*, row_number() OVER (PARTITION BY kind, scanner, target ORDER BY observed_at DESC, id DESC) AS newest FROM inventory_import i
) w WHERE newest = 1
"""
CURRENT_ROW = """
CREATE VIEW current_inventory AS
SELECT id, import_id, kind, scanner, target, key, record, first_seen, last_seen, closed_at FROM (
  SELECT r.id, r.import_id, i.kind, i.scanner, i.target, r.key, r.record, i.observed_at AS last_seen, i.next_at AS closed_at,
    min(i.observed_at) OVER (PARTITION BY i.kind, i.scanner, i.target, r.key) AS first_seen,
    row_number() OVER (PARTITION BY i.kind, i.scanner, i.target, r.key ORDER BY i.observed_at DESC, i.id DESC, r.id DESC) AS newest
  FROM inventory_row r JOIN (
    SELECT id, kind, scanner, target, observed_at, lead(observed_at) OVER (PARTITION BY kind, scanner, target ORDER BY observed_at, id) AS next_at
    FROM inventory_import
  ) i ON i.id = r.import_id
) w WHERE newest = 1
"""


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    text, moment = sa.Text(), sa.DateTime(timezone=dialect != "sqlite")

    def word(name: str) -> sa.Column[str]:
        return sa.Column(name, text, nullable=False)

    op.create_table(
        "inventory_import", sa.Column("id", BIG, primary_key=True, autoincrement=True), word("kind"), word("format"), word("scanner"),
        word("target"), word("release"), word("file"), word("sha256"), sa.Column("at", moment, nullable=False),
        sa.Column("observed_at", moment, nullable=False), sa.Column("rows", BIG, nullable=False), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("inventory_import_by_series", "inventory_import", ["kind", "scanner", "target"])
    op.create_table(
        "inventory_row", sa.Column("id", BIG, primary_key=True, autoincrement=True), sa.Column("import_id", BIG, nullable=False), word("key"),
        sa.Column("record", sa.JSON, nullable=False), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("inventory_row_by_import", "inventory_row", ["import_id"])
    op.execute(CURRENT_IMPORT)
    op.execute(CURRENT_ROW)
    for table in TABLES:
        if dialect == "postgresql":
            op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION append_only()")
        elif dialect == "sqlite":
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
                )
