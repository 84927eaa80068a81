"""`ropa.yaml`: what people declare about the processing of personal data, reviewed in git like code.

Sources: GDPR Art. 30(1) and (2); Data Protection Policy, clause 2.2. Every key: docs/ropa.md. Errors name file, line, mend.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from ropewalk.config import Config, Strict, parse, validate
from ropewalk.errors import ConfigError
from ropewalk.model import Category
from ropewalk.yamllines import all_differ


class Party(Strict):
    """A company or a person with an office: controller, representative, data protection officer, processor."""

    name: str = Field(min_length=1)
    contact: str = ""
    address: str = ""

    def __str__(self) -> str:
        return ", ".join(p for p in (self.name, self.address, self.contact) if p)


class Collected(Strict):
    """Where the data comes from: an API operation or a report, or another channel; and the role or token that opens it."""

    operation: str = ""
    report: str = ""
    channel: str = ""
    role: str = ""

    def __str__(self) -> str:
        return ", ".join(p for p in (self.operation, self.report, self.channel) if p)


class Shared(Strict):
    """Who receives the data, by which mechanism, and for what."""

    recipient: str = Field(min_length=1)
    mechanism: str = Field(min_length=1)
    purpose: str = ""

    def __str__(self) -> str:
        return f"{self.recipient} (by {self.mechanism}{f', for {self.purpose}' if self.purpose else ''})"


class Transfer(Strict):
    """A third country, and the safeguard that permits the transfer."""

    country: str = Field(min_length=1)
    safeguard: str = Field(min_length=1)
    recipient: str = ""

    def __str__(self) -> str:
        return f"{self.country}{f' ({self.recipient})' if self.recipient else ''}: {self.safeguard}"


class Disposed(Strict):
    """When and how the data goes: rule (`30 days after delivery`), clock (what starts it), method, last run."""

    rule: str = Field(min_length=1)
    clock: str = Field(min_length=1)
    method: str = Field(min_length=1)
    last_run: date | None = None


class LegalHold(Strict):
    """A law that asks for longer storage: always with its end."""

    statute: str = Field(min_length=1)
    until: date

    def __str__(self) -> str:
        return f"{self.statute}, until {self.until}"


class Claim(Strict):
    """A field, or a glob over fields (`*` and `?`): `source/dataset#path`; optionally what it holds."""

    field: str = Field(pattern=r"^[^/#]+/[^#]+#.+$")
    category: Category | None = None

    @property
    def exact(self) -> bool:
        return "*" not in self.field and "?" not in self.field

    def matches(self, field: str) -> bool:
        return _glob(self.field).fullmatch(field) is not None

    def covers_source(self, source: str) -> bool:
        return _glob(self.field.split("/", 1)[0]).fullmatch(source) is not None


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    """Only `*` and `?` are special: `[]` is part of a path (`items[].giftMessage`), not a class of characters."""
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.DOTALL)


class Activity(Strict):
    """One processing activity: what for, about whom, from where, for how long, and which fields it covers."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    name: str = Field(min_length=1)
    role: Literal["controller", "processor"] = "controller"
    purposes: list[str] = Field(min_length=1)
    subjects: list[str] = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    collected: list[Collected] = Field(min_length=1)
    processed: str = ""
    stored: str = ""
    used: list[str] = Field(default_factory=list)
    shared: list[Shared] = Field(default_factory=list)
    transfers: list[Transfer] = Field(default_factory=list)
    disposed: Disposed
    security: list[str] = Field(min_length=1)
    key: str = ""
    owner: str = Field(min_length=1)
    next_review: date
    legal_hold: LegalHold | None = None
    fields: list[Claim] = Field(min_length=1)

    @field_validator("collected", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return [given] if isinstance(given, dict) else given

    @field_validator("fields", mode="before")
    @classmethod
    def _globs(cls, given: Any) -> Any:
        return [{"field": f} if isinstance(f, str) else f for f in given] if isinstance(given, list) else given


class Declared(Strict):
    """The whole of `ropa.yaml`."""

    version: Literal[1] = 1
    controller: Party
    joint_controller: Party | None = None
    representative: Party | None = None
    dpo: Party | None = None
    processor: Party | None = None
    on_behalf_of: list[Party] = Field(default_factory=list, description="Art. 30(2): each controller (seller) that a processor works for")
    activities: list[Activity] = Field(default_factory=list)

    @field_validator("activities")
    @classmethod
    def _unique(cls, activities: list[Activity]) -> list[Activity]:
        all_differ([a.id for a in activities], "two activities have the id {}; each id must be unique", "id")
        return activities


def read(path: Path) -> Declared:
    """Reads `ropa.yaml`. Raises ConfigError with file, line and mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("the record of processing cannot be read", where=str(path), mend="write it as UTF-8 text (docs/ropa.md)") from None
    data, lines = parse(text, str(path))
    return validate(Declared, data, str(path), lines, "docs/ropa.md")


def declared(config: Config) -> Declared | None:
    """The record that the configuration names (`ropa: ropa.yaml`), or None when nobody has written one yet."""
    path = config.resolve(config.settings.ropa)
    return read(path) if path.is_file() else None


def digest(config: Config) -> str:
    """SHA-256 of the file, for the head of exports; "" without one."""
    path = config.resolve(config.settings.ropa)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
