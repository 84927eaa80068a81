"""Documents behind attestations, kept encrypted: found by the SHA-256 of what they say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")
    op.create_table(
        "document",
        sa.Column("hash", sa.Text(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", moment, nullable=False),
    )
