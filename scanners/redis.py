"""Redis and Valkey: keys of one pattern are a dataset, hashes and JSON are records, streams and lists tables; only reading commands are sent."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, ClassVar

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source, path_text
from ropewalk.reading.gather import Gatherer, frame
from ropewalk.reading.redisclient import READS, RedisClient
from ropewalk.reading.redisfacts import RedisFacts
from ropewalk.reading.rediskeys import Keys, Name, fits, gather, patterns
from ropewalk.reading.redisrows import RECORDS, Plan, RedisRows, Row
from ropewalk.reading.rows import Chunk, Reading, Rows, chunks

_KEYS = 1_000_000
_FLUSH, _BATCH, _PEEK, _TTLS = 40_000, 5_000, 3, 200


@dataclass(frozen=True, slots=True)
class Group:
    """Keys of one pattern in one database; `kinds`: the types of some of them."""

    db: int
    name: Name
    keys: Keys = field(repr=False)
    kinds: frozenset[str]
    complete: bool


class Redis:
    """`rediss://user:${PASSWORD}@host:6379/0`; without a number, all databases. Options: `keys` (most keys that are listed, 1000000)."""

    schemes: ClassVar[tuple[str, ...]] = ("redis", "rediss", "valkey", "valkeys")

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._client = RedisClient(source, limits)
        self._server = RedisFacts(self._client, source.name)
        self._found: list[Dataset | Skipped] | None = None

    def __repr__(self) -> str:
        return f"Redis({self._source.name!r})"

    def test(self) -> Iterator[Check]:
        try:
            self._client.ask("PING")
            for _ in islice(self._client.keys(self._client.database or 0), 1):
                pass
        except (SourceError, MissingExtraError) as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        yield Check("reachable", True, "Redis answers")
        yield Check("read-only", True, f"only commands that read are sent ({len(READS)} of them, SCAN and never KEYS)")
        yield from self._server.checks()

    def datasets(self) -> Iterator[Dataset | Skipped]:
        if self._found is None:
            self._found = list(self._listed())
        yield from self._found

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        group: Group = dataset.handle
        draw = random.Random(f"{dataset.name}:{turn}")  # noqa: S311 - sampling, not a secret
        gatherer = Gatherer(dataset.source, dataset.name, self._limits, fields)
        reading = Reading(None, self._limits, draw, fields)
        if rows is None:
            reader = RedisRows(self._client, group.db, group.name, self._limits)
            for chunk in chunks(Rows(self._every(group, reader)), reading):
                gatherer.add(chunk)
                if gatherer.rows >= _FLUSH:
                    yield from gatherer.samples("full", None)
                    gatherer = Gatherer(dataset.source, dataset.name, self._limits, fields, gatherer)
            yield from gatherer.samples("head" if reading.problems else "full", reader.plan.rows)
            yield from self._left(dataset, reader.plan, reading)
            return
        found, whole, total, plan = self._some(group, rows, draw)
        for chunk in chunks(Rows(found), reading):
            gatherer.add(chunk)
        yield from gatherer.samples("full" if whole and not reading.problems else "keyed", total)
        yield from self._left(dataset, plan, reading)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        name = self._source.name
        try:
            yield from self._server.facts(as_of)
            for dataset in self.datasets():
                if isinstance(dataset, Dataset):
                    yield from self._facts_of(dataset, f"{name}/{dataset.name}", as_of)
        except (SourceError, MissingExtraError) as error:
            yield Fact(name, "transit", None, as_of, "the server was asked", f"{error.what}: {error.mend}")

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        """Rows in RAM, at most limits.frame_rows of them."""
        group: Group = dataset.handle
        draw = random.Random(dataset.name)  # noqa: S311 - sampling, not a secret
        reading = Reading(None, self._limits, draw, list(paths))
        found, whole, total, plan = self._some(group, self._limits.frame_rows, draw)
        held: list[Chunk] = list(chunks(Rows(found), reading))
        rows = sum(c.rows for c in held)
        for problem, mend in reading.problems:
            return Skipped(dataset.source, dataset.name, problem, mend)
        there = {column for chunk in held for column in chunk.columns}
        if whole and (gone := [p for p in paths if not any(p[: len(column)] == column for column in there)]):
            return Skipped(dataset.source, dataset.name, f"there is no field {path_text(gone[0])}", "scan again: the keys have changed")
        if whole and not plan.unread:
            coverage = "full"
        else:
            coverage = f"sample of {rows} of {total} rows" if total else f"sample of {rows} rows; how many there are is not known"
        return FrameTable(frame(held, paths), coverage)

    def least_privilege(self) -> str:
        return """\
ACL SETUSER ropewalk on >… resetkeys resetchannels %R~* -@all +ping +select +client|setname \
+scan +dbsize +type +pttl +strlen +getrange +hlen +hgetall +hrandfield +hscan +llen +lrange +scard +srandmember +sscan \
+zcard +zrange +xlen +xrange +xrevrange +info +acl|whoami
# optional, for the facts about users, addresses, TLS and persistence:
ACL SETUSER ropewalk +acl|list +config|get
# Redis 7.2 and later, so that reading leaves the ages of keys as they are:
# ACL SETUSER ropewalk +client|setinfo +client|no-touch
# only where the module for JSON is loaded:
# ACL SETUSER ropewalk +json.get
# before Redis 7: ~* in the place of %R~*
"""

    def close(self) -> None:
        self._client.close()
        self._found = None

    def _listed(self) -> Iterator[Dataset | Skipped]:
        name, limits, options = self._source.name, self._limits, self._source.options
        include, exclude = options.get("include") or ["*"], options.get("exclude") or []
        left: list[Skipped] = []
        mark, count = self._mark(), 0
        for db in self._databases(left):
            groups, complete = self._groups(db, left)
            kinds = self._kinds(db, {n: keys for n, (_, keys) in groups.items()})
            for text, (segments, keys) in sorted(groups.items()):
                shown = f"db{db}/{text}" if db else text
                if not any(fnmatchcase(shown, g) for g in include) or any(fnmatchcase(shown, g) for g in exclude):
                    continue
                if count >= limits.datasets:
                    yield Skipped(
                        name, "*", f"more than {limits.datasets} patterns of keys", "raise limits.datasets, or narrow `include`", lasting=True
                    )
                    yield from left
                    return
                count += 1
                group = Group(db, segments, keys, kinds[text], complete)
                rows = keys.count if complete and group.kinds <= RECORDS else None
                print_ = hashlib.sha256(f"{mark}:{keys.count}:{keys.mark}".encode()).hexdigest()[:32] if mark else ""
                yield Dataset(name, shown, "collection", rows, None, print_, "", group)
        yield from left

    def _databases(self, left: list[Skipped]) -> list[int]:
        """Those that hold keys; only the one that the uri names, if it names one."""
        named = self._client.database
        self._client.ask("PING")
        try:
            if self._server.info("server").get("redis_mode") == "cluster":
                why = "a node of a cluster: only the keys of its own slots were read"
                left.append(Skipped(self._source.name, "*", why, "name each primary node as a source"))
            return sorted(int(n[2:]) for n in self._server.info("keyspace") if named is None and n.startswith("db")) or [named or 0]
        except SourceError:
            if named is not None:
                return [named]
            why = "only database 0 was read: which others hold keys cannot be asked"
            left.append(Skipped(self._source.name, "*", why, "ACL SETUSER … +info, or name the database in the uri"))
            return [0]

    def _groups(self, db: int, left: list[Skipped]) -> tuple[dict[str, tuple[Name, Keys]], bool]:
        said = self._source.options.get("keys", _KEYS)
        if not isinstance(said, int) or said < 1:
            raise SourceError("options.keys is no whole number", where=self._source.name, mend="keys: 1000000")
        most = None if self._limits.mode == "exhaustive" else said
        kept = max(self._limits.max_rows, self._limits.rows)
        found = gather(islice(self._client.keys(db), most), kept, self._source.name)
        count = sum(k.count for k in found.values())
        complete = most is None or count < most or (size := int(self._client.ask("DBSIZE", db=db))) <= count
        if not complete:
            why = f"{count} of {size} keys were listed: patterns of few keys may be missing"
            left.append(Skipped(self._source.name, f"db{db}/*" if db else "*", why, "raise options.keys of the source", lasting=True))
        return patterns(found, kept, self._source.name), complete

    def _kinds(self, db: int, groups: dict[str, Keys]) -> dict[str, frozenset[str]]:
        asked = [(name, key) for name, keys in groups.items() for key in keys.kept[:_PEEK]]
        out: dict[str, set[str]] = {name: set() for name in groups}
        for start in range(0, len(asked), _BATCH):
            part = asked[start : start + _BATCH]
            for (name, _), kind in zip(part, self._client.pipe([("TYPE", key) for _, key in part], db), strict=True):
                out[name].add(kind.decode() if isinstance(kind, bytes) else "?")
        return {name: frozenset(kinds - {"none"}) for name, kinds in out.items()}

    def _mark(self) -> str:
        """Changes whenever anything is written to the server; nothing where that cannot be asked."""
        try:
            about, disk = self._server.info("server"), self._server.info("persistence")
        except SourceError:
            return ""
        found = [about.get("run_id"), disk.get("rdb_last_save_time"), disk.get("rdb_saves"), disk.get("rdb_changes_since_last_save")]
        return "" if found[0] is None or found[3] is None else ":".join(map(str, found))

    def _some(self, group: Group, rows: int, draw: random.Random) -> tuple[Iterator[Row], bool, int | None, Plan]:
        """Rows of a draw, whether they are all, how many there are, and the plan that fills up while they are read."""
        reader = RedisRows(self._client, group.db, group.name, self._limits)
        kept = group.keys.kept
        picked = kept if len(kept) <= rows else draw.sample(kept, rows)
        sized = reader.sized(picked)
        everything = group.complete and group.keys.whole and len(picked) == group.keys.count
        whole = everything and reader.plan.rows <= rows
        records = group.complete and not reader.plan.elements
        total = reader.plan.rows if everything else group.keys.count if records else None
        return (reader.all(sized) if whole else reader.some(sized, rows, draw)), whole, total, reader.plan

    def _every(self, group: Group, reader: RedisRows) -> Iterator[Row]:
        kept = group.keys.kept if group.keys.whole else None
        keys = iter(kept if kept is not None else (k for k in self._client.keys(group.db) if fits(k, group.name)))
        while part := list(islice(keys, _BATCH)):
            yield from reader.all(reader.sized(part))

    def _left(self, dataset: Dataset, plan: Plan, reading: Reading) -> Iterator[Skipped]:
        def skipped(reason: str, mend: str) -> Skipped:
            return Skipped(dataset.source, dataset.name, reason, mend)

        if plan.binary:
            what = f"binary values (pickle, protocol buffers, ciphertext): {plan.binary}; only the text in them was looked at"
            yield skipped(what, "store JSON, or attest what they hold")
        if plan.cut:
            yield skipped(f"{plan.cut} values are longer than what is read of one", "raise limits.object_bytes")
        for kind, count in sorted(plan.unread.items()):
            yield skipped(
                f"{count} keys of type {kind} were not read", "grant the rights of `ropewalk sources grants`; modules' own types are not read"
            )
        for reason, mend in reading.problems:
            yield skipped(reason, mend)

    def _facts_of(self, dataset: Dataset, subject: str, as_of: datetime) -> Iterator[Fact]:
        """How long keys live, and since when a stream has entries."""
        group: Group = dataset.handle
        some = group.keys.kept[:_TTLS]
        left = [t for t in self._client.pipe([("PTTL", key) for key in some], group.db) if isinstance(t, int) and t != -2]
        how = f"PTTL of {len(left)} of {group.keys.count} keys"
        if not left:
            yield Fact(subject, "retention_days", None, as_of, how, "keys that are still there, and +pttl")
        elif -1 in left:
            yield Fact(subject, "retention_days", "never", as_of, f"{how}: {left.count(-1)} never expire")
        else:
            yield Fact(subject, "retention_days", math.ceil(max(left) / 86_400_000), as_of, f"{how}: the longest that is left")
        if "stream" in group.kinds:
            reader = RedisRows(self._client, group.db, group.name, self._limits)
            times = [t for key in some[:50] if (t := self._first(reader, key)) is not None]
            if times:
                yield Fact(subject, "oldest_row", min(times).isoformat(), as_of, "ids of the first entries of its streams")

    def _first(self, reader: RedisRows, key: bytes) -> Any:
        try:
            return reader.oldest(key)
        except SourceError:
            return None
