"""What an AWS account says of its accounts, keys, network, detectors and databases; only `Get`, `List` and `Describe` calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ropewalk.model import Fact
from ropewalk.reading.accounts import generic
from ropewalk.reading.awsask import Denied, ask, ask_all, key_facts
from ropewalk.reading.awspolicy import everyone
from ropewalk.reading.s3 import client

PARTS = ("iam", "ec2", "guardduty", "cloudtrail", "rds")
"""Services that are asked; each is a dataset of the source."""
LEAST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "sts:GetCallerIdentity", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary", "iam:ListUsers", "iam:GetLoginProfile",
                    "iam:ListMFADevices", "iam:ListAccessKeys", "iam:ListEntitiesForPolicy", "ec2:DescribeSecurityGroups",
                    "ec2:GetManagedPrefixListEntries", "ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute", "rds:DescribeDBInstances",
                    "rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes", "rds:DescribeDBClusterSnapshots",
                    "rds:DescribeDBClusterSnapshotAttributes", "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
                    "guardduty:ListDetectors", "guardduty:GetDetector", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus",
                ],
                "Resource": "*",
            }
        ],
    },
    indent=2,
)  # fmt: skip
_PINGS = ("icmp", "icmpv6", "1", "58")
"""Answers of the network itself; no data goes over them."""
_WEB = {(80, 80), (443, 443)}
_ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
_USER_RIGHTS = "iam:ListUsers, iam:GetLoginProfile, iam:ListMFADevices, iam:ListAccessKeys"
_USERS = 2_000
"""Users whose keys and second factors are asked for; of more nothing is told, rather than of a part."""
_SNAPSHOTS = (
    "rds:DescribeDBSnapshots, rds:DescribeDBSnapshotAttributes, rds:DescribeDBClusterSnapshots, rds:DescribeDBClusterSnapshotAttributes, "
    "ec2:DescribeSnapshots, ec2:DescribeSnapshotAttribute"
)
_DEFAULT_RULES = {"min_length": 8, "classes": 3, "max_age_days": 0, "history": 0}
"""What IAM asks of passwords where the account sets no policy of its own."""


class AwsFacts:
    """Asks the account; databases: {name of a source: RDS instance}, so that what RDS says counts for that source too."""

    def __init__(self, source: str, regions: Sequence[str], storage: Mapping[str, Any], databases: Mapping[str, str]) -> None:
        self._source, self._regions, self._storage, self._databases = source, regions, storage, databases

    def __repr__(self) -> str:
        return f"AwsFacts({self._source!r})"

    def service(self, name: str, region: str = "") -> Any:
        return client(self._storage_in(region or self._regions[0]), name)

    def _storage_in(self, region: str) -> Mapping[str, Any]:
        return {**self._storage, "client_kwargs": {**self._storage.get("client_kwargs", {}), "region_name": region}}

    def reach(self) -> None:
        """Whether the account answers at all. Raises Denied."""
        ask(self.service("sts"), "get_caller_identity")

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        def fact(name: str, how: str, right: str, tell: Callable[[], Any], subject: str = "") -> Fact:
            subject = subject or self._source
            try:
                return Fact(subject, name, tell(), as_of, how)
            except Denied as error:
                return Fact(subject, name, None, as_of, f"{how} ({error})", right)

        try:
            self.reach()
        except Denied as error:
            for name in ("accounts", "password_policy", "api_key_age_days", "open_to_world", "intrusion_detection"):
                yield Fact(self._source, name, None, as_of, f"sts:get_caller_identity ({error})", "credentials of the account, and a way to it")
            return
        yield from self._accounts(fact, as_of)
        for region in self._regions:
            here = f"{self._source}/{region}"
            yield fact(
                "open_to_world",
                "ec2:describe_security_groups",
                "ec2:DescribeSecurityGroups and ec2:GetManagedPrefixListEntries",
                partial(self._open, region),
                here,
            )
            yield fact("public_snapshots", "rds and ec2: attributes of snapshots", _SNAPSHOTS, partial(self._given_away, region), here)
            yield fact("intrusion_detection", "guardduty:get_detector", "guardduty:ListDetectors", partial(self._watched, region), here)
            yield fact("audit_trail", "cloudtrail:get_trail_status", "cloudtrail:GetTrailStatus", partial(self._trail, region), here)
            yield from self._instances(fact, region)

    def _accounts(self, fact: Callable[..., Fact], as_of: datetime) -> Iterator[Fact]:
        iam = self.service("iam")
        users = fact("accounts", "iam:list_users", _USER_RIGHTS, lambda: self._users(iam, as_of))
        known: list[dict[str, Any]] = users.value or []
        how = "iam:list_users, get_login_profile"
        yield Fact(self._source, "accounts", users.value and [{"name": u["name"], "login": u["login"]} for u in known], as_of, how, users.needs)
        root_keys = fact("", "iam:get_account_summary", "iam:GetAccountSummary", lambda: bool(_summary(iam).get("AccountAccessKeysPresent")))
        root_key = ["the root account, by an access key"] if root_keys.value else []
        shared = None if users.value is None else [*generic(u["name"] for u in known if u["login"]), *root_key]
        yield Fact(self._source, "shared_accounts", shared, as_of, "names of users with a password, and keys of the root account", users.needs)
        policy = fact("password_policy", "iam:get_account_password_policy", "iam:GetAccountPasswordPolicy", lambda: _rules(iam))
        root = fact("", "iam:get_account_summary", "iam:GetAccountSummary", lambda: bool(_summary(iam).get("AccountMFAEnabled")))
        rules = None if policy.value is None else {**policy.value, **_second_factor(known if users.value is not None else None, root.value)}
        needs = policy.needs or users.needs or root.needs
        yield Fact(self._source, "password_policy", rules, as_of, f"{policy.how}, list_mfa_devices", "" if rules is not None else needs)
        ages = None if users.value is None else max((a for u in known for a in u["keys"]), default=0)
        yield Fact(self._source, "api_key_age_days", ages, as_of, "iam:list_access_keys: the oldest active key", users.needs)
        yield fact("superusers", "iam:list_entities_for_policy", "iam:ListEntitiesForPolicy", lambda: _admins(iam))

    def _users(self, iam: Any, as_of: datetime) -> list[dict[str, Any]]:
        """Name, login (has a password), mfa, keys (ages of the active ones in days) of each user."""
        now = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        out = []
        users = ask_all(iam, "list_users").get("Users", ())
        if len(users) > _USERS:
            raise Denied(f"more than {_USERS} users: three questions each are too many")
        for user in users:
            name = str(user["UserName"])
            login = ask(iam, "get_login_profile", UserName=name) is not None
            keys = ask_all(iam, "list_access_keys", UserName=name).get("AccessKeyMetadata", ())
            ages = [max(0, (now - k["CreateDate"]).days) for k in keys if k.get("Status") == "Active"]
            mfa = bool(ask_all(iam, "list_mfa_devices", UserName=name).get("MFADevices"))
            out.append({"name": name, "login": login, "mfa": mfa, "keys": ages})
        return out

    def _open(self, region: str) -> list[str]:
        """`sg-1 tcp 5432`: rules of incoming traffic that let in every address, but for a web server's own ports."""
        ec2, found = self.service("ec2", region), set()
        for group in ask_all(ec2, "describe_security_groups").get("SecurityGroups", ()):
            for rule in group.get("IpPermissions", ()):
                kind = str(rule.get("IpProtocol", ""))
                ports = rule.get("FromPort"), rule.get("ToPort")
                if kind in _PINGS or (ports in _WEB and kind in {"tcp", "udp", "6", "17"}):
                    continue
                ranges = [r.get("CidrIp") for r in rule.get("IpRanges", ())] + [r.get("CidrIpv6") for r in rule.get("Ipv6Ranges", ())]
                for prefix in rule.get("PrefixListIds", ()):
                    entries = ask_all(ec2, "get_managed_prefix_list_entries", PrefixListId=prefix["PrefixListId"]).get("Entries", ())
                    ranges += [e.get("Cidr") for e in entries]
                if any(everyone(str(r)) for r in ranges):
                    span = "all ports" if ports[0] in (None, -1) else f"{ports[0]}" if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"
                    found.add(f"{group['GroupId']} {kind.replace('-1', 'any')} {span}")
        return sorted(found)

    def _given_away(self, region: str) -> list[str]:
        """`snapshot s-1 is public`: snapshots of databases and disks that everybody may restore."""
        rds, out = self.service("rds", region), []
        for what, call, one in (
            ("DBSnapshot", "describe_db_snapshots", "describe_db_snapshot_attributes"),
            ("DBClusterSnapshot", "describe_db_cluster_snapshots", "describe_db_cluster_snapshot_attributes"),
        ):
            for snapshot in ask_all(rds, call, SnapshotType="manual").get(f"{what}s", ()):  # those that AWS makes itself cannot be shared
                name = f"{what}Identifier"
                about = (ask(rds, one, **{name: snapshot[name]}) or {}).get(f"{what}AttributesResult", {}).get(f"{what}Attributes", ())
                if any(a.get("AttributeName") == "restore" and "all" in a.get("AttributeValues", ()) for a in about):
                    out.append(f"snapshot {snapshot[name]} is public")
        ec2, own = self.service("ec2", region), ask(self.service("sts"), "get_caller_identity")["Account"]
        for disk in ask_all(ec2, "describe_snapshots", OwnerIds=[own], RestorableByUserIds=["all"]).get("Snapshots", ()):
            if disk.get("OwnerId") == own:
                told = ask(ec2, "describe_snapshot_attribute", SnapshotId=disk["SnapshotId"], Attribute="createVolumePermission") or {}
                if any(p.get("Group") == "all" for p in told.get("CreateVolumePermissions", ())):
                    out.append(f"snapshot {disk['SnapshotId']} is public")
        return sorted(out)

    def _watched(self, region: str) -> bool:
        guard = self.service("guardduty", region)
        found = ask_all(guard, "list_detectors").get("DetectorIds", ())
        return any(ask(guard, "get_detector", DetectorId=i).get("Status") == "ENABLED" for i in found)

    def _trail(self, region: str) -> bool:
        trails = self.service("cloudtrail", region)
        found = ask(trails, "describe_trails").get("trailList", ())
        return any(ask(trails, "get_trail_status", Name=t["TrailARN"]).get("IsLogging") for t in found)

    def _instances(self, fact: Callable[..., Fact], region: str) -> Iterator[Fact]:
        rds = self.service("rds", region)
        how, storage = "rds:describe_db_instances", self._storage_in(region)
        listed = fact("databases", how, "rds:DescribeDBInstances", partial(_listed, rds), f"{self._source}/{region}")
        if listed.value is None:
            yield listed
            return
        for found in listed.value:
            name = found["DBInstanceIdentifier"]
            known_as = [s for s, instance in self._databases.items() if instance == name]
            encrypted, key = bool(found.get("StorageEncrypted")), found.get("KmsKeyId")
            at_rest = {"layer": "volume", "algorithm": "aws:kms" if encrypted else "none"}
            keys = list(key_facts(storage, "", listed.observed_at, key)) if encrypted and key else []
            plain = fact("unencrypted_snapshots", "rds:describe_db_snapshots", "rds:DescribeDBSnapshots", partial(_plain, rds, name))
            for subject in (f"{self._source}/{name}", *known_as):
                yield Fact(subject, "encrypted_at_rest", at_rest, listed.observed_at, how)
                yield Fact(subject, "public_access", {"public": bool(found.get("PubliclyAccessible"))}, listed.observed_at, how)
                yield Fact(subject, "backup_days", int(found.get("BackupRetentionPeriod") or 0), listed.observed_at, how)
                yield from (replace(told, subject=subject) for told in (*keys, plain))


def _listed(rds: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = ask_all(rds, "describe_db_instances").get("DBInstances", [])
    return found


def _rules(iam: Any) -> dict[str, Any]:
    answer = ask(iam, "get_account_password_policy")
    if answer is None:
        return dict(_DEFAULT_RULES)
    policy = answer["PasswordPolicy"]
    kinds = ("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters", "RequireLowercaseCharacters")
    return {
        "min_length": int(policy.get("MinimumPasswordLength") or 0), "classes": sum(bool(policy.get(k)) for k in kinds),
        "max_age_days": int(policy.get("MaxPasswordAge") or 0), "history": int(policy.get("PasswordReusePrevention") or 0),
    }  # fmt: skip


def _summary(iam: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ask(iam, "get_account_summary").get("SummaryMap", {})
    return found


def _second_factor(users: list[dict[str, Any]] | None, root: bool | None) -> dict[str, Any]:
    """mfa: whether the root account and every user with a password have a second factor; left out where it is not known."""
    lacking = [u for u in users or () if u["login"] and not u["mfa"]]
    if lacking or root is False:
        return {"mfa": False, "without_mfa": len(lacking) + (root is False)}
    return {"mfa": True} if users is not None and root else {}


def _admins(iam: Any) -> list[str]:
    found = ask_all(iam, "list_entities_for_policy", PolicyArn=_ADMIN) or {}
    names = {"PolicyUsers": "UserName", "PolicyGroups": "GroupName", "PolicyRoles": "RoleName"}
    return sorted(str(entry[name]) for part, name in names.items() for entry in found.get(part, ()))


def _plain(rds: Any, instance: str) -> int:
    return sum(not s.get("Encrypted") for s in ask_all(rds, "describe_db_snapshots", DBInstanceIdentifier=instance).get("DBSnapshots", ()))
