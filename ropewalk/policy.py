"""Policy packs: clause -> requirements -> controls, limits, periods. Read, checked, hashed, compared; the engine knows no policy.

A pack is a YAML file (docs/policy-packs.md). `load_policy(config)` gives the pack as it applies here, with the overrides of
ropewalk.yaml: each names its reason, stands in every verdict that it touches, and changes the pack's hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from ropewalk.config import Config, Strict, line_of, parse, validate
from ropewalk.contracts import Requirement
from ropewalk.errors import ConfigError
from ropewalk.plugins import Plugins

Severity = Literal["low", "medium", "high", "critical"]
_ID = r"^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$"


class RequirementText(Strict):
    """A requirement as a pack writes it."""

    id: str = Field(pattern=_ID)
    text: str = Field(min_length=10)
    control: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Severity
    evidence: str = Field(min_length=5, description="what counts as evidence")
    mend: str = Field(min_length=5, description="what would turn it green")
    params: dict[str, Any] = Field(default_factory=dict, description="limits and periods, as the control documents them")


class ClauseText(Strict):
    """A clause as a pack writes it, in the pack's own words."""

    id: str = Field(pattern=_ID)
    title: str = Field(min_length=3)
    text: str = Field(min_length=10)
    requirements: list[RequirementText] = Field(default_factory=list)


class PackText(Strict):
    """A policy pack as people write it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str
    title: str
    source: str = ""
    clauses: list[ClauseText] = Field(min_length=1)

    @field_validator("clauses")
    @classmethod
    def _ids(cls, clauses: list[ClauseText]) -> list[ClauseText]:
        ids = [c.id for c in clauses] + [r.id for c in clauses for r in c.requirements]
        if twice := sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"the id {twice[0]} stands twice; each clause and requirement has its own")
        if strays := [r.id for c in clauses for r in c.requirements if not r.id.startswith(f"{c.id}.")]:
            raise ValueError(f"the requirement {strays[0]} must start with the id of its clause and a dot")
        return clauses


@dataclass(frozen=True)
class Pack:
    """A policy as it applies. hash: of all that it says, with overrides; notes: requirement -> its override in words."""

    id: str
    version: str
    title: str
    clauses: tuple[ClauseText, ...]
    requirements: tuple[Requirement, ...]
    hash: str
    path: Path
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def titles(self) -> dict[str, str]:
        return {c.id: c.title for c in self.clauses}

    @property
    def evidence(self) -> dict[str, str]:
        """requirement -> what counts as evidence."""
        return {r.id: r.evidence for c in self.clauses for r in c.requirements}

    def narrowed(self, wanted: Iterable[str] | None) -> tuple[Requirement, ...]:
        """The requirements of these clauses or requirements (`2`, `2.1`, `2.1.a`). Raises ConfigError for one that is not there."""
        if wanted is None:
            return self.requirements
        chosen: dict[str, Requirement] = {}
        for name in wanted:
            found = {r.id: r for r in self.requirements if f"{r.id}.".startswith(f"{name}.")}
            if not found:
                known = ", ".join(self.titles)
                raise ConfigError(f"the policy {self.id} has no clause {name!r}", where=str(self.path), mend=f"use one of: {known}")
            chosen |= found
        return tuple(r for r in self.requirements if r.id in chosen)


def meaning(need: Requirement) -> str:
    """Fingerprint of what a requirement asks: its control and limits. Words and severity change no verdict."""
    return _hash({"control": need.control, "params": dict(need.params)})[:16]


def read_pack(path: str | Path) -> Pack:
    """Reads one pack. Raises ConfigError naming file, line and mend."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise ConfigError("the policy pack cannot be read", where=str(file), mend="name a pack's YAML file, saved as UTF-8") from None
    data, lines = parse(text, str(file))
    try:
        pack = validate(PackText, data, str(file), lines)
    except ConfigError as error:
        raise ConfigError(error.what, where=error.where, mend="correct it (every key: docs/policy-packs.md)") from None
    requirements = tuple(
        Requirement(r.id, c.id, " ".join(r.text.split()), r.control, r.severity, r.params, " ".join(r.mend.split()))
        for c in pack.clauses
        for r in c.requirements
    )
    return Pack(pack.id, pack.version, pack.title, tuple(pack.clauses), requirements, _hash(pack.model_dump(mode="json")), file)


def plugins_of(config: Config) -> Plugins:
    """The extension folders that a configuration names, after the built-ins."""
    settings = config.settings
    return Plugins.of([config.resolve(p) for p in settings.scanners], [config.resolve(p) for p in settings.expectations])


def load_policy(config: Config) -> Pack:
    """The pack that the configuration names (an id, or a path to a YAML file), with its overrides. Raises ConfigError."""
    name = config.settings.policy
    if name.endswith((".yaml", ".yml")):
        return _override(read_pack(config.resolve(name)), config)
    known = plugins_of(config).policies()
    if name not in known:
        raise ConfigError(f"there is no policy {name!r}", where=str(config.path), mend=f"use one of: {', '.join(sorted(known))}, or a path")
    return _override(read_pack(known[name]), config)


def _override(pack: Pack, config: Config) -> Pack:
    overrides = config.settings.overrides
    if not overrides:
        return pack
    _, lines = parse(config.path.read_text(encoding="utf-8"), str(config.path)) if config.path.is_file() else ({}, {})
    known = {r.id: r for r in pack.requirements}
    notes = {}
    for name, said in overrides.items():
        where = f"{config.path}:{line_of(lines, ('overrides', name))}"
        if name not in known:
            raise ConfigError(f"the policy {pack.id} has no requirement {name!r}", where=where, mend=f"use one of: {', '.join(known)}")
        known[name], notes[name] = _apply(known[name], dict(said), where)
    effective = {"pack": pack.hash, "overrides": {k: dict(v) for k, v in overrides.items()}}
    return replace(pack, requirements=tuple(known.values()), notes=notes, hash=_hash(effective))


def _apply(need: Requirement, said: dict[str, Any], where: str) -> tuple[Requirement, str]:
    reason = str(said.pop("reason", "") or "").strip()
    if not reason:
        raise ConfigError(f"the override of {need.id} gives no reason", where=where, mend="add `reason:`; it stands in every report")
    severity = str(said.pop("severity", need.severity))
    if severity not in ("low", "medium", "high", "critical"):
        raise ConfigError(f"{severity!r} is no severity", where=where, mend="use low, medium, high or critical")
    if strange := sorted(set(said) - set(need.params)):
        mend = f"use one of: severity{''.join(f', {p}' for p in need.params)}"
        raise ConfigError(f"{need.id} has no limit called {strange[0]!r}", where=where, mend=mend)
    for name, value in said.items():
        was = need.params[name]
        if _kind(value) != _kind(was):
            raise ConfigError(f"{name} of {need.id} must be of the kind of {was!r}", where=where, mend="correct the value")
        if _kind(was) == "number" and not (0 < value < float("inf") or (value == 0 and name not in _PERIODS)):
            raise ConfigError(f"{name} of {need.id} cannot be {value}", where=where, mend="write a number above 0")
    changes = [f"{n} {v} instead of {need.params[n]}" for n, v in said.items()]
    changes += [f"severity {severity} instead of {need.severity}"] if severity != need.severity else []
    note = f"{', '.join(changes) or 'nothing changed'}; reason: {reason}"
    return replace(need, params={**need.params, **said}, severity=severity), note


_PERIODS = ("period_days", "look_days", "look_back_days")
"""Without an end, a word or a look would hold for ever."""


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def lint(packs: Sequence[Pack], controls: Iterable[str]) -> list[str]:
    """What is unsound: a clause without a requirement, a requirement without a control, a control that no pack uses."""
    known, used, problems = set(controls), set(), []
    for pack in packs:
        covered = {r.clause for r in pack.requirements}
        problems += [f"{pack.path.name}: clause {c} has no requirement" for c in pack.titles if c not in covered]
        for need in pack.requirements:
            used.add(need.control)
            if need.control not in known:
                problems.append(f"{pack.path.name}: requirement {need.id} names the control {need.control}, which does not exist")
            endless = [p for p in _PERIODS if p in need.params and not (_kind(need.params[p]) == "number" and need.params[p] > 0)]
            problems += [f"{pack.path.name}: {p} of requirement {need.id} must be a number above 0, or nothing ever goes stale" for p in endless]
    return problems + [f"the control {c} is used by no policy" for c in sorted(known - used)]


@dataclass(frozen=True)
class Change:
    """One difference of two packs. stale: verdicts on the requirement no longer speak of what the new pack asks."""

    requirement: str
    what: Literal["added", "removed", "changed"]
    before: str
    after: str
    stale: bool


def diff(old: Pack, new: Pack) -> list[Change]:
    """What a new pack changes, requirement by requirement; words alone make no verdict stale, a control or a limit does."""
    before, after = ({r.id: r for r in p.requirements} for p in (old, new))
    out = [Change(i, "removed", before[i].text, "", True) for i in before if i not in after]
    for name, need in after.items():
        if name not in before:
            out.append(Change(name, "added", "", need.text, False))
            continue
        was = before[name]
        pairs: list[tuple[str, Any, Any]] = [
            ("control", was.control, need.control),
            ("severity", was.severity, need.severity),
            ("text", was.text, need.text),
        ]
        pairs += [(p, was.params.get(p), need.params.get(p)) for p in sorted({*was.params, *need.params})]
        pairs += [("mend", was.mend, need.mend), ("evidence", old.evidence.get(name), new.evidence.get(name))]
        for what, a, b in pairs:
            if a != b:
                out.append(Change(name, "changed", f"{what}: {a}", f"{what}: {b}", what not in {"text", "severity", "mend", "evidence"}))
    return out


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()).hexdigest()
