"""What the values of one field show: shares of cells for every recogniser, with denominators. Values stay in here and in RAM."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ropewalk.detect import addresses, eastern, gazetteer, validators
from ropewalk.detect.packs import Negative, Packs, Recogniser
from ropewalk.model import Category, Sample

CAP = 400
"""Distinct values that each recogniser looks at in one field; the shares are of these."""
FIRST = 50
"""Distinct values that decide whether a recogniser looks at the rest: what none of them shows is left to the search in text."""
_NOTHING = frozenset('n/a na null none nan - -- --- ? . unknown tbd nil n.a. \\n undefined #n/a #name? (null) <na> [] {} ""'.split()) | {
    "not available",
    "not applicable",
    "",
    "n / a",
    "test",
    "tba",
    "n/d",
    "s/n",
    "k.a.",
    "brak",
}
_ZEROS = re.compile(r"0{4,}|0{1,4}([-/.])0{1,2}\1(?:0000|00)")
"""Numbers and dates that stand for none."""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_DIGITS = re.compile(r"\d[\d .:()/-]{3}")
_INTEGER = re.compile(r"\d{1,18}")
_EXAMPLE = re.compile(
    r"(?i)(?:you|your\.?name|your\.?email|name|first\.?name|user|username|someone|somebody|email|mail|info|test|foo|du|ihr\.?name|vous|votre\.?nom|nom|"
    r"tu|usted|nombre|nome|jij|naam)@(?:example|domain|yourdomain|company|yourcompany|test|foo|bar|beispiel|domaine|exemple|ejemplo|dominio|empresa|"
    r"esempio|voorbeeld|exemplo)\.[a-z.]{2,6}"
)
"""An address that shows how one is written. Only in longer texts: a whole column of them is test data of people."""
_LATIN, _FOREIGN = re.compile(r"[A-Za-zÀ-ɏ]"), re.compile(r"[Ͱ-῿Ⰰ-퟿]")
_GUARDED = re.compile(r"'([+\d][\d .()/+-]*)|=\"([^\"]+)\"")
MEASURES: dict[str, Callable[[str], float]] = {
    "person": lambda v: max(gazetteer.person(v), eastern.person(v)),
    "street": lambda v: max(addresses.street(v), eastern.street(v)),
    "unit": lambda v: max(addresses.unit(v), eastern.unit(v)),
    "city": gazetteer.city,
    "birth_date": lambda v: float(validators.birth_date(v)),
    "latitude": lambda v: float(validators.latitude(v)),
    "longitude": lambda v: float(validators.longitude(v)),
}


@dataclass(frozen=True)
class Share:
    """cells and distinct values that matched; `share` (0..1) is of the distinct values looked at."""

    cells: int
    distinct: int
    share: float


@dataclass(frozen=True)
class Profile:
    """The numbers of one field. looked: distinct values looked at; firms, single, towns: shares with a
    company's mark, of one word, that are places; foreign: share that has no Latin letter, but letters of another script."""

    cells: int
    distinct: int
    looked: int
    matches: dict[str, Share]
    negatives: dict[str, Share]
    inside: dict[str, Share]
    numeric: float
    integer: float
    sequence: bool
    prose: bool
    enum: bool
    decimals: float
    years: tuple[int, int, float] | None
    firms: float = 0.0
    single: float = 0.0
    towns: float = 0.0
    foreign: float = 0.0
    texts: Sequence[str] = field(repr=False, default=())

    def plausible(self, pattern: re.Pattern[str]) -> float:
        """Share of the distinct values in which a pattern is found."""
        return sum(bool(pattern.search(t)) for t in self.texts) / self.looked if self.looked else 0.0

    @property
    def capped(self) -> bool:
        return self.distinct > self.looked


class Profiler:
    """Compiles the packs' expressions once and measures fields with them."""

    def __init__(self, packs: Packs) -> None:
        self._recognisers = [_compiled(r) for r in packs.recognisers]
        self._negatives = [_Compiled(n.id, [re.compile(p) for p in n.patterns], [], n.validator, "") for n in packs.negatives if n.patterns]

    def measure(self, sample: Sample) -> Profile:
        """The profile of a sample's non-null cells."""
        real = {_bare(v): n for v, n in sample.values.items() if v.strip().lower() not in _NOTHING and not _ZEROS.fullmatch(v)}
        cells, distinct = sum(real.values()), len(real)
        texts = list(real)
        if distinct > CAP:
            step = distinct / CAP
            texts = [texts[int(i * step)] for i in range(CAP)]
        looked = len(texts)
        numbers = [t for t in texts if _NUMBER.fullmatch(t)]
        forms = texts
        if numbers and len(numbers) == looked and sum(t.endswith(".0") for t in numbers) >= 0.8 * looked:
            forms = [t.removesuffix(".0") for t in texts]
        integers = [int(t) for t in forms if _INTEGER.fullmatch(t)]
        counted = [(t, f, real[t]) for t, f in zip(texts, forms, strict=True)]
        prose = bool(texts) and sum(len(t) > 40 and t.count(" ") >= 6 for t in texts) >= 0.5 * looked
        return Profile(
            cells, distinct, looked,
            matches={c.id: s for c in self._recognisers if (s := c.share(counted, prose)) is not None},
            negatives={c.id: s for c in self._negatives if (s := c.share(counted, False)) is not None and s.distinct},
            inside=self._inside(real),
            numeric=len(numbers) / looked if looked else 0.0,
            integer=len(integers) / looked if looked else 0.0,
            sequence=_sequence(integers, looked, cells, distinct),
            prose=prose,
            enum=cells >= 20 and distinct <= max(3, cells // 12),
            decimals=sum(len(t.rpartition(".")[2]) >= 3 for t in numbers if "." in t) / looked if looked else 0.0,
            years=_years(texts),
            towns=sum(gazetteer.city(t) for t in texts) / looked if looked and not numbers else 0.0,
            single=sum(t.isalpha() for t in texts) / looked if looked else 0.0,
            firms=sum(gazetteer.firm(t) for t in texts) / looked if looked else 0.0,
            foreign=sum(bool(_FOREIGN.search(t)) and not _LATIN.search(t) for t in texts) / looked if looked else 0.0,
            texts=forms,
        )  # fmt: skip

    def count(self, recogniser: str, values: Mapping[str, int]) -> int:
        """Cells that one recogniser matches as a whole, among all values of a field."""
        return next((c.count(values) for c in self._recognisers if c.id == recogniser), 0)

    def _inside(self, real: dict[str, int]) -> dict[str, Share]:
        """Hits within longer cells, over all distinct values: one search over a joined buffer a pattern."""
        long = [(v, n) for v, n in real.items() if len(v) > 8 and not v.isdecimal()]
        if not long:
            return {}
        starts, at = [], 0
        for v, _ in long:
            starts.append(at)
            at += len(v) + 1
        buffer = "\n".join(v.replace("\n", " ") for v, _ in long)
        mail, digits = "@" in buffer, bool(_DIGITS.search(buffer))
        found: dict[str, Share] = {}
        for c in self._recognisers:
            rows: set[int] = set()
            for pattern in c.inside if (mail if c.category is Category.EMAIL else digits) else ():
                for m in pattern.finditer(buffer):
                    row = bisect_right(starts, m.start()) - 1
                    if c.category is Category.EMAIL and _EXAMPLE.fullmatch(m.group()):
                        continue
                    if row not in rows and (c.check is None or c.check(m.group())):
                        rows.add(row)
            if rows:
                found[c.id] = Share(sum(long[i][1] for i in rows), len(rows), len(rows) / len(real))
        return found


def _bare(value: str) -> str:
    """A cell without the marks by which exports keep spreadsheets from eating zeros: `'02139`, `="02139"`."""
    text = value.strip()
    guarded = _GUARDED.fullmatch(text)
    return guarded.group(1) or guarded.group(2) if guarded else text


class _Compiled:
    """The expressions of one recogniser."""

    def __init__(self, id_: str, patterns: list[re.Pattern[str]], inside: list[re.Pattern[str]], validator: str, measure: str) -> None:
        self.id, self.patterns, self.inside = id_, patterns, inside
        self.measure = MEASURES[measure] if measure else None
        self.check = validators.named(validator) if validator else None
        self.category: Category | None = None
        self.soft = measure == "person"

    def share(self, counted: Sequence[tuple[str, str, int]], prose: bool) -> Share | None:
        if (not self.patterns and not self.measure) or not counted:
            return None
        if prose and self.soft:
            return Share(0, 0, 0.0)
        cells = distinct = 0
        total = 0.0
        if len(counted) > 3 * FIRST and not any(self._mark(t) for _, t, _ in counted[:: len(counted) // FIRST]):
            return Share(0, 0, 0.0)
        for _, text, n in counted:
            mark = self._mark(text)
            total += mark
            if mark >= 0.5:
                cells += n
                distinct += 1
        return Share(cells, distinct, total / len(counted))

    def _mark(self, text: str) -> float:
        if self.measure is not None:
            return self.measure(text)
        for pattern in self.patterns:
            if pattern.fullmatch(text) and (self.check is None or self.check(text)):
                return 1.0
        return 0.0

    def count(self, values: Mapping[str, int]) -> int:
        """Cells that match, of all distinct values."""
        return sum(n for v, n in values.items() if self._mark(v.strip()) >= 0.5)


def _compiled(r: Recogniser) -> _Compiled:
    value = r.value
    if value is None:
        return _Compiled(r.id, [], [], "", "")
    compiled = _Compiled(r.id, [re.compile(p) for p in value.patterns], [re.compile(p) for p in value.inside], value.validator, value.measure)
    compiled.category = r.category
    return compiled


def _sequence(integers: list[int], looked: int, cells: int, distinct: int) -> bool:
    """A counter: whole numbers, each once, lying close together or starting near zero."""
    if looked < 8 or len(integers) < looked or distinct < 0.98 * cells:
        return False
    return max(integers) - min(integers) <= 4 * max(distinct, cells) or max(integers) < 20 * distinct


def _years(texts: Sequence[str]) -> tuple[int, int, float] | None:
    """(first year, last year, median) of the dates, if nearly all cells are dates."""
    days = [d.year for t in texts if (d := validators.date_of(t))]
    if not days or len(days) < 0.9 * len(texts):
        return None
    days.sort()
    return days[0], days[-1], float(days[len(days) // 2])


__all__ = ["CAP", "MEASURES", "Negative", "Profile", "Profiler", "Share"]
