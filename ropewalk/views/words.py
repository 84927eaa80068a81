"""Words and marks for people: every status has a mark besides its colour, every category a name a steward uses."""

from __future__ import annotations

from collections.abc import Iterable

from ropewalk.model import Status

WORST_FIRST = (Status.FAIL, Status.ERROR, Status.STALE, Status.UNKNOWN, Status.PASS, Status.NOT_APPLICABLE)
"""The order of `ropewalk.model.worst`: a clause is as good as its weakest subject."""

_STATUS = {
    "pass": ("✓", "pass"),
    "fail": ("✗", "fail"),
    "unknown": ("?", "unknown"),
    "stale": ("~", "stale"),
    "error": ("!", "error"),
    "not_applicable": ("–", "not applicable"),
}

_CATEGORY = {
    "name": "name",
    "address": "postal address",
    "email": "e-mail",
    "phone": "phone",
    "gift_message": "gift message",
    "survey_response": "survey response",
    "payment": "payment details",
    "purchases": "purchases",
    "cookie": "cookie or session id",
    "fingerprint": "digital fingerprint",
    "ip": "IP address",
    "geo": "geo-location",
    "postal_code": "postal code",
    "device_id": "device id",
    "gov_id": "government or tax id",
    "dob": "date of birth",
    "username": "user name",
    "person_id": "person id",
    "demographic": "demographic",
    "free_text": "free text about people",
    "credential": "credential",
}


def status_word(status: str) -> str:
    """`not_applicable` -> `not applicable`."""
    return _STATUS.get(status, ("", status))[1]


def status_mark(status: str) -> str:
    """`fail` -> `✗ fail`: readable without colour."""
    mark, word = _STATUS.get(status, ("·", status))
    return f"{mark} {word}"


def category_word(category: str | None) -> str:
    """`gov_id` -> `government or tax id`; nothing -> `nothing personal`."""
    return _CATEGORY.get(category, category) if category else "nothing personal"


def worst_status(statuses: Iterable[str]) -> str:
    """The worst of several; of none: unknown, for silence is never a pass."""
    order = [str(s.value) for s in WORST_FIRST]
    return min(statuses, key=lambda s: order.index(s) if s in order else 1, default="unknown")


def byte_words(count: float) -> str:
    """`1536000` -> `1.5 MB`: powers of a thousand, as disks and networks are told."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
