"""What would be written where: each spot as it is now beside what it should carry. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError
from ropewalk.model import Skipped, Source
from ropewalk.tags.buckets import file_of
from ropewalk.tags.nouns import Change, Spot, Tag, TagError, TagStore
from ropewalk.tags.targets import cannot
from ropewalk.tags.wanted import LIKELY, LINEAGE_ORIGIN, Wanted, wanted

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

_TRUST = "state tag.origin in ropewalk.yaml, or say --trust-lineage where you know it is so"


def plan(
    config: Config, register: Register, source: Source, open_store: Any, *, globs: Sequence[str] = (), trust_lineage: bool = False
) -> list[Change]:
    """The changes that would tag a source as its findings say. open_store() gives the TagStore. Raises TagError, SourceError, ConfigError."""
    known = register.frame("datasets")
    if cannot(source) is None and not (known["source"] == source.name).any():
        raise ConfigError("no scan has looked at this source yet", where=source.name, mend=f"ropewalk scan --source {source.name}")
    fields = register.frame("fields")
    own = fields[fields["source"] == source.name]
    tags = wanted(own, config.source_config(source.name).tag, threshold=config.settings.detection.threshold, trust_lineage=trust_lineage)
    return _planned(source, {d: w for d, w in tags.items() if _chosen(d, globs)}, open_store)


def reversal(register: Register, source: Source, open_store: Any, *, globs: Sequence[str] = ()) -> list[Change]:
    """The changes that take out every tag of ours, wherever a scan has been. Raises as `plan`."""
    known = register.frame("datasets")
    names = {str(d) for d in known[known["source"] == source.name]["dataset"] if _chosen(str(d), globs)}
    return _planned(source, {d: Wanted() for d in names}, open_store)


def _chosen(dataset: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(dataset, g) for g in globs)


def _planned(source: Source, tags: dict[str, Wanted], open_store: Any) -> list[Change]:
    why = cannot(source)
    if why is not None:
        return [Change(source.name, "", "", "cannot", reason=why[0], mend=why[1])]
    if not tags:
        return []
    store: TagStore = open_store()
    try:
        return sorted(_changes(source, tags, store), key=lambda c: (c.dataset, c.column != "", c.column, c.action))
    finally:
        store.close()


def _changes(source: Source, tags: dict[str, Wanted], store: TagStore) -> Iterator[Change]:
    """One for each table and column; the objects of a dataset with the same change are one."""
    by_file = _by_file(tags)
    spots = list(store.spots(set(tags)))
    owners = {s.dataset: word for s in spots if isinstance(s, Spot) and not s.column and (word := store.form.origin(s.now))}
    objects: dict[Change, list[tuple[Spot, Any]]] = {}
    for spot in spots:
        if isinstance(spot, Skipped):
            want = tags.get(spot.dataset) or by_file.get(spot.dataset) or Wanted()
            if want.columns:
                yield Change(source.name, spot.dataset, "", "cannot", reason=spot.reason, mend=spot.mend)
            continue
        is_object = len(spot.names) == 1
        want = by_file[spot.dataset] if is_object else tags[spot.dataset]
        tag = want.whole if is_object else _of_comment(want, spot.column)
        said = store.form.origin(spot.now) or ("" if is_object else owners.get(spot.dataset, ""))
        change, new = _change(source.name, spot, tag, want.basis, said, store)
        if change is None:
            continue
        if is_object:
            objects.setdefault(change, []).append((spot, new))
        else:
            yield replace(change, spots=((spot, new),))
    for change, own in objects.items():
        yield replace(change, spots=tuple(own))


def _change(source: str, spot: Spot, tag: Tag, basis: str, owner: str, store: TagStore) -> tuple[Change | None, Any]:
    """The change of one spot and what would stand there; none where nothing stands there of ours and nothing is wanted.

    owner: the origin that the owner's own words name; it is never contradicted.
    """
    was = store.form.said(spot.now)
    if owner:
        tag, basis = replace(tag, origin="", operations=()), f"its owner says {owner}"
    try:
        new = store.form.put(spot.now, tag)
    except TagError as error:
        return Change(source, spot.dataset, spot.column, "cannot", tag.text, was, basis, error.what, error.mend), None
    will = store.form.said(new)
    if not was and not will:
        return None, None
    action = "keep" if new == spot.now else "remove" if not will else "change" if was else "add"
    hint = (f"looks like {LINEAGE_ORIGIN}; no origin is written", _TRUST) if basis == LIKELY and tag and not tag.origin else ("", "")
    return Change(source, spot.dataset, spot.column, action, will, was, basis, *hint), new


def _of_comment(want: Wanted, column: str) -> Tag:
    """A table's comment names the origin alone; its columns say what they hold."""
    return want.columns.get(column, Tag()) if column else Tag(want.whole.origin)


def _by_file(tags: dict[str, Wanted]) -> dict[str, Wanted]:
    """object or pattern -> what all datasets in it want: sheets and members of an archive share the tags of their object."""
    out: dict[str, Wanted] = {}
    for name, want in sorted(tags.items()):
        file = file_of(name)
        old = out.get(file)
        if old is None or not old.whole:
            out[file] = want
        elif want.whole:
            whole = Tag(
                old.whole.origin if old.whole.origin == want.whole.origin else "",
                tuple(sorted({*old.whole.classes, *want.whole.classes})),
                tuple(dict.fromkeys((*old.whole.operations, *want.whole.operations))),
            )
            out[file] = Wanted(whole, {**old.columns, **want.columns}, old.basis)
    return out
