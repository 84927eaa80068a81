"""A register for each database."""

from __future__ import annotations

from register_urls import postgres_url, url

__all__ = ["postgres_url", "url"]
