"""The nouns: frozen, slotted, no I/O. Values live in `Sample` only, and a Sample never leaves RAM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NoReturn

from ropewalk.fieldpath import Path as Path
from ropewalk.fieldpath import path_of as path_of
from ropewalk.fieldpath import path_text as path_text
from ropewalk.testimony import Attestation as Attestation
from ropewalk.testimony import Waiver as Waiver


class Category(StrEnum):
    """What the policy's definition of PII (clause 4) names, in its words; after `DEVICE`, ours beyond it."""

    NAME = "name"
    ADDRESS = "address"
    EMAIL = "email"
    PHONE = "phone"
    GIFT_MESSAGE = "gift_message"
    SURVEY_RESPONSE = "survey_response"
    PAYMENT = "payment"
    PURCHASES = "purchases"
    COOKIE = "cookie"
    FINGERPRINT = "fingerprint"
    IP = "ip"
    GEO = "geo"
    POSTAL_CODE = "postal_code"
    DEVICE = "device_id"
    GOV_ID = "gov_id"
    DOB = "dob"
    USERNAME = "username"
    PERSON_ID = "person_id"
    DEMOGRAPHIC = "demographic"
    FREE_TEXT = "free_text"
    CREDENTIAL = "credential"

    @property
    def in_policy(self) -> bool:
        """Whether the policy's definition of PII names it."""
        return list(Category).index(self) <= list(Category).index(Category.DEVICE)


class Strength(StrEnum):
    """DIRECT points to a person on its own; WEAK only together with more (a city, a customer number)."""

    DIRECT = "direct"
    WEAK = "weak"


class Environment(StrEnum):
    PRODUCTION = "production"
    TEST = "test"


class Status(StrEnum):
    """The verdict of a control. UNKNOWN and STALE are never shown as good."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNKNOWN = "unknown"
    STALE = "stale"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Source:
    """A store to look at. `uri` may hold a password and is in no repr. `key`: what masked names are told apart with (naming.Names)."""

    name: str
    uri: str = attribute(repr=False)
    owner: str = ""
    environment: Environment = Environment.PRODUCTION
    location: str = ""
    purpose: str = ""
    options: Mapping[str, Any] = attribute(default_factory=lambda: MappingProxyType({}), repr=False)
    key: bytes = attribute(default=b"", repr=False)

    @property
    def scheme(self) -> str:
        """`postgresql+psycopg://…` -> `postgresql`; a bare path -> `file`."""
        return self.uri.split("://", 1)[0].split("+", 1)[0].lower() if "://" in self.uri else "file"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table, view, collection, file or log of a source. `name` is unique in the source.

    `kind`: table | view | file | log | collection | settings (facts, no rows). `rows`/`bytes`: as the store tells, else None.
    `fingerprint`: cheap token that changes when the data may have changed; "" where there is none.
    `comment`: the store's own description. `handle`: for the connector that made it; never shown or stored.
    """

    source: str
    name: str
    kind: str
    rows: int | None = None
    bytes: int | None = None
    fingerprint: str = ""
    comment: str = ""
    handle: Any = attribute(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of a dataset: a column, a JSON path, a named part of a log line."""

    source: str
    dataset: str
    path: Path

    def __str__(self) -> str:
        return f"{self.source}/{self.dataset}#{path_text(self.path)}"


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of one field, in RAM and nowhere else: no repr shows them and nothing serialises them.

    values: distinct non-null values as text with their counts; rows: rows looked at; nulls: how many of
    them held nothing; total: rows in the dataset, if known; method: full | bernoulli | keyed | head | stride
    | distinct (all rows were read, of too many values a fair part is kept);
    declared_type: the store's type in lower case (`varchar`, `bigint`, …) or "" ; comment: the store's own.
    cells (= rows - nulls) is the denominator of every share. Samples of one field add up with `+`.
    """

    field: FieldRef
    values: Mapping[str, int] = attribute(repr=False)
    rows: int
    nulls: int = 0
    total: int | None = None
    method: str = "full"
    declared_type: str = ""
    comment: str = ""

    @property
    def cells(self) -> int:
        return sum(self.values.values())

    def __add__(self, other: Sample) -> Sample:
        values = dict(self.values)
        for value, count in other.values.items():
            values[value] = values.get(value, 0) + count
        return Sample(
            self.field, values, self.rows + other.rows, self.nulls + other.nulls, self.total or other.total,
            self.method, self.declared_type or other.declared_type, self.comment or other.comment,
        )  # fmt: skip

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Sample holds personal values and is never serialised")


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not looked at, why, and how to change that. Silence is a bug.

    lasting: another scan would not read it either, for it is empty, encrypted or no data, or a limit or rule leaves it out.
    """

    source: str
    dataset: str
    reason: str
    mend: str = ""
    path: Path = ()
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a store says about itself. `value` is a JSON scalar, list or dict without personal values.

    subject: `source`, `source/dataset` or `source/dataset#path`. value None means unknown: `needs` then says
    which permission would tell. how: the query, call or probe that told it.
    """

    subject: str
    name: str
    value: Any
    observed_at: datetime
    how: str
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One piece of evidence in a verdict: kind (name | value | checksum | lineage | neighbours | type | negative),
    weight (positive speaks for, negative against, in log-odds) and words a steward understands."""

    kind: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one field. `category` None: nothing found, and `bound` says how much could have been missed.

    confidence: calibrated probability 0..1; matched/sampled: cells; bound: upper limit, at 95 %, of the share of
    cells that could still hold what was not seen (3/n, "rule of three"); shapes: masked patterns of values
    (`Aa 99`), never values; also: further (entity, category, cells) seen in the same field; lineage: the SP-API
    field it came from, if recognised; fingerprint: stable over rescans and renames of the store.
    """

    field: FieldRef
    entity: str | None
    category: Category | None
    strength: Strength
    confidence: float
    matched: int
    sampled: int
    rows: int
    bound: float
    method: str
    recognisers: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()
    shapes: tuple[str, ...] = ()
    also: tuple[tuple[str, Category, int], ...] = ()
    lineage: str = ""
    declared_type: str = ""
    fingerprint: str = ""

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that speak for the verdict, strongest first."""
        return tuple(dict.fromkeys(s.kind for s in sorted(self.signals, key=lambda s: -s.weight) if s.weight > 0))

    @property
    def explanation(self) -> str:
        return "; ".join(s.words for s in sorted(self.signals, key=lambda s: -abs(s.weight)))


@dataclass(frozen=True, slots=True)
class ControlResult:
    """One verdict: a control on a subject for a requirement of a policy. Counts only, never values.

    clause: `2.1`; requirement: `2.1.a`; checked/failed: things counted (rows, fields, accounts); coverage: `full`
    or `sample of n (bound b)`; reason: one sentence; mend: what would turn it green; details: numbers and names
    from an allow-list; meaning: fingerprint of what was asked (control and limits), so that a verdict on an older question
    is known as one; excused: until when, by whom and why a failure is borne, which stays a failure.
    """

    control: str
    clause: str
    requirement: str
    subject: str
    status: Status
    reason: str
    checked: int = 0
    failed: int = 0
    coverage: str = "full"
    mend: str = ""
    details: Mapping[str, int | float | str] = attribute(default_factory=dict)
    policy: str = ""
    policy_hash: str = ""
    as_of: datetime | None = None
    meaning: str = ""
    excused: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link of the hash chain: `hash` covers `previous`, `kind`, `at` and the canonical JSON of the record."""

    sequence: int
    kind: str
    at: datetime
    record: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ProcessingActivity:
    """A row of the record of processing (GDPR Art. 30; policy clause 2.2): one personal field and its life; state: declared
    (not seen) | observed (declared and seen) | undeclared (seen, not declared)."""

    field: str
    category: str
    state: str
    activity: str = ""
    details: Mapping[str, str] = attribute(default_factory=dict)


def worst(results: Sequence[ControlResult]) -> Status:
    """The worst status of several: a clause is as good as its weakest subject."""
    order = [Status.FAIL, Status.ERROR, Status.STALE, Status.UNKNOWN, Status.PASS, Status.NOT_APPLICABLE]
    return min((r.status for r in results), key=order.index, default=Status.UNKNOWN)
