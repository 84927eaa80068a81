"""The files connector over a real S3 server, and its facts over a model of AWS."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Fact, Sample, Skipped, Source, path_text
from ropewalk.plugins import Plugins
from tests.object_servers import S3Server, moto, seaweed

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLE = "id,email\n" + "".join(f"{n},a{n}@example.com\n" for n in range(300))
pytestmark = pytest.mark.server


def connect(server: S3Server, place: str, **limits: Any) -> Any:
    return Plugins.of().connector("s3", "test")(Source("b", f"s3://{place}", options={"storage": server.storage}), Limits(**limits))


@pytest.fixture(scope="module")
def real() -> Iterator[S3Server]:
    with seaweed() as server:
        s3 = server.client()
        s3.create_bucket(Bucket="shop")
        sink = io.BytesIO()
        pq.write_table(pa.table({"buyer": [f"a{n}@example.com" for n in range(5000)], "n": range(5000)}), sink, row_group_size=500)
        for key, body in {
            "data/report.csv": TABLE.encode(), "data/packed": gzip.compress(TABLE.encode()), "data/orders.parquet": sink.getvalue(),
            "data/ann.lee@example.com.json": b'{"fullName": "Ann Lee"}', "data/empty.csv": b"", "database/other.csv": TABLE.encode(),
        }.items():  # fmt: skip
            s3.put_object(Bucket="shop", Key=key, Body=body)
        for n in range(60):
            s3.put_object(
                Bucket="shop", Key=f"data/dt=2026-10-{n % 28 + 1:02}/part-{n:05}.jsonl", Body=json.dumps({"buyer": f"b{n}@example.com"}) + "\n"
            )
        yield server


def test_datasets_of_a_prefix(real: S3Server) -> None:
    found = list(connect(real, "shop/data").datasets())
    names = {d.name for d in found if isinstance(d, Dataset)}
    assert names == {"report.csv", "packed", "orders.parquet", "*.json", "dt=*/part-*.jsonl"}
    assert [(s.dataset, s.reason) for s in found if isinstance(s, Skipped)] == [("empty.csv", "empty")]


def test_samples_of_every_kind(real: S3Server) -> None:
    connector = connect(real, "shop/data")
    got = {}
    for dataset in connector.datasets():
        if isinstance(dataset, Dataset):
            got |= {(dataset.name, path_text(s.field.path)): s for s in connector.samples(dataset, rows=100) if isinstance(s, Sample)}
    assert got["report.csv", "email"].total == got["packed", "email"].total == 300
    assert (got["orders.parquet", "buyer"].method, got["orders.parquet", "buyer"].total) == ("stride", 5000)
    group = got["dt=*/part-*.jsonl", "buyer"]
    assert (group.method, group.total) == ("stride", None)
    assert 10 < group.cells < 60


def test_a_group_is_read_whole_when_asked(real: S3Server) -> None:
    connector = connect(real, "shop/data")
    group = next(d for d in connector.datasets() if isinstance(d, Dataset) and "part" in d.name)
    cells = {path_text(s.field.path): s.cells for s in connector.samples(group, rows=None) if isinstance(s, Sample)}
    assert cells == {"buyer": 60, "dt": 60}
    table = connector.table(group, [("buyer",)])
    assert (len(table.frame), table.coverage) == (60, "full")


def test_fingerprints_change_with_objects(real: S3Server) -> None:
    def marks() -> dict[str, str]:
        return {d.name: d.fingerprint for d in connect(real, "shop/data").datasets() if isinstance(d, Dataset)}

    before = marks()
    assert before == marks()
    real.client().put_object(Bucket="shop", Key="data/report.csv", Body=TABLE.encode() + b"301,new@example.com\n")
    after = marks()
    real.client().put_object(Bucket="shop", Key="data/report.csv", Body=TABLE.encode())
    assert {n for n in before if before[n] != after[n]} == {"report.csv"}


def test_a_missing_bucket_is_a_clear_error(real: S3Server) -> None:
    with pytest.raises(SourceError, match="cannot be listed") as caught:
        list(connect(real, "no-such-bucket").datasets())
    assert "reader-secret" not in str(caught.value)


def test_transit_is_told(real: S3Server) -> None:
    facts = {f.name: f for f in connect(real, "shop/data").facts(AS_OF) if f.subject == "b"}
    assert (facts["transit"].value, facts["tls_version"].value) == ("plain", "none")


@pytest.fixture(scope="module")
def aws() -> Iterator[S3Server]:
    with moto() as server:
        s3, kms = server.client(), server.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key)
        friends = ["arn:aws:iam::123456789012:root", "arn:aws:iam::999988887777:role/friend"]
        let_in = {"Effect": "Allow", "Principal": {"AWS": friends}, "Action": "kms:*", "Resource": "*"}
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [let_in]}))
        for bucket in ("sealed", "open", "tagged"):
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="a.csv", Body=TABLE.encode(), Metadata={"origin": "amazon-sp-api"} if bucket == "tagged" else {})
        s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})  # fmt: skip
        fences = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
        s3.put_public_access_block(Bucket="sealed", PublicAccessBlockConfiguration=fences)
        s3.put_bucket_policy(Bucket="sealed", Policy=_policy("sealed", "Deny", {"Bool": {"aws:SecureTransport": "false"}}))
        s3.put_bucket_policy(Bucket="open", Policy=_policy("open", "Allow", None))
        s3.put_bucket_versioning(Bucket="sealed", VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_lifecycle_configuration(Bucket="sealed", LifecycleConfiguration={"Rules": [
            {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]})  # fmt: skip
        yield server


def _policy(bucket: str, effect: str, condition: Any) -> str:
    statement = {"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]})


def facts_of(server: S3Server, bucket: str) -> dict[tuple[str, str], Fact]:
    return {(f.subject, f.name): f for f in connect(server, bucket).facts(AS_OF)}


def test_a_sealed_bucket(aws: S3Server) -> None:
    facts = facts_of(aws, "sealed")
    said = {name: f.value for (subject, name), f in facts.items() if subject == "b"}
    assert said["encrypted_at_rest"]["algorithm"] == "aws:kms"
    assert said["key_spec"] == "SYMMETRIC_DEFAULT"
    assert said["key_rotation"] is True
    assert said["key_rotation_days"] == 365
    assert said["key_shared_with"] == ["999988887777"], "123456789012 is the account of the key itself"
    assert said["public_access"] == {"public": False, "blocked": True}
    assert said["tls_enforced"] is True
    assert (said["retention_days"], said["versioning"], said["object_lock"], said["access_logging"]) == (30, "Enabled", False, False)
    assert facts_of(aws, "tagged")["b/a.csv", "origin_tag"].value == "amazon-sp-api", "of the sealed one no object is given out without TLS"


def test_an_open_bucket(aws: S3Server) -> None:
    facts = facts_of(aws, "open")
    said = {name: f.value for (subject, name), f in facts.items() if subject == "b"}
    assert said["public_access"]["public"] is True
    assert (said["tls_enforced"], said["retention_days"], said["versioning"]) == (False, "never", "Disabled")
    assert facts["b/a.csv", "origin_tag"].value == ""


def test_what_is_denied_is_unknown(aws: S3Server) -> None:
    from ropewalk.reading import s3facts
    from ropewalk.reading.objects import Objects

    objects = Objects("s3://not-there", {"storage": aws.storage}, Limits())
    facts = {f.name: f for f in s3facts.facts(objects, "b", AS_OF)}
    assert facts["tls_enforced"].value is None
    assert facts["tls_enforced"].needs == "s3:GetBucketPolicy"
    assert facts["public_access"].value is None
    assert all(f.needs for f in facts.values() if f.value is None)


@pytest.mark.parametrize(
    "condition",
    [None, {"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}],
)
def test_half_a_policy_enforces_nothing(aws: S3Server, condition: Any) -> None:
    aws.client().create_bucket(Bucket="half")
    aws.client().put_bucket_policy(Bucket="half", Policy=_policy("half", "Deny", condition))
    assert facts_of(aws, "half")["b", "tls_enforced"].value is False


def test_the_policy_for_the_reader_only_reads(aws: S3Server) -> None:
    actions = [a for s in json.loads(connect(aws, "sealed").least_privilege())["Statement"] for a in s["Action"]]
    assert all(a.partition(":")[2].startswith(("Get", "List", "Describe", "Decrypt")) for a in actions)


def test_older_versions_are_a_fact_of_retention(aws: S3Server) -> None:
    s3 = aws.client()
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    for n in range(3):
        for part in range(4):
            s3.put_object(Bucket="kept", Key=f"data/day-2026-11-0{part + 1}.csv", Body=f"email\nv{n}@example.com\n".encode())
    s3.put_object(Bucket="kept", Key="data/gone.csv", Body=b"email\na@example.com\n")
    s3.delete_object(Bucket="kept", Key="data/gone.csv")
    s3.create_multipart_upload(Bucket="kept", Key="data/half.bin")
    facts = {(f.subject, f.name): f.value for f in connect(aws, "kept/data").facts(AS_OF)}
    versions = facts["b", "noncurrent_versions"]
    assert (versions["count"], versions["of_deleted_objects"], versions["all_counted"]) == (9, 1, True)
    assert datetime.fromisoformat(versions["oldest"]) <= datetime.now(UTC)
    assert facts["b/day-*.csv", "noncurrent_versions"]["count"] == 8
    assert facts["b", "noncurrent_retention_days"] == "never"
    assert facts["b", "unfinished_uploads"]["count"] == 1
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration={"Rules": [rule]})
    assert {(f.subject, f.name): f.value for f in connect(aws, "kept/data").facts(AS_OF)}["b", "noncurrent_retention_days"] == 7


def test_logs_in_a_bucket_tell_its_lock(aws: S3Server) -> None:
    s3 = aws.client()
    s3.create_bucket(Bucket="held", ObjectLockEnabledForBucket=True)
    rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}}
    s3.put_object_lock_configuration(Bucket="held", ObjectLockConfiguration=rule)
    s3.put_object(Bucket="held", Key="app.log", Body=b"2026-11-01T00:00:00Z INFO started\n")
    logs = Plugins.of().connector("logs", "test")(Source("l", "logs+s3://held", options={"storage": aws.storage}), Limits())
    facts = {f.name: f.value for f in logs.facts(AS_OF)}
    assert facts["object_lock"] == {"mode": "COMPLIANCE", "days": 400}
    assert facts["transit"] == "plain"
    assert "oldest_event" in facts
    assert "retention_days" not in facts
