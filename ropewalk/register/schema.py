"""The register's tables and views as SQLAlchemy sees them. The migrations make them; a test holds both alike.

Observations, facts, skips and evidence are only ever added; triggers forbid changing them. A unit (a dataset in a scan) goes
from pending to its end, as do a run and the delivery of an alarm. What is current is a view: of each dataset the last unit that was done.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


def clean(text: str) -> str:
    """Text that any database takes: NUL and lone surrogates (of file names that are no UTF-8) are written out, so that names stay apart."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


class Text(sa.types.TypeDecorator[str]):
    """Cleaned text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else clean(value)


class Moment(sa.types.TypeDecorator[datetime]):
    """A time in UTC; one without a zone is taken as UTC."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
metadata = sa.MetaData()
views = sa.MetaData()

scan = sa.Table(
    "scan", metadata,
    sa.Column("seq", BIG, primary_key=True, autoincrement=True),
    sa.Column("scan_id", Text, nullable=False, unique=True),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("status", Text, nullable=False),
    sa.Column("as_of", Moment, nullable=False),
    sa.Column("config_hash", Text, nullable=False),
    sa.Column("rules_version", Text, nullable=False),
    sa.Column("narrowed", sa.Boolean, nullable=False),
    sa.Column("runner", Text, nullable=False),
    sa.Column("heartbeat_at", Moment, nullable=False),
)  # fmt: skip

scan_source = sa.Table(
    "scan_source", metadata,
    sa.Column("scan_seq", BIG, primary_key=True, autoincrement=False),
    sa.Column("source", Text, primary_key=True),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Column("facts_at", Moment),
)  # fmt: skip

unit = sa.Table(
    "unit", metadata,
    sa.Column("scan_seq", BIG, primary_key=True, autoincrement=False),
    sa.Column("source", Text, primary_key=True),
    sa.Column("dataset", Text, primary_key=True),
    sa.Column("scan_id", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("started_at", Moment),
    sa.Column("finished_at", Moment),
    sa.Column("rows", BIG, nullable=False),
    sa.Column("bytes", BIG),
    sa.Column("error", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("total_rows", BIG),
    sa.Column("comment", Text, nullable=False),
    sa.Column("fingerprint", Text, nullable=False),
    sa.Column("rules_version", Text, nullable=False),
    sa.Column("depth", Text, nullable=False),
    sa.Column("looked_in", Text),
    sa.Index("unit_by_dataset", "source", "dataset", "scan_seq"),
)  # fmt: skip

OBSERVED = (
    "scan_id", "source", "dataset", "path", "field", "entity", "category", "strength", "confidence", "matched", "sampled", "rows", "bound",
    "method", "recognisers", "evidence", "explanation", "signals", "shapes", "also", "lineage", "declared_type", "fingerprint", "observed_at",
    "rules_version",
)  # fmt: skip


def _observed() -> list[sa.Column[Any]]:
    texts = {"entity", "category"}
    kinds: dict[str, Any] = {
        **dict.fromkeys(("confidence", "bound"), sa.Float(53)),
        **dict.fromkeys(("matched", "sampled", "rows"), BIG),
        **dict.fromkeys(("recognisers", "evidence", "signals", "shapes", "also"), sa.JSON),
        "observed_at": Moment,
    }
    return [sa.Column(name, kinds.get(name, Text), nullable=name in texts) for name in OBSERVED]


_PERSONAL = sa.text("category IS NOT NULL")
observation = sa.Table(
    "observation", metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    *_observed(),
    sa.Column("digest", Text, nullable=False),
    sa.Index("observation_once", "scan_id", "digest", unique=True),
    sa.Index("observation_by_dataset", "source", "dataset", "scan_id"),
    sa.Index("observation_personal", "scan_id", "source", "dataset", "strength", sqlite_where=_PERSONAL, postgresql_where=_PERSONAL),
)  # fmt: skip

FACT = ("subject", "name", "value", "observed_at", "how", "needs", "source")


def _fact() -> list[sa.Column[Any]]:
    return [
        sa.Column("batch", Text, nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("dataset", Text, nullable=False),
        sa.Column("subject", Text, nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("value", sa.JSON),
        sa.Column("observed_at", Moment, nullable=False),
        sa.Column("how", Text, nullable=False),
        sa.Column("needs", Text, nullable=False),
    ]


fact = sa.Table(
    "fact", metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    *_fact(),
    sa.Index("fact_by_source", "source", "dataset", "id"),
)  # fmt: skip

SKIPPED = ("scan_id", "source", "dataset", "path", "reason", "mend", "at")


def _skipped() -> list[sa.Column[Any]]:
    return [sa.Column(name, Moment if name == "at" else Text, nullable=False) for name in SKIPPED]


skipped = sa.Table(
    "skipped", metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("scan_seq", BIG, nullable=False),
    *_skipped(),
    sa.Column("digest", Text, nullable=False),
    sa.Index("skipped_once", "scan_seq", "digest", unique=True),
)  # fmt: skip

evidence = sa.Table(
    "evidence", metadata,
    sa.Column("sequence", BIG, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("evidence_by_kind", "kind", "sequence"),
)  # fmt: skip

evidence_head = sa.Table(
    "evidence_head", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sequence", BIG, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("signature", sa.Text),
)  # fmt: skip

lease = sa.Table(
    "lease", metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("runner", Text, nullable=False),
    sa.Column("taken_at", Moment, nullable=False),
    sa.Column("renewed_at", Moment, nullable=False),
)  # fmt: skip

run = sa.Table(
    "run", metadata,
    sa.Column("seq", BIG, primary_key=True, autoincrement=True),
    sa.Column("run_id", Text, nullable=False, unique=True),
    sa.Column("job", Text, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("status", Text, nullable=False),
    sa.Column("exit_code", sa.Integer),
    sa.Column("detail", Text, nullable=False),
    sa.Column("runner", Text, nullable=False),
)  # fmt: skip

alarm = sa.Table(
    "alarm", metadata,
    sa.Column("seq", BIG, primary_key=True, autoincrement=True),
    sa.Column("key", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Index("alarm_by_key", "key", "seq"),
)  # fmt: skip

delivery = sa.Table(
    "delivery", metadata,
    sa.Column("alarm_seq", BIG, primary_key=True, autoincrement=False),
    sa.Column("channel", Text, primary_key=True),
    sa.Column("status", Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.Index("delivery_by_status", "status", "channel"),
)  # fmt: skip

canary = sa.Table(
    "canary", metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("hmac", Text, nullable=False),
    sa.Column("home", sa.JSON, nullable=False),
    sa.Column("by", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)  # fmt: skip

document = sa.Table(
    "document", metadata,
    sa.Column("hash", Text, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", Moment, nullable=False),
)  # fmt: skip

current_unit = sa.Table("current_unit", views, *(sa.Column(c.name, c.type) for c in unit.c))
current_field = sa.Table("current_field", views, sa.Column("id", BIG), *_observed())
current_fact = sa.Table("current_fact", views, sa.Column("id", BIG), *_fact())
current_skipped = sa.Table("current_skipped", views, sa.Column("id", BIG), *_skipped())
