"""Fixtures of the scan's tests."""

from __future__ import annotations

from scan_shop import shop

__all__ = ["shop"]
