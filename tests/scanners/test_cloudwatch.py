"""The CloudWatch Logs connector over moto's HTTP server: groups, stretches of time, facts, and what a role may not ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest
from contracts.connector import AS_OF, ConnectorContract

from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Skipped, Source
from ropewalk.plugins import Plugins
from tests.object_servers import S3Server, moto

pytestmark = pytest.mark.server
NOW = datetime.now(UTC).replace(microsecond=0)  # the service takes no event older than two weeks
MINUTE = 60_000
SECRET = "reader-" + "secret"
ACCESS = '198.51.100.{} - - [{:%d/%b/%Y:%H:%M:%S} +0000] "GET /orders?page={} HTTP/1.1" 200 23 "-" "Mozilla/5.0"'


def put(server: S3Server, group: str, streams: dict[str, list[str]]) -> None:
    """Messages a minute apart, the last of them an hour ago."""
    logs = server.client("logs")
    logs.create_log_group(logGroupName=group)
    for stream, lines in streams.items():
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        start = int(NOW.timestamp() * 1000) - (60 + len(lines)) * MINUTE
        events = [{"timestamp": start + n * MINUTE, "message": line} for n, line in enumerate(lines)]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with moto() as running:
        logs, kms = running.client("logs"), running.client("kms")
        order = json.dumps({"ts": "2026-11-01T00:00:00Z", "buyer": {"email": "a@example.com"}, "items": [{"gift": "x"}], "a.b[c]": 1, "a@b.c": 2})
        put(
            running,
            "/shop/access",
            {"i-1": [ACCESS.format(n % 250, NOW, n) for n in range(150)], "i-2": [ACCESS.format(1, NOW, n) for n in range(150)]},
        )
        put(running, "/shop/orders", {"a": [order] * 40})
        put(running, "/shop/empty", {"a": []})
        put(running, "shop-plain", {"a": [f"2026-11-01 00:00:00 INFO order {n} shipped" for n in range(5000)]})
        put(running, "/other/app", {"a": ["INFO started"]})
        key = kms.create_key()["KeyMetadata"]
        kms.enable_key_rotation(KeyId=key["KeyId"])
        logs.put_retention_policy(logGroupName="/shop/access", retentionInDays=400)
        logs.create_log_group(logGroupName="/shop/sealed", kmsKeyId=key["Arn"])
        yield running


def rights(server: S3Server, after: str) -> None:
    """From so many requests on, the server keeps to the policies of its users."""
    urlopen(Request(f"{server.endpoint}/moto-api/reset-auth", data=after.encode(), headers={"Content-Type": "text/plain"}, method="POST")).close()


class TestCloudWatch(ConnectorContract):
    scheme = "cloudwatch"
    secrets = (SECRET,)
    rows: ClassVar[dict[str, int]] = {"/shop/access": 300, "/shop/orders": 40}
    nested = (("/shop/orders", ("buyer", "email")), ("/shop/orders", ("items", "[]", "gift")), ("/shop/orders", ("*",)))
    hostile = (("/shop/orders", ("a.b[c]",)),)

    @pytest.fixture
    def source(self, server: S3Server) -> Source:
        return Source("cloud", "cloudwatch://us-east-1/shop", options={"storage": server.storage})

    @pytest.fixture
    def unreachable(self, server: S3Server) -> Source:
        return Source("cloud", "cloudwatch://us-east-1/shop", options={"storage": {**server.storage, "endpoint_url": "http://127.0.0.1:1"}})

    @pytest.fixture
    def state(self, server: S3Server) -> Callable[[], Any]:
        def told() -> Any:
            logs = server.client("logs")
            groups = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
            streams = [s for g in groups for s in logs.describe_log_streams(logGroupName=g)["logStreams"]]
            return groups, [(s["logStreamName"], s.get("lastIngestionTime"), s.get("storedBytes")) for s in streams]

        return told

    def test_rows_for_controls_agree_with_samples(self, connector: Any) -> None:
        """A log has no rows of orders: it says so."""
        for dataset in self.listed(connector).values():
            assert isinstance(connector.table(dataset, []), Skipped)

    def test_the_prefix_chooses_groups_with_and_without_a_slash(self, connector: Any, server: S3Server) -> None:
        assert set(self.listed(connector)) == {"/shop/access", "/shop/orders", "/shop/empty", "/shop/sealed", "shop-plain"}
        every = Source("cloud", "cloudwatch://us-east-1", options={"storage": server.storage})
        assert "/other/app" in self.listed(self.connect(every))

    def test_lines_are_read_by_their_format(self, connector: Any) -> None:
        found = self.read(connector, self.listed(connector)["/shop/access"], 1000)
        assert found["client_ip",].cells == found["query", "page"].cells == 300

    def test_a_draw_is_spread_over_time_and_turn_varies_it(self, connector: Any) -> None:
        dataset = self.listed(connector)["shop-plain"]
        draws = [[int(v.split()[1]) for v in self.read(connector, dataset, 100, turn=t)["message",].values] for t in (0, 0, 1)]
        assert draws[0] == draws[1] != draws[2]
        for numbers in draws:
            assert 60 <= len(numbers) <= 100
            assert min(numbers) < 400
            assert max(numbers) > 4600

    def test_facts(self, source: Source) -> None:
        facts = {(f.subject, f.name): f for f in self.connect(source).facts(AS_OF)}
        assert facts["cloud", "transit"].value == "plain"
        assert facts["cloud", "public_access"].value == {"public": False, "policies": []}
        assert facts["cloud//shop/access", "retention_days"].value == 400
        assert facts["cloud//shop/orders", "retention_days"].value == "never"
        assert facts["cloud//shop/orders", "encrypted_at_rest"].value["algorithm"] == "AES-256"
        assert facts["cloud//shop/sealed", "encrypted_at_rest"].value["algorithm"] == "aws:kms"
        assert facts["cloud//shop/sealed", "key_rotation"].value is True
        assert datetime.fromisoformat(facts["cloud//shop/orders", "oldest_event"].value) < NOW
        assert facts["cloud//shop/empty", "oldest_event"].value is None
        assert {"client_ip", "timestamp", "method"} <= set(facts["cloud//shop/access", "event_fields"].value)

    def test_a_policy_that_lets_everybody_in_is_public(self, source: Source, server: S3Server) -> None:
        logs = server.client("logs")
        statement = {"Effect": "Allow", "Principal": "*", "Action": "logs:GetLogEvents", "Resource": "*"}
        logs.put_resource_policy(policyName="wide", policyDocument=json.dumps({"Statement": [statement]}))
        try:
            facts = {(f.subject, f.name): f.value for f in self.connect(source).facts(AS_OF)}
        finally:
            logs.delete_resource_policy(policyName="wide")
        assert facts["cloud", "public_access"] == {"public": True, "policies": ["wide"]}

    def test_an_address_without_a_region_is_a_clear_error(self) -> None:
        with pytest.raises(SourceError, match="no region"):
            list(self.connect(Source("cloud", "cloudwatch:///shop")).datasets())


def test_what_the_role_may_not_ask_is_named() -> None:
    """With a user that may list the groups, and nothing else."""
    with moto() as server:
        put(server, "/denied/app", {"a": ["INFO started"]})
        iam = server.client("iam")
        iam.create_user(UserName="reader")
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:DescribeLogGroups", "Resource": "*"}]}
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(allowed))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        storage = {**server.storage, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
        rights(server, "0")
        try:
            source = Source("cloud", "cloudwatch://us-east-1/denied", options={"storage": storage})
            connector = TestCloudWatch().connect(source)
            (dataset,) = [d for d in connector.datasets() if isinstance(d, Dataset)]
            (left,) = connector.samples(dataset, rows=10)
            assert isinstance(left, Skipped)
            assert "logs:FilterLogEvents" in left.mend
            facts = {f.name: f for f in connector.facts(AS_OF)}
            assert "logs:DescribeLogStreams" in facts["oldest_event"].needs
            assert "logs:DescribeResourcePolicies" in facts["public_access"].needs
            assert facts["event_fields"].value is None
            assert [c.mend for c in connector.test() if c.ok is False and "logs:FilterLogEvents" in c.mend]
            stranger = Source("cloud", source.uri, options={"storage": {**storage, "key": "AKIAIOSFODNN7EXAMPLE"}})
            with pytest.raises(SourceError, match=r"credentials|may not ask"):
                list(TestCloudWatch().connect(stranger).datasets())
        finally:
            rights(server, "inf")
            iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])  # every moto of this process has the same accounts
            iam.delete_user_policy(UserName="reader", PolicyName="p")
            iam.delete_user(UserName="reader")


def test_the_policy_for_the_reader_only_reads() -> None:
    cls = Plugins.of().connector("cloudwatch", "test")
    from ropewalk.config import Limits

    policy = json.loads(cls(Source("c", "cloudwatch://eu-west-1/shop"), Limits()).least_privilege())
    actions = [a for s in policy["Statement"] for a in s["Action"]]
    assert all(a.partition(":")[2].startswith(("Get", "List", "Describe", "Filter", "Decrypt")) for a in actions)
    assert policy["Statement"][1]["Resource"] == [f"arn:aws:logs:eu-west-1:*:log-group:{p}*" for p in ("shop", "/shop")]
