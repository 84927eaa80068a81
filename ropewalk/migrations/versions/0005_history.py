"""An index over what held personal data in which scan: the trend over many scans is counted from it alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("category IS NOT NULL")
    op.create_index(
        "observation_personal", "observation", ["scan_id", "source", "dataset", "strength"], sqlite_where=where, postgresql_where=where
    )  # fmt: skip
