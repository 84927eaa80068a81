"""Index tags of blobs in Azurite, and what is said where something cannot be tagged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from ropewalk.config import Limits, load
from ropewalk.errors import ConfigError
from ropewalk.model import Skipped
from ropewalk.reading.objects import Objects
from ropewalk.register import open_register
from ropewalk.tags import plan
from ropewalk.tags.buckets import AzureTags
from ropewalk.tags.nouns import Spot, Tag, TagError
from ropewalk.tags.targets import cannot, look
from tests.object_servers import azurite

CACHE = Path(sys.prefix) / "azurite"


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, str]]:
    CACHE.mkdir(parents=True, exist_ok=True)
    with azurite(CACHE) as storage:
        with BlobServiceClient.from_connection_string(storage["connection_string"]) as service:
            container = service.create_container("shop")
            container.upload_blob("data/one.csv", b"a\n1\n", tags={"team": "data"})
            for n in range(3):
                container.upload_blob(f"data/part-{n}.csv", b"a\n1\n")
        yield storage


@pytest.mark.server
def test_tags_of_blobs_there_and_back(storage: dict[str, str]) -> None:
    store = AzureTags("az", Objects("abfs://shop/data", {"storage": storage}, Limits()), Limits())
    tag = Tag("amazon-sp-api", ("email",))

    def spots() -> dict[str, Spot]:
        found = list(store.spots({"one.csv", "part-*.csv", "gone.csv"}))
        assert [s.dataset for s in found if isinstance(s, Skipped)] == ["gone.csv"]
        return {s.names[0]: s for s in found if isinstance(s, Spot)}

    before = spots()
    assert len(before) == 4
    assert before["shop/data/one.csv"].now == {"team": "data"}
    for spot in before.values():
        store.write(spot, store.form.put(spot.now, tag))
    tagged = spots()
    assert tagged["shop/data/one.csv"].now == {"team": "data", "origin": "amazon-sp-api", "ropewalk": "class=email set=amazon-sp-api v=1"}
    with pytest.raises(TagError, match="meanwhile"):
        store.write(before["shop/data/one.csv"], {})
    for spot in tagged.values():
        store.write(spot, store.form.drop(spot.now))
    assert {k: s.now for k, s in spots().items()} == {k: s.now for k, s in before.items()}
    store.close()


def test_what_carries_no_tags_says_what_to_do_instead(tmp_path: Path) -> None:
    (tmp_path / "ropewalk.yaml").write_text(
        "sources:\n"
        + "".join(
            f"  - {{name: {n}, uri: '{u}', owner: me, purpose: p}}\n"
            for n, u in (("lite", "sqlite:///x.db"), ("files", "data"), ("logs", "logs:///var/log/x"), ("pg", "postgresql://a@localhost/x"))
        )
    )
    config = load(tmp_path)
    sources = {s.name: s for s in config.sources()}
    said = {n: cannot(s) for n, s in sources.items()}
    assert said.pop("pg") is None
    assert all(why and why[0] and why[1] for why in said.values())
    with open_register(config) as register:
        (change,) = plan(config, register, sources["files"], lambda: look(config, sources["files"]))
        assert (change.action, change.reason) == ("cannot", "files of this machine carry no tags")
        with pytest.raises(ConfigError, match="no scan has looked"):
            plan(config, register, sources["pg"], lambda: look(config, sources["pg"]))
