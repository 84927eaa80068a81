"""The files connector over Azurite, the emulator of Azure Blob Storage."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from ropewalk.config import Limits
from ropewalk.model import Dataset, Sample, Source
from ropewalk.plugins import Plugins
from tests.object_servers import azurite

TABLE = "id,email\n" + "".join(f"{n},a{n}@example.com\n" for n in range(300))
CACHE = Path(sys.prefix) / "azurite"
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def connector() -> Iterator[Any]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with azurite(CACHE) as storage:
        service = BlobServiceClient.from_connection_string(storage["connection_string"])
        container = service.create_container("shop")
        container.upload_blob("data/report.csv", TABLE.encode(), metadata={"origin": "amazon-sp-api"})
        container.upload_blob("data/ann.lee@example.com.json", b'{"fullName": "Ann Lee"}')
        service.close()
        source = Source("az", "abfs://shop/data", options={"storage": storage})
        yield Plugins.of().connector("abfs", "test")(source, Limits())


def test_datasets_and_samples(connector: Any) -> None:
    found = {d.name: d for d in connector.datasets() if isinstance(d, Dataset)}
    assert set(found) == {"report.csv", "*.json"}
    samples = {s.field.path: s for s in connector.samples(found["report.csv"], rows=500) if isinstance(s, Sample)}
    assert samples[("email",)].total == 300
    assert found["report.csv"].fingerprint


def test_facts(connector: Any) -> None:
    facts = {(f.subject, f.name): f for f in connector.facts(datetime(2026, 11, 20, tzinfo=UTC))}
    assert facts["az", "transit"].value == "plain"
    assert facts["az", "public_access"].value == {"public": False}
    assert facts["az/report.csv", "origin_tag"].value == "amazon-sp-api"
    assert facts["az", "tls_enforced"].needs
