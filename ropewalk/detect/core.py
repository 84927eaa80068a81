"""The detection core: samples of a dataset in, one verdict a field out (docs/reference/detection.md)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path as FilePath

from ropewalk.config import Detection
from ropewalk.detect import languages, secrets, verdict
from ropewalk.detect.authority import Authority
from ropewalk.detect.calibration import probability
from ropewalk.detect.fieldnames import NameReader
from ropewalk.detect.hits import NameTagger
from ropewalk.detect.lineage import Lineage
from ropewalk.detect.neighbours import weigh_neighbours
from ropewalk.detect.packs import Packs
from ropewalk.detect.profile import Profiler
from ropewalk.detect.prose import read_prose
from ropewalk.detect.tagging import tag_views
from ropewalk.detect.verdict import Candidate, View
from ropewalk.errors import ConfigError
from ropewalk.masking import shape
from ropewalk.model import Category, Dataset, Finding, Path, Sample, Signal, Strength

RULES = "6"
"""Rises with every change to the rules in Python; the packs count by their content."""
_DATE_PARTS = re.compile(r"(?<![a-z0-9])(?:19|20)\d\d(?:[-_./]?(?:q[1-4]|\d{1,2}))*(?![a-z0-9])|\d{4,}")


class Detector:
    """Judges fields; keeps `contracts.Judge`. Use `Detector.of`."""

    enough = 1_000

    def __init__(self, detection: Detection, packs: Packs, names: NameTagger | None = None) -> None:
        self._detection, self._packs, self._names = detection, packs, names
        self._reader = NameReader(packs)
        self._profiler = Profiler(packs)
        self._authority = Authority(detection, packs)
        self._lineage = Lineage(packs, self._reader)
        self._by_id = {r.id: r for r in packs.recognisers}
        self._negatives = {n.id: n for n in packs.negatives}
        self._deny = [_denied(entry) for entry in detection.deny]
        models = getattr(names, "version", "") if detection.ner else ""
        told = f"{detection.threshold}|{detection.language}|{detection.regions}|{models}|{detection.allow}|{detection.deny}"
        self.version = f"{RULES}-{packs.digest}-{hashlib.sha256(told.encode()).hexdigest()[:6]}"

    @classmethod
    def of(cls, detection: Detection, packs: Sequence[FilePath], names: NameTagger | None = None) -> Detector:
        """Reads the packs (files or folders; those of the configuration are added). Raises ConfigError.

        names: the name models, those of `names.py` unless `detection.ner` is off; they load at first use.
        """
        languages.check(detection if names is None else detection.model_copy(update={"ner": False}))
        if names is None and detection.ner:
            from ropewalk.detect.names import Names

            names = Names(detection.spacy_model)
        return cls(detection, Packs.read([*packs, *(FilePath(p) for p in detection.packs)]), names)

    def judge(self, dataset: Dataset, samples: Sequence[Sample]) -> list[Finding]:
        """One Finding a sample, in order; a field without personal data has `category` None."""
        views = [self._view(sample) for sample in samples]
        for view in views:
            verdict.against(view)
        if self._names is not None and self._detection.ner:
            tag_views(views, self._names, self._by_id)
        read_prose(views, self._names if self._detection.ner else None, self._by_id)
        weigh_neighbours(views, dataset.name, self._by_id)
        return [self._finding(view) for view in views]

    def unsettled(self, findings: Sequence[Finding]) -> list[Path]:
        """The fields whose verdict more rows could change: too few cells, or a close call in which the cells have a say."""
        return [f.field.path for f in findings if f.method != "full" and (f.sampled < self.enough or _close(f))]

    def _view(self, sample: Sample) -> View:
        name = self._reader.read(sample.field.path)
        profile = self._profiler.measure(sample)
        self._authority.confirm(profile, sample.values, name.all)
        origin = self._lineage.of(name)
        found = verdict.candidates(self._packs.recognisers, sample, name, self._reader.says(name), profile, origin)
        denied = []
        for id_, negative in self._negatives.items():
            share = profile.negatives.get(id_)
            weight = verdict.weigh(share.share, negative.weight, 0.0, profile.looked) if share is not None else 0.0
            if weight > 0:
                denied.append((negative, weight))
        named = tuple(self._negatives[id_] for id_ in sorted(self._reader.denies(name)))
        return View(sample, name, profile, origin, found, denied, named)

    def _finding(self, view: View) -> Finding:
        sample, profile = view.sample, view.profile
        best = view.first
        confidence = probability(best.logit) if best is not None else probability(verdict.PRIOR - 3)
        entity: str | None = None
        category: Category | None = None
        strength, signals = Strength.WEAK, tuple(best.signals) if best else ()
        recognisers: tuple[str, ...] = ()
        if best is not None and confidence >= self._detection.threshold:
            r = best.recogniser
            entity, category, strength, recognisers = r.entity, r.category, Strength.DIRECT if view.direct else r.strength, (r.id,)
            if view.origin is not None and view.origin.field.category is category:
                entity = view.origin.field.entity
        elif (hidden := _pseudonym(view)) is not None:
            r = hidden.recogniser
            entity, category, recognisers, confidence = r.entity, r.category, (r.id, "hash"), 0.7
            signals = (
                *(s for s in hidden.signals if s.kind == "name"),
                Signal("value", 1.0, f"the cells are hashes or ciphertext of what the name calls {r.one}"),
            )
            best = hidden
        matched = self._matched(best, view) if best is not None and category is not None else 0
        kept = secrets.find(sample.values)
        within = best is not None and best.inside is not None and bool(kept) and best.inside.cells <= kept[0].cells and category is Category.EMAIL
        if kept and (category is None or strength is Strength.WEAK or within) and category is not Category.CREDENTIAL:
            entity, category, strength, confidence, matched = kept[0].entity, Category.CREDENTIAL, Strength.WEAK, 0.97, kept[0].cells
            signals = (
                Signal("checksum", 6.0, f"{kept[0].cells} of {profile.cells} cells hold a secret ({kept[0].entity.lower().replace('_', ' ')})"),
            )
            recognisers = ("secrets",)
        if profile.capped:
            signals = (*signals, Signal("value", 0.0, f"recognisers looked at {profile.looked:,} of {profile.distinct:,} different values"))
        finding = Finding(
            sample.field, entity, category, strength, round(confidence, 3), matched, profile.cells, sample.rows,
            _bound(sample, profile.cells), sample.method, recognisers, signals, _shapes(sample), _also(view, category, kept),
            view.origin.text if view.origin and view.origin.field.category is category else "",
            sample.declared_type, fingerprint(self._reader, sample),
        )  # fmt: skip
        return self._steered(finding)

    def _matched(self, best: Candidate, view: View) -> int:
        """Cells that match; all of them where only the name tells."""
        seen = best.share.cells if best.share else 0
        if seen and view.profile.capped:
            seen = self._profiler.count(best.recogniser.id, view.sample.values)
        return min(view.profile.cells, max(seen, best.inside.cells if best.inside else 0)) or view.profile.cells

    def _steered(self, finding: Finding) -> Finding:
        """What the configuration's allow and deny lists say has the last word."""
        field = str(finding.field)
        for pattern, category in self._deny:
            if fnmatchcase(field, pattern):
                said = Signal("name", 9.0, "the configuration says that this field is personal (deny)")
                return replace(
                    finding, entity=finding.entity or category.value.upper(), category=category, strength=Strength.DIRECT, confidence=0.99,
                    matched=finding.matched or finding.sampled, signals=(said, *finding.signals), recognisers=("deny", *finding.recognisers),
                )  # fmt: skip
        for pattern in self._detection.allow:
            if fnmatchcase(field, pattern) and finding.category is not None:
                said = Signal("negative", -9.0, "the configuration says that this field is not personal (allow)")
                return replace(
                    finding,
                    entity=None,
                    category=None,
                    strength=Strength.WEAK,
                    confidence=0.01,
                    matched=0,
                    signals=(said, *finding.signals),
                    recognisers=("allow",),
                )
        return finding


def _close(f: Finding) -> bool:
    told = any(s.weight and s.kind in {"value", "checksum", "negative"} for s in f.signals)
    return told and 0.2 < f.confidence < 0.8 and f.sampled < 10_000 and "deny" not in f.recognisers


def fingerprint(reader: NameReader, sample: Sample) -> str:
    """Names a field over rescans and cosmetic renames: source, dataset without dates and long numbers, words of the path."""
    dataset = _DATE_PARTS.sub("#", sample.field.dataset.lower())
    words = " ".join(reader.read(sample.field.path).all) or ".".join(sample.field.path)
    return hashlib.sha256(f"{sample.field.source}\0{dataset}\0{words}".encode()).hexdigest()[:20]


def _pseudonym(view: View) -> Candidate | None:
    """The name says a direct kind and the cells are hashes or random keys: pseudonymised, so weak."""
    hashed = any(n.id in {"hash", "uuid", "ciphertext"} and not n.names and w > 0 for n, w in view.denied)
    if not hashed or view.profile.cells == 0:
        return None
    return max((c for c in view.candidates.values() if c.said == "sure"), key=lambda c: c.logit, default=None)


def _bound(sample: Sample, cells: int) -> float:
    """Rule of three; nothing is left to miss where every row was read."""
    if sample.method == "full" and (sample.total is None or sample.rows >= sample.total) and sample.rows > 0:
        return 0.0
    return min(1.0, 3 / cells) if cells else 1.0


def _shapes(sample: Sample) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for value, n in list(sample.values.items())[:200]:
        text = shape(value)
        counts[text] = counts.get(text, 0) + n
    return tuple(sorted(counts, key=lambda s: -counts[s])[:3])


def _also(view: View, category: Category | None, kept: list[secrets.Secrets]) -> tuple[tuple[str, Category, int], ...]:
    found = [(s.entity, Category.CREDENTIAL, s.cells) for s in kept if category is not Category.CREDENTIAL]
    for c in view.candidates.values():
        r = c.recogniser
        hits = c.inside if c.inside and r.value and (r.value.alone or c.inside.distinct > 1) else None
        if hits and r.category is not category and c.logit > -1:
            found.append((r.entity, r.category, hits.cells))
    return tuple(sorted(found, key=lambda f: -f[2])[:6])


def _denied(entry: str) -> tuple[str, Category]:
    pattern, _, name = entry.rpartition("=")
    if not pattern or name not in set(Category):
        raise ConfigError(
            f"detection.deny: {entry!r} names no category",
            where="ropewalk.yaml",
            mend=f"write source/dataset#path=category, one of: {', '.join(Category)}",
        )
    return pattern, Category(name)
