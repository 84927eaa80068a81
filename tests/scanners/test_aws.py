"""The settings of an AWS account, over a model of AWS that answers the real protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import ropewalk as rw
from ropewalk.config import Limits
from ropewalk.errors import ConfigError, SourceError
from ropewalk.model import Dataset, Fact, Source
from ropewalk.plugins import Plugins
from tests.object_servers import S3Server, moto
from tests.servers import free_port

AS_OF = datetime(2031, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def account() -> Iterator[S3Server]:
    with moto() as server:
        iam, ec2, rds = (server.client(name) for name in ("iam", "ec2", "rds"))
        for name in ("ann.lee", "admin", "robot"):
            iam.create_user(UserName=name)
        for name in ("ann.lee", "admin"):
            iam.create_login_profile(UserName=name, Password="A-long-one-9!")
        iam.create_access_key(UserName="robot")
        group = ec2.create_security_group(GroupName="db", Description="db")["GroupId"]
        anywhere = [{"CidrIp": "0.0.0.0/0"}]
        rules = [{"IpProtocol": "tcp", "FromPort": p, "ToPort": p, "IpRanges": anywhere} for p in (5432, 443)]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
        for name, sealed in (("shop-db", True), ("old-db", False)):
            rds.create_db_instance(
                DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="owner",
                MasterUserPassword="not-kept-1234", StorageEncrypted=sealed, PubliclyAccessible=not sealed, BackupRetentionPeriod=7,
            )  # fmt: skip
        yield server


def source(server: S3Server, regions: str = "us-east-1") -> Source:
    return Source("cloud", f"aws://{regions}", options={"storage": server.storage, "databases": {"shop": "shop-db"}})


def told(server: S3Server, regions: str = "us-east-1") -> dict[tuple[str, str], Fact]:
    facts = list(Plugins.of().connector("aws", "test")(source(server, regions), Limits()).facts(AS_OF))
    assert len({(f.subject, f.name) for f in facts}) == len(facts)
    return {(f.subject, f.name): f for f in facts}


def test_it_keeps_what_connectors_promise_as_far_as_a_source_without_rows_can(account: S3Server) -> None:
    make = Plugins.of().connector("aws", "test")
    there = make(source(account), Limits())
    checks = list(there.test())
    assert {c.name for c in checks if c.ok} == {"reachable", "read-only"}
    listed = [d for d in there.datasets() if isinstance(d, Dataset)]
    assert {d.kind for d in listed} == {"settings"}
    assert [list(there.samples(d, rows=9)) for d in listed] == [[]] * 5
    shown = repr([there, checks, listed, there.table(listed[0], []), list(there.facts(AS_OF)), there.least_privilege()])
    assert not [s for s in ("reader-secret", "not-kept-1234", "A-long-one-9!") if s in shown]
    assert "*" not in {a for s in json.loads(there.least_privilege())["Statement"] for a in s["Action"]}


def test_an_account_that_does_not_answer(account: S3Server) -> None:
    storage = {**account.storage, "endpoint_url": f"http://127.0.0.1:{free_port()}"}
    gone = Plugins.of().connector("aws", "test")(Source("gone", "aws://us-east-1", options={"storage": storage}), Limits())
    with pytest.raises(SourceError, match="does not answer") as caught:
        list(gone.datasets())
    assert caught.value.mend
    assert caught.value.__cause__ is None
    assert [c.ok for c in gone.test()] == [False]
    facts = list(gone.facts(AS_OF))
    assert {f.value for f in facts} == {None}
    assert all(f.needs for f in facts)


def test_accounts_and_keys(account: S3Server) -> None:
    found = told(account)
    assert found["cloud", "accounts"].value == [{"name": n, "login": n != "robot"} for n in ("ann.lee", "admin", "robot")]
    assert found["cloud", "shared_accounts"].value == ["admin"]
    assert found["cloud", "api_key_age_days"].value > 1000, "a key made years before the clock of the scan"
    assert found["cloud", "password_policy"].value == {"min_length": 8, "classes": 3, "max_age_days": 0, "history": 0, "mfa": False, "without_mfa": 3}
    iam = account.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=12)
    rules = told(account)["cloud", "password_policy"].value
    assert {k: rules[k] for k in ("min_length", "classes", "max_age_days", "history")} == {
        "min_length": 14, "classes": 1, "max_age_days": 90, "history": 12,
    }  # fmt: skip


def test_network_and_watch(account: S3Server) -> None:
    found = told(account, "us-east-1,eu-west-1")
    assert [r.split(" ", 1)[1] for r in found["cloud/us-east-1", "open_to_world"].value] == ["tcp 5432"], "443 is a web server's"
    assert found["cloud/eu-west-1", "open_to_world"].value == []
    assert found["cloud/us-east-1", "intrusion_detection"].value is False
    account.client("guardduty").create_detector(Enable=True)
    assert told(account)["cloud/us-east-1", "intrusion_detection"].value is True


def test_what_rds_says_counts_for_the_source_that_reads_the_database(account: S3Server) -> None:
    found = told(account)
    for subject in ("shop", "cloud/shop-db"):
        assert found[subject, "encrypted_at_rest"].value == {"layer": "volume", "algorithm": "aws:kms"}
        assert found[subject, "public_access"].value == {"public": False}
        assert found[subject, "backup_days"].value == 7
    assert found["cloud/old-db", "encrypted_at_rest"].value == {"layer": "volume", "algorithm": "none"}
    assert ("old", "encrypted_at_rest") not in found


def test_what_is_denied_is_unknown_with_the_right_that_would_tell(account: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    asked = BaseClient._make_api_call

    def deny(self: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
        assert operation.startswith(("Get", "List", "Describe")), "nothing is written"
        if operation in {"ListMFADevices", "DescribeDBInstances"}:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "user ann.lee@example.com may not"}}, operation)
        return asked(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", deny)
    found = told(account)
    assert "ann.lee@example.com" not in repr(found)
    for subject, name, right in (("cloud", "api_key_age_days", "iam:ListMFADevices"), ("cloud/us-east-1", "databases", "rds:DescribeDBInstances")):
        assert found[subject, name].value is None
        assert right in found[subject, name].needs
    assert "mfa" not in (found["cloud", "password_policy"].value or {}) or found["cloud", "password_policy"].value["mfa"] is False
    assert ("shop", "encrypted_at_rest") not in found


@pytest.mark.parametrize("uri", ["aws://", "aws://mars", "aws://eu-west-1,"])
def test_a_region_must_be_one(uri: str) -> None:
    make = Plugins.of().connector("aws", "test")
    if uri.endswith(","):
        assert repr(make(Source("c", uri), Limits())) == "Aws('c')"
        return
    with pytest.raises(ConfigError, match="names no region"):
        make(Source("c", uri), Limits())


def test_a_scan_records_the_facts_and_the_controls_use_them(account: S3Server, tmp_path: Any) -> None:
    (tmp_path / "ropewalk.yaml").write_text(
        json.dumps({"version": 1, "sources": [{"name": "cloud", "uri": "aws://us-east-1", "owner": "o", "purpose": "p",
                                               "options": {"storage": account.storage}}]})
    )  # fmt: skip
    config = rw.load_config(tmp_path / "ropewalk.yaml")
    with rw.open_register(config) as register:
        assert rw.scan(config, register).status == "complete"
        rw.check(config, register)
        results = register.frame("results")
    said = {(r["control"], r["requirement"], r["subject"]): r["status"] for r in results.to_dict("records")}
    assert said["public_access", "1.1.a", "cloud"] == "fail"
    assert said["shared_accounts", "1.2.a", "cloud"] == "fail"
    assert {s for (c, _, who), s in said.items() if c == "password_policy" and who == "cloud"} >= {"fail"}
