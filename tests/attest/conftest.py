"""Shared by the tests of people's words."""

from small_company import cli

__all__ = ["cli"]
