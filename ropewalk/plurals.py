"""One field, two fields."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 exception holds`, `2 exceptions hold`: the words for one and for any other number, which else only take an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
