"""Keys of objects that turn out to be data when their siblings are seen: a map keyed by people, of whom no list knows all.

One key alone is judged where it is read (`naming.segment`). Here many are judged together, at one place for every connector:
they become `*`, as if they had been told apart at once, and their names become values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from ropewalk.masking import shape
from ropewalk.model import FieldRef, Path, Sample
from ropewalk.naming import KEY, is_identifier

_ALIKE, _MANY, _RARE = 3, 100, 0.02
"""So many known data keys of one shape speak for the others of that shape; of more than so many keys, those in so few rows are data
unless a program could have named them."""
_FIXED = frozenset({"[]", "*", KEY})


def collapsed(samples: Mapping[Path, Sample]) -> dict[Path, Sample]:
    """The samples with such keys as `*`; fields that fall together are one. Columns and top keys stay: they are the store's own."""
    data = _data_keys(samples)
    if not data:
        return dict(samples)
    out: dict[Path, Sample] = {}
    keys: dict[Path, Counter[str]] = defaultdict(Counter)
    for path, sample in samples.items():
        new: Path = ()
        for depth, part in enumerate(path, 1):
            if path[:depth] in data:
                keys[(*new, KEY)][part] += sample.cells or 1
                part = "*"
            new = (*new, part)
        old = out.get(new)
        out[new] = _under(new, sample) if old is None else _joined(old, sample)
    for path, counts in keys.items():
        some = next(s for p, s in out.items() if p[: len(path)] == (*path[:-1], "*"))
        where = FieldRef(some.field.source, some.field.dataset, path)
        found = Sample(where, dict(counts), max(some.rows, counts.total()), method=some.method)
        out[path] = _joined(out[path], found) if path in out else found
    return out


def _data_keys(samples: Mapping[Path, Sample]) -> set[Path]:
    """Paths, or their beginnings, that end in a key that is data."""
    below: dict[Path, dict[str, int]] = defaultdict(dict)
    rows: dict[Path, int] = defaultdict(int)
    for path, sample in samples.items():
        for depth in range(1, len(path)):
            met = below[path[:depth]]
            met[path[depth]] = max(met.get(path[depth], 0), sample.cells)
            rows[path[:depth]] = max(rows[path[:depth]], sample.rows)
    out: set[Path] = set()
    for parent, met in below.items():
        plain = [key for key in met if key not in _FIXED]
        known = Counter(map(shape, samples[(*parent, KEY)].values)) if (*parent, KEY) in samples else Counter[str]()
        same = Counter(map(shape, plain)) if known else Counter[str]()
        for key in plain:
            form = shape(key)
            rare = len(plain) > _MANY and met[key] <= _RARE * rows[parent] and not is_identifier(key)
            if rare or (known[form] >= _ALIKE and known[form] >= same[form]):
                out.add((*parent, key))
    return out


def _under(path: Path, sample: Sample) -> Sample:
    return sample if sample.field.path == path else replace(sample, field=replace(sample.field, path=path))


def _joined(one: Sample, other: Sample) -> Sample:
    """Two fields of the same rows as one: cells add up, rows do not."""
    both = one + replace(other, field=one.field)
    rows = max(one.rows, other.rows, both.cells)
    return replace(both, rows=rows, nulls=rows - both.cells)
