"""What every connector must keep, as tests to inherit: `class TestMine(ConnectorContract)` with the fixtures below.

A new connector's test gives `source`, `unreachable`, `state` and the class attributes; the rest is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import reduce
from operator import add
from typing import Any, ClassVar

import pytest

from ropewalk.config import Limits
from ropewalk.contracts import Check, Connector, FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source
from ropewalk.naming import in_names
from ropewalk.plugins import Plugins

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


class ConnectorContract:
    """secrets: texts of the uri that may be shown nowhere; rows: dataset -> its rows, for some datasets without lists;
    nested: fields that must be found inside documents; hostile: (dataset, path) whose odd names must survive."""

    scheme: ClassVar[str]
    secrets: ClassVar[tuple[str, ...]] = ()
    rows: ClassVar[Mapping[str, int]] = {}
    nested: ClassVar[tuple[tuple[str, Path], ...]] = ()
    hostile: ClassVar[tuple[tuple[str, Path], ...]] = ()

    @pytest.fixture
    def source(self) -> Source:
        """The store as the test has filled it."""
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> Source:
        """A store of this kind that is not there."""
        raise NotImplementedError

    @pytest.fixture
    def state(self) -> Callable[[], Any]:
        """Gives something that changes when the store is written to: a hash of its bytes, its write counters."""
        raise NotImplementedError

    @pytest.fixture
    def connector(self, source: Source) -> Iterator[Connector]:
        connector = self.connect(source)
        yield connector
        connector.close()

    def connect(self, source: Source, **limits: Any) -> Connector:
        return Plugins.of().connector(self.scheme, "test")(source, Limits(**limits))

    @staticmethod
    def listed(connector: Connector) -> dict[str, Dataset]:
        return {d.name: d for d in connector.datasets() if isinstance(d, Dataset)}

    @staticmethod
    def read(connector: Connector, dataset: Dataset, rows: int | None, **more: Any) -> dict[Path, Sample]:
        """The Samples of a dataset by path, chunks added up."""
        found: dict[Path, list[Sample]] = {}
        for sample in connector.samples(dataset, rows=rows, **more):
            if isinstance(sample, Sample):
                found.setdefault(sample.field.path, []).append(sample)
        return {path: reduce(add, parts) for path, parts in found.items()}

    def test_it_is_found_by_its_schemes(self) -> None:
        cls = Plugins.of().connector(self.scheme, "test")
        assert self.scheme in cls.schemes
        assert all(s == s.lower() for s in cls.schemes)

    def test_the_constructor_does_not_touch_the_store(self, unreachable: Source) -> None:
        self.connect(unreachable).close()

    def test_a_store_that_is_not_there_is_an_error_with_a_mend(self, unreachable: Source) -> None:
        connector = self.connect(unreachable)
        with pytest.raises(SourceError) as caught:
            list(connector.datasets())
        assert caught.value.mend
        assert caught.value.__cause__ is None
        assert not any(s in str(caught.value) for s in self.secrets)
        assert any(c.ok is False and c.mend for c in connector.test())
        assert all(isinstance(f, Fact) for f in connector.facts(AS_OF))

    def test_it_shows_no_secret(self, connector: Connector) -> None:
        shown = [repr(connector), str(connector)]
        for dataset in self.listed(connector).values():
            table = connector.table(dataset, [])
            shown += [repr(dataset), repr(table)]
            if isinstance(table, SqlTable):
                shown += [repr(table.engine), str(table.engine.url), table.engine.url.render_as_string(hide_password=False)]
        shown += [repr(c) for c in connector.test()] + [repr(f) for f in connector.facts(AS_OF)]
        assert not [s for s in self.secrets if any(s in text for text in shown)]

    def test_its_checks_are_good(self, connector: Connector) -> None:
        checks = list(connector.test())
        assert all(isinstance(c, Check) and c.name and c.detail for c in checks)
        assert {"reachable", "read-only"} <= {c.name for c in checks if c.ok}
        assert all(c.mend for c in checks if c.ok is False)

    def test_datasets_are_listed_once_and_again(self, connector: Connector, source: Source) -> None:
        names = [d.name for d in connector.datasets() if isinstance(d, Dataset)]
        assert names
        assert len(names) == len(set(names))
        assert names == [d.name for d in connector.datasets() if isinstance(d, Dataset)]
        assert set(self.rows) <= set(names)
        assert all(d.source == source.name for d in self.listed(connector).values())

    def test_every_cell_is_counted(self, connector: Connector) -> None:
        for dataset in self.listed(connector).values():
            for rows in (None, 7, 1000):
                for sample in self.read(connector, dataset, rows).values():
                    assert sample.cells + sample.nulls == sample.rows, sample
                    assert all(isinstance(v, str) for v in sample.values)

    def test_chunks_add_up_to_the_whole(self, connector: Connector) -> None:
        datasets = self.listed(connector)
        for name, rows in self.rows.items():
            whole, once = self.read(connector, datasets[name], None), self.read(connector, datasets[name], rows + 1)
            assert set(whole) == set(once)
            for path, sample in once.items():
                if "[]" not in path:
                    assert sample.rows == whole[path].rows == rows, (name, path)
                assert dict(whole[path].values) == dict(sample.values), (name, path)
                assert sample.method == "full"

    def test_a_sample_says_that_it_is_one(self, connector: Connector) -> None:
        datasets = self.listed(connector)
        for name in (n for n, rows in self.rows.items() if rows >= 200):
            for sample in self.read(connector, datasets[name], 20).values():
                assert sample.method != "full"
                assert sample.rows < self.rows[name]

    def test_fields_narrow_what_is_read(self, connector: Connector) -> None:
        for dataset in self.listed(connector).values():
            paths = list(self.read(connector, dataset, 50))
            for path in paths[:3]:
                assert set(self.read(connector, dataset, 50, fields=[path])) <= {p for p in paths if p[: len(path)] == path}
                assert path in self.read(connector, dataset, 50, fields=[path])

    def test_documents_are_opened(self, connector: Connector) -> None:
        datasets = self.listed(connector)
        for name, path in self.nested:
            found = self.read(connector, datasets[name], 100)
            assert path in found, (name, list(found))

    def test_odd_names_survive(self, connector: Connector) -> None:
        datasets = self.listed(connector)
        for name, path in self.hostile:
            assert path in self.read(connector, datasets[name], 100), (name, path, list(datasets))

    def test_limits_are_kept_and_said(self, source: Source) -> None:
        connector = self.connect(source, datasets=1, fields=1, value_chars=100)
        found = list(connector.datasets())
        kept = [d for d in found if isinstance(d, Dataset)]
        assert len(kept) == 1
        assert any(isinstance(s, Skipped) and "limits.datasets" in s.mend for s in found)
        given = list(connector.samples(kept[0], rows=10))
        assert len({s.field.path for s in given if isinstance(s, Sample) and not in_names(s.field.path)}) <= 1
        assert all(len(v) <= 100 for s in given if isinstance(s, Sample) for v in s.values)
        connector.close()

    def test_include_and_exclude(self, source: Source) -> None:
        name = next(iter(self.rows))
        only = Source(source.name, source.uri, options={**source.options, "include": [name]})
        without = Source(source.name, source.uri, options={**source.options, "exclude": [name]})
        for chosen, wanted in ((only, True), (without, False)):
            connector = self.connect(chosen)
            names = set(self.listed(connector))
            assert (name in names) is wanted
            assert wanted is (names == {name})
            connector.close()

    def test_facts_are_small_and_plain(self, connector: Connector, source: Source) -> None:
        import json

        facts = list(connector.facts(AS_OF))
        for fact in facts:
            assert fact.subject == source.name or fact.subject.startswith(f"{source.name}/")
            json.dumps(fact.value)
            assert fact.how
            assert fact.value is not None or fact.needs, fact
            assert fact.observed_at == AS_OF
        assert {"transit", "tls_version"} & {f.name for f in facts}
        assert "encrypted_at_rest" in {f.name for f in facts}

    def test_rows_for_controls_agree_with_samples(self, connector: Connector) -> None:
        import sqlalchemy as sa

        datasets = self.listed(connector)
        for name, rows in self.rows.items():
            paths = [p for p in self.read(connector, datasets[name], rows + 1) if "[]" not in p and "*" not in p]
            table = connector.table(datasets[name], paths)
            assert not isinstance(table, Skipped), table
            if isinstance(table, FrameTable):
                assert len(table.frame) == rows
                assert table.coverage == "full"
            else:
                with table.engine.connect() as connection:
                    counted = connection.execute(sa.select(sa.func.count()).select_from(sa.table(table.name, schema=table.schema)))
                    assert counted.scalar_one() == rows

    def test_a_field_that_is_not_there_is_skipped(self, connector: Connector) -> None:
        dataset = self.listed(connector)[next(iter(self.rows))]
        answer = connector.table(dataset, [("no such field",)])
        assert isinstance(answer, Skipped)
        assert answer.mend

    def test_the_store_is_as_it_was(self, source: Source, state: Callable[[], Any]) -> None:
        before = state()
        connector = self.connect(source)
        list(connector.test())
        for dataset in self.listed(connector).values():
            for rows in (None, 20):
                list(connector.samples(dataset, rows=rows))
            connector.table(dataset, [])
        list(connector.facts(AS_OF))
        connector.close()
        assert state() == before
