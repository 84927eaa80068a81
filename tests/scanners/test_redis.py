"""Redis over TLS, with a user that may only read: patterns of keys, every type of value, facts, and that nothing changes."""

from __future__ import annotations

import gzip
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from contracts.connector import AS_OF, ConnectorContract

from ropewalk.errors import ReadOnlyError, SourceError
from ropewalk.model import Dataset, Skipped, Source
from tests.key_servers import ADMIN, RedisServer, redis_server

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-reader"
ORDER = {"BuyerInfo": {"BuyerEmail": "ann@example.com"}, "items": [{"gift": "for Ann"}, {"gift": "for Bob"}]}
FIRST = 1_735_689_600_000  # 2025-01-01


def fill(server: RedisServer) -> None:
    with server.admin() as admin, admin.pipeline(transaction=False) as pipe:
        for i in range(300):
            pipe.hset(f"customer:{1000 + i}", mapping={"name": "Ann Lee", "email": f"c{i}@example.com", "details": json.dumps(ORDER)})
            pipe.set(f"cart:{i:08x}-0000-4000-8000-{i:012d}:json", json.dumps(ORDER), ex=86_400 * (3 if i else 30))
            pipe.xadd("orders:stream", {"buyer": f"b{i}@example.com", "n": i}, id=f"{FIRST + i * 60_000}-0")
        for i in range(40):
            pipe.set(f"session:user{i}@example.com", "active")
            pipe.sadd(f"tags:{i}", *(f"tag-{n}" for n in range(5)))
            pipe.set(f"profile:{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10]}nn", "x")
        pipe.rpush("queue:mail", *(json.dumps({"to": f"q{i}@example.com"}) for i in range(500)))
        pipe.zadd("board", {f"Player {i}": i for i in range(250)})
        pipe.hset("directory", mapping={f"{i:06}": f"d{i}@example.com" for i in range(400)})
        pipe.set("packed", gzip.compress(json.dumps(ORDER).encode()))
        pipe.set("pickled", pickle.dumps({"mail": "of.the.pickle@example.com", "n": list(range(9))}))
        pipe.set(b'odd \xff\n"key" %s', "v")
        pipe.hset("ünïcode; DROP", mapping={"a.b[c]": 1, 'qu"ote': 2, "e@mail.example": 3})
        pipe.execute()
        admin.execute_command(
            "ACL", "SETUSER", "reader", "on", f">{PASSWORD}", "~*", *"-@all +@read +@connection +info +acl|whoami +acl|list +config|get".split()
        )
    with server.admin(3) as other:
        other.set("phone:1", "+49 30 5550123")


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        fill(running)
        yield running


class TestRedis(ConnectorContract):
    scheme = "rediss"
    secrets = (PASSWORD, ADMIN)
    rows: ClassVar[dict[str, int]] = {
        "customer:{id}": 300, "cart:{id}:json": 300, "orders:stream": 300, "queue:mail": 500, "board": 250, "directory": 400, "tags:{id}": 200,
    }  # fmt: skip
    nested = (
        ("customer:{id}", ("details", "BuyerInfo", "BuyerEmail")),
        ("cart:{id}:json", ("value", "items", "[]", "gift")),
        ("queue:mail", ("value", "to")),
        ("packed", ("value", "BuyerInfo", "BuyerEmail")),
    )
    hostile = (("ünïcode; DROP", ("a.b[c]",)), ("ünïcode; DROP", ('qu"ote',)), ("ünïcode; DROP", ("*",)))

    @pytest.fixture
    def source(self, server: RedisServer) -> Source:
        return Source("cache", server.uri("reader", PASSWORD, ""))

    @pytest.fixture
    def unreachable(self, server: RedisServer) -> Source:
        return Source("cache", server.uri("reader", PASSWORD).replace(f":{server.port}/", ":1/"))

    @pytest.fixture
    def state(self, server: RedisServer) -> Callable[[], Any]:
        def told() -> Any:
            with server.admin() as admin:
                stats = admin.info("commandstats")
                writes = {w.decode() for w in admin.execute_command("ACL", "CAT", "write")}
                calls = {name: v["calls"] for name, v in stats.items() if name.removeprefix("cmdstat_").partition("|")[0] in writes}
                return (
                    admin.execute_command("DEBUG", "DIGEST"),
                    admin.info("persistence")["rdb_changes_since_last_save"],
                    calls,
                    "cmdstat_keys" in stats,
                )

        return told

    def facts(self, source: Source) -> dict[tuple[str, str], Any]:
        return {(f.subject, f.name): f for f in self.connect(source).facts(AS_OF)}

    def test_names_hold_no_data(self, connector: Any) -> None:
        names = set(self.listed(connector))
        assert {"session:{id}", "profile:{id}", "db3/phone:{id}"} <= names
        assert not [n for n in names if "@" in n or "nn" in n or "\n" in n]

    def test_data_in_keys_is_a_field(self, connector: Any) -> None:
        found = self.read(connector, self.listed(connector)["session:{id}"], 100)
        assert "user7@example.com" in found["{key}",].values
        assert self.read(connector, self.listed(connector)["directory"], 1000)["{field}",].cells == 400

    def test_one_database_if_the_uri_names_it(self, server: RedisServer) -> None:
        assert set(self.listed(self.connect(Source("cache", server.uri("reader", PASSWORD, "3"))))) == {"db3/phone:{id}"}

    def test_draws_are_repeatable_and_turn_varies_them(self, connector: Any) -> None:
        for name in ("customer:{id}", "orders:stream", "queue:mail", "board"):
            dataset = self.listed(connector)[name]
            seen = self.read(connector, dataset, 50)
            path = next(p for p in seen if p[-1] in {"email", "buyer", "to", "value"} and seen[p].values)
            first, again, other = (set(self.read(connector, dataset, 50, turn=t)[path].values) for t in (0, 0, 1))
            assert first == again != other, name
            assert len(first) > 20, name

    def test_types_that_draw_by_themselves_draw_enough(self, connector: Any) -> None:
        listed = self.listed(connector)
        assert 20 <= self.read(connector, listed["directory"], 20)["value",].rows < 400
        assert 20 <= self.read(connector, listed["tags:{id}"], 20)["value",].rows < 200

    def test_binary_values_are_read_as_far_as_they_are_text_and_named(self, connector: Any) -> None:
        given = list(connector.samples(self.listed(connector)["pickled"], rows=10))
        (left,) = [s for s in given if isinstance(s, Skipped)]
        assert "binary" in left.reason
        (text,) = [v for s in given if not isinstance(s, Skipped) for v in s.values]
        assert "of.the.pickle@example.com" in text

    def test_more_keys_than_are_listed_is_said(self, server: RedisServer) -> None:
        connector = self.connect(Source("cache", server.uri("reader", PASSWORD), options={"keys": 100}))
        found = list(connector.datasets())
        (left,) = [s for s in found if isinstance(s, Skipped)]
        assert "100 of " in left.reason
        for dataset in (d for d in found if isinstance(d, Dataset)):
            assert dataset.rows is None
            assert all(s.method != "full" for s in self.read(connector, dataset, 5000).values())

    def test_groups_too_large_to_keep_are_read_whole_when_asked(self, source: Source) -> None:
        connector = self.connect(source, rows=10, max_rows=10)
        carts = self.listed(connector)["cart:{id}:json"]
        assert self.read(connector, carts, None)["value", "BuyerInfo", "BuyerEmail"].rows == 300
        assert self.read(connector, carts, 500)["value", "BuyerInfo", "BuyerEmail"].method == "keyed"

    def test_fingerprints_change_with_the_data(self, source: Source, server: RedisServer) -> None:
        def marks() -> dict[str, str]:
            return {n: d.fingerprint for n, d in self.listed(self.connect(source)).items()}

        before = marks()
        assert before == marks()
        assert all(before.values())
        with server.admin() as admin:
            admin.hset("customer:1000", "name", "Ann Lee-Smith")
        assert marks() != before

    def test_nothing_that_writes_can_be_sent(self, connector: Any) -> None:
        for command in (("SET", "a", "b"), ("KEYS", "*"), ("CONFIG", "SET", "save", ""), ("EVAL", "return 1", 0), ("ACL", "SETUSER", "x")):
            with pytest.raises(ReadOnlyError):
                connector._client.ask(*command)

    def test_facts(self, source: Source, server: RedisServer) -> None:
        facts = self.facts(source)
        said = {name: f.value for (subject, name), f in facts.items() if subject == "cache"}
        assert (said["transit"], said["tls_version"], said["tls_enforced"], said["tls_min_version"]) == ("tls", "TLSv1.3", True, "TLSv1.2")
        assert said["tls_cert_expires"] == server.certificates.expires.isoformat()
        assert said["public_access"] == {"public": False, "without_password": False}
        assert said["listen_addresses"] == ["127.0.0.1"]
        assert said["shared_accounts"] == ["default"]
        assert said["superusers"] == ["default"]
        assert {"grantee": "default", "privileges": ["*"], "object": "~*", "superuser": True} in said["grants"]
        assert said["persistence"] == {"snapshots": False, "append_only_file": False}
        assert said["encrypted_at_rest"] is None
        assert "attestation" in facts["cache", "encrypted_at_rest"].needs

    def test_facts_of_lifetimes(self, source: Source) -> None:
        facts = self.facts(source)
        assert facts["cache/cart:{id}:json", "retention_days"].value in {3, 30}
        assert facts["cache/customer:{id}", "retention_days"].value == "never"
        assert facts["cache/orders:stream", "oldest_row"].value == "2025-01-01T00:00:00+00:00"

    def test_a_wrong_password_is_said_without_it(self, server: RedisServer) -> None:
        with pytest.raises(SourceError, match="sign-in") as caught:
            list(self.connect(Source("cache", server.uri("reader", "wr0ng-one"))).datasets())
        assert "wr0ng-one" not in str(caught.value) + repr(caught.value)

    def test_a_foreign_certificate_is_refused(self, server: RedisServer) -> None:
        with pytest.raises(SourceError, match=r"certificate|reached"):
            list(self.connect(Source("cache", server.uri("reader", PASSWORD).partition("?")[0])).datasets())

    def test_the_least_privileges_are_enough(self, source: Source, server: RedisServer) -> None:
        with server.admin() as admin:
            for line in self.connect(source).least_privilege().replace(">…", ">pw-for-ropewalk").splitlines():  # type: ignore[attr-defined]
                if not line.startswith("#"):
                    admin.execute_command(*line.split())
        connector = self.connect(Source("cache", server.uri("ropewalk", "pw-for-ropewalk", "")))
        assert {"reachable", "read-only", "rights"} <= {c.name for c in connector.test() if c.ok}
        for dataset in self.listed(connector).values():
            assert not [s for s in connector.samples(dataset, rows=20) if isinstance(s, Skipped) and "not read" in s.reason], dataset
        assert not [f for f in connector.facts(AS_OF) if f.value is None and f.name != "encrypted_at_rest"]


def test_an_open_server_that_keeps_files(tmp_path: Any) -> None:
    """No password, no TLS, snapshots: each is a fact; without rights to settings they are unknown, never good."""
    with redis_server("--requirepass", "", "--save", "60 1000", plain=True) as server:
        source = Source("cache", f"redis://127.0.0.1:{server.plain}")
        facts = {f.name: f.value for f in TestRedis().connect(source).facts(AS_OF)}
        assert (facts["transit"], facts["tls_enforced"]) == ("plain", False)
        assert facts["public_access"] == {"public": False, "without_password": True}  # bound to this machine only
        assert facts["accounts_without_password"] == ["default"]
        assert facts["encrypted_at_rest"] == {"layer": "file", "algorithm": "none"}
        checks = {c.name: c.ok for c in TestRedis().connect(source).test()}
        assert (checks["encryption in transit"], checks["rights"]) == (False, False)
        by_socket = Source("cache", f"redis+unix://{server.socket}")
        assert {f.name: f.value for f in TestRedis().connect(by_socket).facts(AS_OF)}["transit"] == "local"


def test_a_node_of_a_cluster_says_that_it_is_one() -> None:
    with redis_server("--cluster-enabled", "yes") as server:
        with server.admin() as admin:
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        connector = TestRedis().connect(Source("cache", server.uri("default", ADMIN)))
        assert [s.mend for s in connector.datasets() if isinstance(s, Skipped)] == ["name each primary node as a source"]
