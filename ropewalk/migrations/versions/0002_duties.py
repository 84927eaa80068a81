"""Standing duties: who runs the schedule, the history of runs, alarms and their delivery, canaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")

    def word(name: str) -> sa.Column[str]:
        return sa.Column(name, text, nullable=False)

    def key(name: str) -> sa.Column[str]:
        return sa.Column(name, text, primary_key=True)

    def when(name: str, null: bool = False) -> sa.Column[object]:
        return sa.Column(name, moment, nullable=null)

    op.create_table("lease", key("name"), word("runner"), when("taken_at"), when("renewed_at"))
    op.create_table(
        "run", sa.Column("seq", BIG, primary_key=True, autoincrement=True), sa.Column("run_id", text, nullable=False, unique=True), word("job"),
        when("due_at", True), when("started_at"), when("finished_at", True), word("status"), sa.Column("exit_code", sa.Integer), word("detail"),
        word("runner"), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "alarm", sa.Column("seq", BIG, primary_key=True, autoincrement=True), word("key"), word("state"), when("at"),
        sa.Column("record", sa.JSON, nullable=False), sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("alarm_by_key", "alarm", ["key", "seq"])
    op.create_table(
        "delivery", sa.Column("alarm_seq", BIG, primary_key=True, autoincrement=False), key("channel"), word("status"),
        sa.Column("attempts", sa.Integer, nullable=False), when("at"), word("error"),
    )  # fmt: skip
    op.create_index("delivery_by_status", "delivery", ["status", "channel"])
    op.create_table("canary", key("name"), word("hmac"), sa.Column("home", sa.JSON, nullable=False), word("by"), when("at"))
