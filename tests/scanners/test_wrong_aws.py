"""Buckets, keys and an AWS account set up wrongly in ways that look right, and rightly in ways that look wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from judged import judged

from ropewalk.config import Limits
from ropewalk.model import Fact, Source
from ropewalk.plugins import Plugins
from ropewalk.reading.awspolicy import everyone, lets_everybody_in, other_accounts, refuses_plain
from tests.object_servers import S3Server, moto

pytestmark = pytest.mark.server
HERE, ALL = "arn:aws:s3:::shop", "arn:aws:s3:::shop/*"
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [HERE, ALL], "Condition": PLAIN}
FENCED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
OWN = "123456789012"


@pytest.fixture(scope="module")
def cloud() -> Iterator[S3Server]:
    with moto() as server:
        server.client().create_bucket(Bucket="shop")
        server.client().put_object(Bucket="shop", Key="a.csv", Body=b"email\nann@example.com\n")
        yield server


def bucket(server: S3Server) -> dict[str, Fact]:
    made = Plugins.of().connector("s3", "test")(Source("b", "s3://shop", options={"storage": server.storage}), Limits())
    return {f.name: f for f in made.facts(datetime.now(UTC)) if f.subject == "b"}


def account(server: S3Server, place: Path, *clauses: str, **options: Any) -> dict[Any, Any]:
    source = {"name": "cloud", "uri": "aws://us-east-1", "options": {"storage": server.storage, **options}}
    return judged(place, [source], clauses)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, True),
        ({"Principal": {"AWS": ["*"]}}, True),
        ({"Action": ["S3:*"], "Resource": "*"}, True),
        ({"Resource": f"{HERE}*"}, True),
        ({"Resource": "arn:aws:s3:::*"}, True),
        ({"Resource": "arn:aws-cn:s3:::shop/*"}, True),
        ({"Condition": {"BoolIfExists": {"aws:SecureTransport": ["false"]}}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}}}, True),
        ({"Condition": {"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}}, True),
        ({"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Action": ["s3:GetObject", "s3:PutObject"]}, False),
        ({"Resource": HERE}, False),
        ({"Resource": f"{HERE}/public/*"}, False),
        ({"Resource": "arn:aws:s3:::another/*"}, False),
        ({"Resource": f"{HERE}/*.csv"}, False),
        ({"Principal": {"AWS": f"arn:aws:iam::{OWN}:role/app"}}, False),
        ({"Condition": {**PLAIN, "StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/app"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:MultiFactorAuthPresent": "false"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Effect": "Allow"}, False),
    ],
)
def test_a_policy_refuses_every_request_without_tls_or_it_does_not(change: dict[str, Any], refused: bool) -> None:
    assert refuses_plain({**DENY, **change}, "shop") is refused


def test_exempted_principals_are_not_refused() -> None:
    exempted = {**{k: v for k, v in DENY.items() if k != "Principal"}, "NotPrincipal": {"AWS": f"arn:aws:iam::{OWN}:root"}}
    assert not refuses_plain(exempted, "shop")


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        (None, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"StringLike": {"aws:Referer": "https://shop.example.com/*"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1234567890"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}, True),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24"]}}, False),
        ({"IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/1"]}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, True),
    ],
)
def test_a_condition_closes_a_policy_only_if_it_names_who(condition: Any, public: bool) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": ALL}
    assert lets_everybody_in({**statement, **({"Condition": condition} if condition else {})}) is public


@pytest.mark.parametrize(
    ("cidr", "world"),
    [("0.0.0.0/0", True), ("::/0", True), ("0.0.0.0/1", True), ("128.0.0.0/1", True), ("2000::/3", True), ("10.0.0.0/8", False), ("fc00::/7", False),
     ("203.0.113.0/24", False), ("2001:db8::/32", False), ("52.0.0.0/8", False), ("pl-1", False)],
)  # fmt: skip
def test_halves_of_the_internet_are_the_internet(cidr: str, world: bool) -> None:
    assert everyone(cidr) is world


def test_other_accounts_of_a_key() -> None:
    friend = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "kms:*", "Resource": "*"}
    narrow = {
        **friend,
        "Principal": {"AWS": "*"},
        "Condition": {"StringEquals": {"kms:CallerAccount": OWN, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
    }
    via = {**narrow, "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}
    assert other_accounts([friend], OWN) == ["999988887777"]
    assert other_accounts([friend], "") is None
    assert other_accounts([narrow], OWN) == []
    assert other_accounts([via], OWN) == ["*"]
    assert other_accounts([{"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "kms:*"}], OWN) == ["*"]


def test_verdicts_of_a_bucket_say_what_its_policy_lacks(cloud: S3Server) -> None:
    s3 = cloud.client()
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps({"Statement": [{**DENY, "Action": "s3:GetObject"}]}))
    found = bucket(cloud)["tls_enforced"]
    assert found.value is False
    assert "it must be for everybody, s3:* and arn:aws:s3:::shop/*" in found.how
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps({"Statement": DENY}))
    assert bucket(cloud)["tls_enforced"].value is True
    s3.delete_bucket_policy(Bucket="shop")
    assert "no statement denies" in bucket(cloud)["tls_enforced"].how


def test_single_objects_may_be_open_where_lists_of_access_count(cloud: S3Server) -> None:
    s3 = cloud.client()
    found = bucket(cloud)["public_access"]
    assert found.value is None
    assert "BucketOwnerEnforced" in found.needs
    s3.put_bucket_ownership_controls(Bucket="shop", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    assert bucket(cloud)["public_access"].value == {"public": False, "blocked": False}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ALL, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    s3.put_bucket_policy(Bucket="shop", Policy=json.dumps({"Statement": [allow]}))
    assert bucket(cloud)["public_access"].value == {"public": True, "policy": 1, "acl": 0}
    s3.put_public_access_block(Bucket="shop", PublicAccessBlockConfiguration={**FENCED, "BlockPublicAcls": False})
    assert bucket(cloud)["public_access"].value == {"public": False, "blocked": False}, "its policy lets in nobody from outside now"
    s3.delete_public_access_block(Bucket="shop")
    s3.delete_bucket_policy(Bucket="shop")
    s3.delete_bucket_ownership_controls(Bucket="shop")


@pytest.mark.parametrize(
    ("rules", "days"),
    [
        ([{"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}], "never"),
        ([{"Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30}}], {"logs/": 30}),
        ([{"Status": "Enabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 30}}], "never"),
        ([{"Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}}], "never"),
        ([{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": d}} for d in (30, 90)], 30),
    ],
)
def test_rules_of_deletion_that_do_not_delete(cloud: S3Server, rules: list[dict[str, Any]], days: Any) -> None:
    named = [{"ID": str(n), **r} for n, r in enumerate(rules)]
    cloud.client().put_bucket_lifecycle_configuration(Bucket="shop", LifecycleConfiguration={"Rules": named})
    assert bucket(cloud)["retention_days"].value == days
    cloud.client().delete_bucket_lifecycle(Bucket="shop")


def test_a_key_by_its_alias_rotates_and_one_that_ends_fails(cloud: S3Server, tmp_path: Path) -> None:
    s3, kms = cloud.client(), cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/shop", TargetKeyId=key)

    def check(name: str = "alias/shop") -> Any:
        default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": name} if name else {})}
        s3.put_bucket_encryption(Bucket="shop", ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": default}]})
        source = {"name": "b", "uri": "s3://shop", "options": {"storage": cloud.storage}}
        return judged(tmp_path, [source], ["2.4.b"])["2.4.b", "b"]

    assert (check().status, check().reason) == ("fail", "its key does not rotate")
    kms.enable_key_rotation(KeyId=key)
    assert check().status == "pass"
    assert check(f"arn:aws:kms:us-east-1:{OWN}:alias/shop").status == "pass"
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}))
    assert check().reason == "its key is open to others: everybody"
    assert "kms:CallerAccount" in check().mend
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)
    kms.schedule_key_deletion(KeyId=key)
    assert check().reason == "its key is no longer in use (state PendingDeletion)"
    assert check("").status == "pass", "the key that AWS manages for S3"
    gone = check("00000000-0000-4000-8000-000000000000")
    assert gone.status == "unknown"
    assert "kms:" in gone.mend


def test_open_groups_and_public_snapshots(cloud: S3Server, tmp_path: Path) -> None:
    ec2, rds = cloud.client("ec2"), cloud.client("rds")
    assert account(cloud, tmp_path, "1.1.a")["1.1.a", "cloud"].status == "pass"
    group = ec2.create_security_group(GroupName="db", Description="db")["GroupId"]
    lists = ec2.create_managed_prefix_list(PrefixListName="w", MaxEntries=3, AddressFamily="IPv4", Entries=[{"Cidr": "0.0.0.0/0"}])["PrefixList"]
    rules = [
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]},
        {"IpProtocol": "tcp", "FromPort": 6379, "ToPort": 6379, "PrefixListIds": [{"PrefixListId": lists["PrefixListId"]}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
    ]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    rds.create_db_instance(
        DBInstanceIdentifier="shop-db", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="owner",
        MasterUserPassword="not-kept-1234", StorageEncrypted=True, PubliclyAccessible=False,
    )  # fmt: skip
    rds.create_db_snapshot(DBInstanceIdentifier="shop-db", DBSnapshotIdentifier="before-move")
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="before-move", AttributeName="restore", ValuesToAdd=["all"])
    volume = ec2.create_volume(Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    disk = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    verdict = account(cloud, tmp_path, "1.1.a")["1.1.a", "cloud"]
    assert verdict.status == "fail"
    for words in (f"{group} tcp 5432", f"{group} tcp 3306", f"{group} tcp 6379", "snapshot before-move is public"):
        assert words in verdict.reason
    assert "icmp" not in verdict.reason
    assert disk not in verdict.reason
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="before-move", AttributeName="restore", ValuesToRemove=["all"])
    assert account(cloud, tmp_path, "1.1.a")["1.1.a", "cloud"].status == "pass"
    ec2.modify_snapshot_attribute(SnapshotId=disk, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])
    assert f"snapshot {disk} is public" in account(cloud, tmp_path, "1.1.a")["1.1.a", "cloud"].reason
    ec2.modify_snapshot_attribute(SnapshotId=disk, Attribute="createVolumePermission", OperationType="remove", GroupNames=["all"])


def test_a_log_group_without_an_end_keeps_its_lines(cloud: S3Server, tmp_path: Path) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/shop/app")
    logs.create_log_stream(logGroupName="/shop/app", logStreamName="a")
    event = {"timestamp": int(time.time() * 1000) - 60_000, "message": "level=info started"}
    logs.put_log_events(logGroupName="/shop/app", logStreamName="a", logEvents=[event])
    source = {"name": "l", "uri": "cloudwatch://us-east-1/shop", "options": {"storage": cloud.storage}}
    assert judged(tmp_path, [source], ["2.6.b"])["2.6.b", "l//shop/app"].status == "pass"
    logs.put_retention_policy(logGroupName="/shop/app", retentionInDays=90)
    assert judged(tmp_path, [source], ["2.6.b"])["2.6.b", "l//shop/app"].status == "fail"


def test_older_versions_hold_what_the_rows_of_today_hold_no_longer(cloud: S3Server, tmp_path: Path) -> None:
    s3 = cloud.client()
    s3.create_bucket(Bucket="kept")
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    later = (datetime.now(UTC) + timedelta(days=35)).isoformat()
    for email in ("ann@example.com", "bob@example.com"):
        s3.put_object(Bucket="kept", Key="orders.csv", Body=f"email,delivered_at\n{email},{later}\n".encode())
    s3.put_object(Bucket="kept", Key="gone.csv", Body=b"email\nann@example.com\n")
    s3.delete_object(Bucket="kept", Key="gone.csv")
    source = {"name": "b", "uri": "s3://kept", "options": {"storage": cloud.storage}}
    found = judged(tmp_path, [source], ["2.1.a"], ahead=40)
    assert found["2.1.a", "b/orders.csv"].status == "unknown"
    assert "1 older versions of objects are kept that were not read" in found["2.1.a", "b/orders.csv"].reason
    assert "NoncurrentVersionExpiration" in found["2.1.a", "b/orders.csv"].mend
    assert "1 of them of deleted objects" in found["2.1.a", "b"].reason
    for version in s3.list_object_versions(Bucket="kept")["Versions"]:
        if not version["IsLatest"]:
            s3.delete_object(Bucket="kept", Key=version["Key"], VersionId=version["VersionId"])
    assert judged(tmp_path, [source], ["2.1.a"], ahead=40)["2.1.a", "b/orders.csv"].status == "pass"
