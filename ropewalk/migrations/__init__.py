"""The register's migrations (Alembic): one file a version, run when a register is opened."""

HEAD = "0005"
"""The newest version; a test holds it equal to the newest file."""
