"""Runs migrations on the connection that `open_register` hands over, inside its transaction; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from ropewalk.register.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    transactional_ddl=True,
)
context.run_migrations()
