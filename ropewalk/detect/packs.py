"""Loads recogniser packs (`scanners/packs/*.yaml`, docs/reference/packs.md) and checks them: errors name file, line and mend."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from ropewalk.config import Strict, line_of, parse, validate
from ropewalk.detect.validators import named
from ropewalk.errors import ConfigError
from ropewalk.model import Category, Strength


def _expressions(patterns: list[str]) -> list[str]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
    return patterns


def _validator(name: str) -> str:
    if name:
        try:
            named(name)
        except KeyError:
            raise ValueError(f"no validator is called {name!r}: use one of ropewalk.detect.validators, or stdnum:<module>") from None
    return name


class Names(Strict):
    """Phrases of lower-case words that a field name may end with; `{set}` stands for any word or phrase of a set.

    sure: says it alone; likely: needs a little help from the values; hint: allows the values to say it; never: speaks against.
    """

    sure: list[str] = Field(default_factory=list)
    likely: list[str] = Field(default_factory=list)
    hint: list[str] = Field(default_factory=list)
    never: list[str] = Field(default_factory=list)


class Values(Strict):
    """What cells look like. `weight`: log-odds if all cells match; `missing`: if none does; `inside`: searched in prose."""

    patterns: list[str] = Field(default_factory=list)
    inside: list[str] = Field(default_factory=list)
    measure: str = Field("", description="a built-in measure instead of patterns: person, street, unit, city, birth_date, latitude, longitude")
    presidio: list[str] = Field(default_factory=list, description="Presidio entities that count as a match")
    validator: str = ""
    weight: float = 6.0
    missing: float = -1.0
    unnamed: float = Field(0.0, description="log-odds if the name is readable and says something else")
    alone: bool = Field(False, description="one hit inside prose is enough")

    _compiles = field_validator("patterns", "inside")(_expressions)
    _known = field_validator("validator")(_validator)


class Examples(Strict):
    """The tests of a recogniser: field names and cells that it must know, and such that it must not."""

    names: list[str] = Field(default_factory=list)
    not_names: list[str] = Field(default_factory=list)
    values: list[str] = Field(default_factory=list)
    not_values: list[str] = Field(default_factory=list)


class Recogniser(Strict):
    """One kind of personal data: how it is named, what it looks like, and what it cannot be (`plausible`)."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    entity: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    category: Category
    strength: Strength = Strength.DIRECT
    words: str = ""
    reference: str = Field(min_length=3)
    names: Names = Names()
    value: Values | None = None
    plausible: str = Field("", description="what a cell must at least look like; letter case is ignored")
    examples: Examples

    @field_validator("plausible")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        return _expressions([pattern])[0]

    @property
    def said(self) -> str:
        """What a steward reads: `e-mail address`."""
        return self.words or self.entity.lower().replace("_", " ")

    @property
    def one(self) -> str:
        """With its article: `an e-mail address`; things without one stay bare."""
        if self.said.startswith(("what", "part", "free", "telephone or", "town")):
            return self.said
        return f"{'an' if self.said[0] in 'aeioAEI' else 'a'} {self.said}"


class Negative(Strict):
    """What looks like personal data and is not. `against`: the categories it speaks against; empty is all."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    words: str = Field(min_length=3)
    reference: str = Field(min_length=3)
    names: list[str] = Field(default_factory=list)
    patterns: list[str] = Field(default_factory=list)
    validator: str = ""
    against: list[Category] = Field(default_factory=list)
    weight: float = 4.0
    examples: Examples

    _compiles = field_validator("patterns")(_expressions)
    _known = field_validator("validator")(_validator)


class LineageField(Strict):
    """A field of the Selling Partner API that holds buyers' data."""

    path: str
    entity: str
    category: Category
    strength: Strength = Strength.DIRECT


class Operation(Strict):
    """An operation or report, why its data may be used, and the fields it gives out."""

    operation: str
    purposes: list[str]
    fields: list[LineageField]
    blocks: dict[str, str] = Field(default_factory=dict, description="root path -> block of fields that lie under it")


class Pack(Strict):
    """One file of recognisers."""

    pack: str
    title: str
    sets: dict[str, list[str]] = Field(default_factory=dict)
    recognisers: list[Recogniser] = Field(default_factory=list)
    negatives: list[Negative] = Field(default_factory=list)
    words: dict[str, str] = Field(default_factory=dict, description="further words of field names -> English: plz -> postal code")
    blocks: dict[str, list[LineageField]] = Field(default_factory=dict)
    lineage: list[Operation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _blocks_known(self) -> Pack:
        for operation in self.lineage:
            for block in operation.blocks.values():
                if block not in self.blocks:
                    raise ValueError(f"{operation.operation}: no block is called {block!r}")
        return self

    def entries(self) -> list[tuple[Operation, LineageField]]:
        """Every field of every operation, blocks spelled out under their roots."""
        out = []
        for operation in self.lineage:
            out += [(operation, f) for f in operation.fields]
            for root, block in operation.blocks.items():
                out += [(operation, f.model_copy(update={"path": f"{root}.{f.path}"})) for f in self.blocks[block]]
        return out


@dataclass(frozen=True)
class Packs:
    """All packs together; a later recogniser of the same id takes the place of an earlier one."""

    recognisers: tuple[Recogniser, ...]
    negatives: tuple[Negative, ...]
    sets: dict[str, tuple[str, ...]]
    words: dict[str, str]
    lineage: tuple[tuple[Operation, LineageField], ...]
    digest: str

    @classmethod
    def read(cls, files: Sequence[Path]) -> Packs:
        """Raises ConfigError naming file, line and mend."""
        digest = hashlib.sha256()
        recognisers: dict[str, Recogniser] = {}
        negatives: dict[str, Negative] = {}
        sets: dict[str, tuple[str, ...]] = {}
        words: dict[str, str] = {}
        lineage: list[tuple[Operation, LineageField]] = []
        for file in files:
            for path in sorted(file.glob("*.yaml")) if file.is_dir() else [file]:
                pack, text = _one(path)
                digest.update(text.encode())
                recognisers |= {r.id: r for r in pack.recognisers}
                negatives |= {n.id: n for n in pack.negatives}
                for name, members in pack.sets.items():
                    sets[name] = tuple(dict.fromkeys((*sets.get(name, ()), *members)))
                words |= pack.words
                lineage += pack.entries()
        packs = cls(tuple(recognisers.values()), tuple(negatives.values()), sets, words, tuple(lineage), digest.hexdigest()[:12])
        packs._check_sets()
        return packs

    def _check_sets(self) -> None:
        for r in self.recognisers:
            for phrase in (*r.names.sure, *r.names.likely, *r.names.hint, *r.names.never):
                for used in re.findall(r"\{(\w+)\}", phrase):
                    if used not in self.sets:
                        raise ConfigError(
                            f"recogniser {r.id}: no set is called {used!r}", where="packs", mend=f"add `sets: {{{used}: [...]}}` to a pack"
                        )


def _one(path: Path) -> tuple[Pack, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError("this pack cannot be read", where=str(path), mend="check the path and that it is UTF-8 text") from None
    data, lines = parse(text, str(path))
    pack = validate(Pack, data, str(path), lines, "docs/reference/packs.md")
    for kind, ids in (("recognisers", [r.id for r in pack.recognisers]), ("negatives", [n.id for n in pack.negatives])):
        for i, id_ in enumerate(ids):
            if id_ in ids[:i]:
                where = f"{path}:{line_of(lines, (kind, i, 'id'))}"
                raise ConfigError(f"the id {id_!r} stands twice", where=where, mend="give each recogniser its own id")
    return pack, text
