"""Metadata of objects in an emulator of Google Cloud Storage: there and back, with what others wrote.

The service takes a name out of the metadata where a patch says null; the emulator shows null, which counts as nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen

import pytest

from ropewalk.config import Limits
from ropewalk.model import Source
from ropewalk.plugins import Plugins
from ropewalk.reading.objects import Objects
from ropewalk.tags.buckets import GcsTags
from ropewalk.tags.nouns import Spot, Tag
from tests.object_servers import google

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, Any]]:
    def send(path: str, body: bytes, method: str = "POST", kind: str = "application/json") -> None:
        urlopen(Request(f"{options['endpoint_url']}/{path}", data=body, headers={"Content-Type": kind}, method=method)).close()

    with google() as options:
        send("storage/v1/b?project=shop", b'{"name": "shop"}')
        for name in ("in/one.csv", "in/a%20%28b%29.csv"):
            send(f"upload/storage/v1/b/shop/o?uploadType=media&name={name}", b"mail\nann@example.com\n", kind="text/csv")
        send("storage/v1/b/shop/o/in%2Fone.csv", json.dumps({"metadata": {"team": "data"}}).encode(), "PATCH")
        yield options


def test_metadata_there_and_back(storage: dict[str, Any]) -> None:
    store = GcsTags("g", Objects("gs://shop/in", {"storage": storage}, Limits()), Limits())

    def spots() -> dict[str, Spot]:
        return {s.dataset: s for s in store.spots({"one.csv", "a (b).csv"}) if isinstance(s, Spot)}

    before = spots()
    assert {d: s.now for d, s in before.items()} == {"one.csv": {"team": "data"}, "a (b).csv": {}}
    for spot in before.values():
        store.write(spot, store.form.put(spot.now, Tag("amazon-sp-api", ("email",))))
    assert spots()["one.csv"].now == {"team": "data", "origin": "amazon-sp-api", "ropewalk": "class=email set=amazon-sp-api v=1"}
    connector = Plugins.of().connector("gs", "test")(Source("g", "gs://shop/in", options={"storage": storage}), Limits())
    origins = {f.subject: f.value for f in connector.facts(datetime.now(UTC)) if f.name == "origin_tag" and "/" in f.subject}
    assert origins == {"g/one.csv": "amazon-sp-api", "g/a (b).csv": "amazon-sp-api"}
    for spot in spots().values():
        store.write(spot, store.form.drop(spot.now))
    assert {d: s.now for d, s in spots().items()} == {d: s.now for d, s in before.items()}
