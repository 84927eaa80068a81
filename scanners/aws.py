"""The settings of an AWS account: accounts, passwords, second factors, keys, network rules, detectors, databases. No data is read.

`aws://eu-west-1,us-east-1`. What RDS says of a database counts for the source that reads it, where `options.databases` names both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import ConfigError, SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source
from ropewalk.reading.awsask import Denied
from ropewalk.reading.awsfacts import LEAST, PARTS, AwsFacts

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


class Aws:
    """Options: `storage` (as for s3: profile, key, secret, token, endpoint_url), `databases` ({source: RDS instance})."""

    schemes: ClassVar[tuple[str, ...]] = ("aws",)

    def __init__(self, source: Source, limits: Limits) -> None:
        regions = [r for r in source.uri.partition("://")[2].strip("/").split(",") if r]
        if not regions or not all(_REGION.fullmatch(r) for r in regions):
            raise ConfigError("names no region of AWS", where=source.name, mend="write aws://eu-west-1, or several: aws://eu-west-1,us-east-1")
        self._source = source
        self._facts = AwsFacts(source.name, regions, source.options.get("storage", {}), source.options.get("databases", {}))

    def __repr__(self) -> str:
        return f"Aws({self._source.name!r})"

    def test(self) -> Iterator[Check]:
        try:
            self._reach()
        except SourceError as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        yield Check("reachable", True, "the account answers")
        yield Check("read-only", True, "only Get, List and Describe calls are made")
        for fact in self._facts.facts(datetime.now().astimezone()):
            if fact.value is None:
                yield Check("rights", None, f"{fact.name.replace('_', ' ')} of {fact.subject} is not told", f"grant {fact.needs}")

    def datasets(self) -> Iterator[Dataset | Skipped]:
        """One a service that is asked, of kind `settings`: it has facts and no rows."""
        self._reach()
        for part in PARTS:
            yield Dataset(self._source.name, part, "settings", comment="settings of the account; no data")

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        return iter(())

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        yield from self._facts.facts(as_of)

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        return Skipped(dataset.source, dataset.name, "settings have no rows", "none needed")

    def least_privilege(self) -> str:
        return LEAST

    def close(self) -> None:
        """Holds nothing open."""

    def _reach(self) -> None:
        try:
            self._facts.reach()
        except Denied as error:
            mend = "check the credentials (options.storage, or the environment), the region and the way to AWS"
            raise SourceError(f"the account does not answer ({error})", where=self._source.name, mend=mend) from None
