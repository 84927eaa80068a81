"""Fixtures of the register's tests: every one runs on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

from register_rows import register
from register_urls import postgres_url, url

__all__ = ["postgres_url", "register", "url"]
