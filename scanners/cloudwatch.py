"""CloudWatch Logs: log groups are datasets, lines are read by the formats of `logs`, drawn from stretches of time."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import ClassVar
from urllib.parse import urlsplit

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source, path_text
from ropewalk.naming import NAMED, Names, sample, told
from ropewalk.reading.awsask import key_facts
from ropewalk.reading.awspolicy import lets_everybody_in, statements
from ropewalk.reading.cloudwatch import Group, LogGroups
from ropewalk.reading.endpoint import certificate_facts, probe
from ropewalk.reading.logformats import recognise
from ropewalk.reading.loglines import LogTallies

_STRETCHES, _LONG = 24, 4_096


class CloudWatch:
    """`cloudwatch://REGION/prefix`. Options: `storage` (profile, key, secret, token, endpoint_url), as for buckets."""

    schemes: ClassVar[tuple[str, ...]] = ("cloudwatch",)

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._groups, self._names = LogGroups(source, limits), Names(source.key)

    def __repr__(self) -> str:
        return f"CloudWatch({self._source.name!r})"

    def test(self) -> Iterator[Check]:
        try:
            first = next(iter(self._groups.groups()), None)
        except (SourceError, MissingExtraError) as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        yield Check("reachable", True, f"CloudWatch Logs of {self._groups.region} answers")
        yield Check("read-only", True, "only Describe… and FilterLogEvents are called")
        if first is None:
            yield Check("log groups", False, "no log group begins with the prefix in the uri", "correct the uri: cloudwatch://REGION/PREFIX")
            return
        try:
            yield Check("format", True, recognise(list(islice(self._groups.lines(first, most=100), 100))).name)
        except SourceError as error:
            yield Check("events", False, f"{self._names.shown(first.name)}: {error.what}", error.mend)

    def datasets(self) -> Iterator[Dataset | Skipped]:
        """A group has no fingerprint: how much it stores is told hours late, so it is looked at in each scan."""
        include, exclude = self._source.options.get("include") or ["*"], self._source.options.get("exclude") or []
        count = 0
        for group in sorted(self._groups.groups(), key=lambda g: g.name):
            name = self._names.shown(group.name)
            if not any(fnmatchcase(name, g) for g in include) or any(fnmatchcase(name, g) for g in exclude):
                continue
            if count >= self._limits.datasets:
                yield Skipped(self._source.name, "*", f"more than {self._limits.datasets} log groups", "raise limits.datasets", lasting=True)
                return
            count += 1
            yield Dataset(self._source.name, name, "log", None, group.bytes, "", "", group)

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        group: Group = dataset.handle
        limits = self._limits
        tallies = LogTallies(depth=limits.nesting, chars=limits.value_chars, fields=limits.fields)
        wanted = None if rows is None else max(rows, limits.max_rows) if rows >= limits.rows else rows  # leaks in logs are rare
        partial = False
        try:
            if wanted is None:
                tallies.read(self._groups.lines(group))
            else:
                lines, partial = self._drawn(group, wanted, random.Random(f"{dataset.name}:{turn}"))  # noqa: S311 - sampling, not a secret
                tallies.read(lines)
        except SourceError as error:
            mend = f"{error.mend}; or use the class STANDARD for it" if group.slow else error.mend
            yield Skipped(dataset.source, dataset.name, error.what, mend)
            partial = True
        if fields is None or (NAMED,) in fields:
            yield from sample(dataset.source, dataset.name, [told(group.name)], 1)
        yield from tallies.samples(dataset.source, dataset.name, fields, partial)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """Of the endpoint and the policies, then of each log group: retention, encryption, age, fields."""
        name = self._source.name
        try:
            yield from self._transit(as_of)
            found = list(self.datasets())
            yield self._public(as_of)
            for dataset in found:
                if isinstance(dataset, Dataset):
                    yield from self._facts_of(dataset.handle, f"{name}/{dataset.name}", as_of)
        except (SourceError, MissingExtraError) as error:
            yield Fact(name, "retention_days", None, as_of, "logs:describe_log_groups", f"{error.what}: {error.mend}")

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        """A log has no rows with a delivery date: it is judged as a whole (no_pii_in_logs, log_retention)."""
        return Skipped(dataset.source, dataset.name, "a log has no rows of orders", "logs are judged by no_pii_in_logs and log_retention")

    def least_privilege(self) -> str:
        groups = [f"arn:aws:logs:{self._groups.region or '*'}:*:log-group:{prefix}*" for prefix in self._groups.prefixes]
        statements = (
            (["logs:DescribeLogGroups", "logs:DescribeResourcePolicies"], "*"),
            (["logs:DescribeLogStreams", "logs:FilterLogEvents"], groups),
            (["kms:Decrypt", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"], "ARN-OF-THE-KEY"),
        )
        policy = [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]
        return json.dumps({"Version": "2012-10-17", "Statement": policy}, indent=2)

    def close(self) -> None:
        self._groups.close()

    def _drawn(self, group: Group, wanted: int, draw: random.Random) -> tuple[list[str], bool]:
        """All lines of a small group; else some from each stretch of its time, from a moment drawn at random on."""
        if group.bytes <= _LONG * wanted:  # else its first lines would be read in vain
            head = list(islice(self._groups.lines(group, most=wanted + 1), wanted + 1))
            if len(head) <= wanted:
                return head, False
        span = self._groups.span(group)
        if span is None:
            return list(islice(self._groups.lines(group, most=wanted), wanted)), True
        first, last = span
        length = max((last - first) / _STRETCHES, 1.0)
        out: list[str] = []
        for n in range(_STRETCHES):
            share = -(-(wanted - len(out)) // (_STRETCHES - n))
            start, end = int(first + n * length), int(first + (n + 1) * length) - (n < _STRETCHES - 1)
            begin = draw.randint(start, max(start, end))
            own = list(self._groups.lines(group, begin, end, share))
            if len(own) < share and begin > start:
                own += self._groups.lines(group, start, begin - 1, share - len(own))
            out += own
        return out, True

    def _transit(self, as_of: datetime) -> Iterator[Fact]:
        name, url = self._source.name, str(self._groups.api.meta.endpoint_url)
        plain = url.startswith("http://")
        yield Fact(name, "transit", "plain" if plain else "tls", as_of, "address of the endpoint")
        seen, how = probe(url, os.environ.get("AWS_CA_BUNDLE", "")), "handshake with the endpoint"
        yield Fact(name, "tls_version", seen.version, as_of, how, "" if seen.version else f"a way to the endpoint: {seen.error}")
        yield from certificate_facts(lambda n, value, told: Fact(name, n, value, as_of, told), seen, how, "AWS_CA_BUNDLE in the environment")
        if plain:
            yield Fact(name, "tls_enforced", False, as_of, "the endpoint takes requests without TLS")
        elif (urlsplit(url).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
            yield Fact(name, "tls_enforced", True, as_of, "AWS General Reference: endpoints of CloudWatch Logs take HTTPS only")
        else:
            yield Fact(name, "tls_enforced", None, as_of, "address of the endpoint", "an attestation: it is no endpoint of AWS")

    def _public(self, as_of: datetime) -> Fact:
        how = "logs:describe_resource_policies"
        try:
            policies = self._groups.policies()
        except SourceError as error:
            return Fact(self._source.name, "public_access", None, as_of, how, error.mend)
        opened = [str(p.get("policyName", "")) for p in policies if _open(str(p.get("policyDocument") or "{}"))]
        return Fact(self._source.name, "public_access", {"public": bool(opened), "policies": opened}, as_of, how)

    def _facts_of(self, group: Group, subject: str, as_of: datetime) -> Iterator[Fact]:
        how = "logs:describe_log_groups"
        yield Fact(subject, "retention_days", "never" if group.days is None else group.days, as_of, how)
        if group.key:
            yield Fact(subject, "encrypted_at_rest", {"layer": "log group", "algorithm": "aws:kms", "key": group.key}, as_of, how)
            yield from key_facts(self._groups.storage, subject, as_of, group.key)
        else:
            value = {"layer": "log group", "algorithm": "AES-256"}
            yield Fact(
                subject, "encrypted_at_rest", value, as_of, "CloudWatch Logs encrypts all log groups, with keys of its own where none is named"
            )
        try:
            span = self._groups.span(group)
            oldest = None if span is None else datetime.fromtimestamp(span[0] / 1000, UTC).isoformat()
            yield Fact(subject, "oldest_event", oldest, as_of, "logs:describe_log_streams", "" if oldest else "an event in the log group")
        except SourceError as error:
            yield Fact(subject, "oldest_event", None, as_of, "logs:describe_log_streams", error.mend)
        try:
            tallies = LogTallies(depth=3, chars=200, fields=500)
            tallies.read(self._groups.lines(group, most=50))
            names = sorted({path_text(p) for p in tallies.tallies} | {"timestamp"})  # each event carries the time of its own
            yield Fact(subject, "event_fields", names[:200], as_of, "names of the fields of its first lines")
        except SourceError as error:
            yield Fact(subject, "event_fields", None, as_of, "logs:filter_log_events", error.mend)


def _open(document: str) -> bool:
    """Whether a statement lets everybody in, without a condition that narrows them."""
    try:
        return any(map(lets_everybody_in, statements(document)))
    except (ValueError, AttributeError):
        return False
