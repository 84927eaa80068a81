"""The first register: scans and their units, observations, facts, skips, the evidence chain, and what is current as views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("observation", "fact", "skipped", "evidence")

CURRENT_UNIT = """
CREATE VIEW current_unit AS
SELECT u.* FROM unit u JOIN (
  SELECT source, dataset, max(scan_seq) AS scan_seq FROM unit WHERE status IN ('done', 'gone') GROUP BY source, dataset
) l ON l.source = u.source AND l.dataset = u.dataset AND l.scan_seq = u.scan_seq
WHERE u.status = 'done'
"""
CURRENT_FIELD = """
CREATE VIEW current_field AS
SELECT o.* FROM current_unit c JOIN observation o
  ON o.scan_id = c.looked_in AND o.source = c.source AND o.dataset = c.dataset
"""
CURRENT_FACT = """
CREATE VIEW current_fact AS
SELECT f.* FROM fact f JOIN (
  SELECT g.source, g.batch FROM fact g JOIN (
    SELECT source, max(id) AS id FROM fact WHERE dataset = '' GROUP BY source
  ) m ON m.id = g.id
) last ON last.source = f.source AND last.batch = f.batch
WHERE f.dataset = ''
UNION ALL
SELECT f.* FROM fact f JOIN current_unit c ON c.source = f.source AND c.dataset = f.dataset AND c.looked_in = f.batch
WHERE f.dataset <> ''
"""
CURRENT_SKIPPED = """
CREATE VIEW current_skipped AS
SELECT s.id, s.scan_id, s.source, s.dataset, s.path, s.reason, s.mend, s.at FROM skipped s
WHERE NOT EXISTS (SELECT 1 FROM scan_source t WHERE t.source = s.source AND t.scan_seq > s.scan_seq AND t.whole)
  AND NOT EXISTS (
    SELECT 1 FROM unit u WHERE u.source = s.source AND u.dataset = s.dataset AND u.scan_seq > s.scan_seq
      AND u.status IN ('done', 'skipped', 'failed', 'gone')
  )
"""


def upgrade() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")

    def word(name: str, null: bool = False) -> sa.Column[str]:
        return sa.Column(name, text, nullable=null)

    op.create_table(
        "scan", sa.Column("seq", BIG, primary_key=True, autoincrement=True), sa.Column("scan_id", text, nullable=False, unique=True),
        sa.Column("started_at", moment, nullable=False), sa.Column("finished_at", moment), word("status"),
        sa.Column("as_of", moment, nullable=False), word("config_hash"), word("rules_version"),
        sa.Column("narrowed", sa.Boolean, nullable=False), word("runner"), sa.Column("heartbeat_at", moment, nullable=False),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "scan_source", sa.Column("scan_seq", BIG, primary_key=True, autoincrement=False), sa.Column("source", text, primary_key=True),
        sa.Column("whole", sa.Boolean, nullable=False), sa.Column("facts_at", moment),
    )  # fmt: skip
    op.create_table(
        "unit", sa.Column("scan_seq", BIG, primary_key=True, autoincrement=False), sa.Column("source", text, primary_key=True),
        sa.Column("dataset", text, primary_key=True), word("scan_id"), word("status"), sa.Column("started_at", moment),
        sa.Column("finished_at", moment), sa.Column("rows", BIG, nullable=False), sa.Column("bytes", BIG), word("error"), word("kind"),
        sa.Column("total_rows", BIG), word("comment"), word("fingerprint"), word("rules_version"), word("depth"), word("looked_in", True),
    )  # fmt: skip
    op.create_index("unit_by_dataset", "unit", ["source", "dataset", "scan_seq"])
    op.create_table(
        "observation", sa.Column("id", BIG, primary_key=True, autoincrement=True), word("scan_id"), word("source"), word("dataset"),
        word("path"), word("field"), word("entity", True), word("category", True), word("strength"),
        sa.Column("confidence", sa.Float(53), nullable=False), sa.Column("matched", BIG, nullable=False),
        sa.Column("sampled", BIG, nullable=False), sa.Column("rows", BIG, nullable=False), sa.Column("bound", sa.Float(53), nullable=False),
        word("method"), sa.Column("recognisers", sa.JSON, nullable=False), sa.Column("evidence", sa.JSON, nullable=False), word("explanation"),
        sa.Column("signals", sa.JSON, nullable=False), sa.Column("shapes", sa.JSON, nullable=False), sa.Column("also", sa.JSON, nullable=False),
        word("lineage"), word("declared_type"), word("fingerprint"), sa.Column("observed_at", moment, nullable=False), word("rules_version"),
        word("digest"), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("observation_once", "observation", ["scan_id", "digest"], unique=True)
    op.create_index("observation_by_dataset", "observation", ["source", "dataset", "scan_id"])
    op.create_table(
        "fact", sa.Column("id", BIG, primary_key=True, autoincrement=True), word("batch"), word("source"), word("dataset"), word("subject"),
        word("name"), sa.Column("value", sa.JSON), sa.Column("observed_at", moment, nullable=False), word("how"), word("needs"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("fact_by_source", "fact", ["source", "dataset", "id"])
    op.create_table(
        "skipped", sa.Column("id", BIG, primary_key=True, autoincrement=True), sa.Column("scan_seq", BIG, nullable=False), word("scan_id"),
        word("source"), word("dataset"), word("path"), word("reason"), word("mend"), sa.Column("at", moment, nullable=False), word("digest"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("skipped_once", "skipped", ["scan_seq", "digest"], unique=True)
    op.create_table(
        "evidence", sa.Column("sequence", BIG, primary_key=True, autoincrement=False), word("kind"), word("at"), word("record"),
        word("previous"), word("hash"),
    )  # fmt: skip
    op.create_index("evidence_by_kind", "evidence", ["kind", "sequence"])
    head = op.create_table(
        "evidence_head", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), sa.Column("sequence", BIG, nullable=False),
        word("hash"), word("signature", True),
    )  # fmt: skip
    op.bulk_insert(head, [{"id": 1, "sequence": 0, "hash": "0" * 64, "signature": None}])
    for view in (CURRENT_UNIT, CURRENT_FIELD, CURRENT_FACT, CURRENT_SKIPPED):
        op.execute(view)
    _forbid_changes()


def _forbid_changes() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute("""
            CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'this table is append-only'; END $$
        """)
    for table in APPEND_ONLY:
        if dialect == "postgresql":
            op.execute(f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION append_only()")
        elif dialect == "sqlite":
            for action in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'this table is append-only'); END"
                )
