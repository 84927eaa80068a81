"""The files connector over an emulator of Google Cloud Storage: the inherited contract, and the facts of a bucket."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest
from contracts.connector import AS_OF, ConnectorContract

from ropewalk.model import Source
from tests.object_servers import google

pytestmark = pytest.mark.server
TOKEN = "ya29.secret-of-the-reader"
KEY = "projects/shop/locations/eu/keyRings/r/cryptoKeys/k"


def send(storage: dict[str, Any], path: str, body: Any, kind: str = "application/json", method: str = "POST") -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(f"{storage['endpoint_url']}/{path}", data=data, headers={"Content-Type": kind}, method=method)
    with urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def put(storage: dict[str, Any], key: str, body: str, bucket: str = "shop") -> None:
    send(storage, f"upload/storage/v1/b/{bucket}/o?uploadType=media&name={key}", body.encode(), "application/octet-stream")


def written(rows: list[list[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.fixture(scope="module")
def storage() -> Iterator[dict[str, Any]]:
    with google() as options:
        send(options, "storage/v1/b?project=shop", {"name": "shop"})
        send(options, "storage/v1/b/shop", {
            "labels": {"origin": "amazon-sp-api"}, "versioning": {"enabled": True}, "encryption": {"defaultKmsKeyName": KEY},
            "lifecycle": {"rule": [{"action": {"type": "Delete"}, "condition": {"age": 30}}]},
            "iamConfiguration": {"publicAccessPrevention": "enforced"},
        }, method="PATCH")  # fmt: skip
        send(options, "storage/v1/b?project=shop", {"name": "bare"})
        details = json.dumps({"BuyerInfo": {"BuyerEmail": "ann@example.com"}})
        put(options, "data/orders.csv", written([["id", "email", "details"], *([i, f"b{i}@example.com", details] for i in range(400))]))
        line = json.dumps({"buyer": {"email": "a@example.com"}, "items": [{"gift": "x"}, {"gift": "y"}], "a@b.example": 2})
        put(options, "data/events.jsonl", f"{line}\n" * 30)
        put(options, "data/odd%20(1).csv", written([["a.b[c]", 'qu"ote'], ["1", "2"], ["3", "4"]]))
        put(options, "data/ann.lee@example.com.json", '{"fullName": "Ann Lee"}')
        put(options, "database/other.csv", "a\n1\n")
        for n in range(30):
            put(options, f"data/dt=2026-10-{n % 28 + 1:02}/part-{n:05}.jsonl", json.dumps({"buyer": f"b{n}@example.com"}) + "\n")
        put(options, "a.csv", "email\nann@example.com\n", "bare")
        yield options


class TestGoogleCloudStorage(ConnectorContract):
    scheme = "gs"
    secrets = (TOKEN,)
    rows: ClassVar[dict[str, int]] = {"orders.csv": 400, "events.jsonl": 30}
    nested = (
        ("events.jsonl", ("buyer", "email")),
        ("events.jsonl", ("items", "[]", "gift")),
        ("events.jsonl", ("*",)),
        ("orders.csv", ("details", "BuyerInfo", "BuyerEmail")),
    )
    hostile = (("odd (1).csv", ("a.b[c]",)), ("odd (1).csv", ('qu"ote',)))

    @pytest.fixture
    def source(self, storage: dict[str, Any]) -> Source:
        return Source("lake", "gs://shop/data", options={"storage": storage})

    @pytest.fixture
    def unreachable(self, storage: dict[str, Any]) -> Source:
        return Source("lake", "gs://no-such-bucket/data", options={"storage": storage})

    @pytest.fixture
    def state(self, storage: dict[str, Any]) -> Callable[[], Any]:
        def told() -> Any:
            with urlopen(f"{storage['endpoint_url']}/storage/v1/b/shop/o?maxResults=1000") as answer:
                return [(o["name"], o["md5Hash"], o["updated"], o.get("metageneration")) for o in json.load(answer)["items"]]

        return told

    def test_only_what_lies_below_the_prefix(self, connector: Any) -> None:
        assert set(self.listed(connector)) == {"orders.csv", "events.jsonl", "odd (1).csv", "*.json", "dt=*/part-*.jsonl"}

    def test_a_group_is_sampled_and_read_whole_when_asked(self, connector: Any) -> None:
        group = self.listed(connector)["dt=*/part-*.jsonl"]
        assert self.read(connector, group, 10)["buyer",].method == "stride"
        assert self.read(connector, group, None)["buyer",].cells == 30

    def test_facts_of_a_bucket_with_settings(self, source: Source) -> None:
        facts = {(f.subject, f.name): f.value for f in self.connect(source).facts(AS_OF)}
        said = {name: value for (subject, name), value in facts.items() if subject == "lake"}
        assert (said["transit"], said["tls_version"]) == ("plain", "none")
        assert said["encrypted_at_rest"] == {"layer": "bucket", "algorithm": "AES-256", "key": KEY}
        assert (said["retention_days"], said["versioning"], said["object_lock"]) == (30, "Enabled", False)
        assert said["public_access"] == {"public": False, "blocked": True}
        assert said["origin_tag"] == "amazon-sp-api"
        assert facts["lake/orders.csv", "oldest_object"]

    def test_facts_of_a_bare_bucket(self, storage: dict[str, Any]) -> None:
        facts = {f.name: f for f in self.connect(Source("lake", "gs://bare", options={"storage": storage})).facts(AS_OF) if f.subject == "lake"}
        assert (facts["retention_days"].value, facts["versioning"].value) == ("never", "Disabled")
        assert facts["encrypted_at_rest"].value == {"layer": "bucket", "algorithm": "AES-256"}
        assert facts["public_access"].value is None, "single objects may be open by ACLs of their own"
        assert "uniform bucket-level access" in facts["public_access"].needs
        assert facts["tls_enforced"].needs
        send(storage, "storage/v1/b/bare", {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}, method="PATCH")
        told = {f.name: f.value for f in self.connect(Source("lake", "gs://bare", options={"storage": storage})).facts(AS_OF)}
        assert told["public_access"] == {"public": False, "roles": []}

    def test_a_bucket_that_everybody_may_read_is_public(self, storage: dict[str, Any]) -> None:
        send(storage, "storage/v1/b?project=shop", {"name": "open"})
        policy = {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}
        send(storage, "storage/v1/b/open/iam", policy, method="PUT")
        facts = {f.name: f.value for f in self.connect(Source("lake", "gs://open", options={"storage": storage})).facts(AS_OF)}
        assert facts["public_access"] == {"public": True, "roles": ["roles/storage.objectViewer"]}
