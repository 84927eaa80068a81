"""Redis set up wrongly in ways that look right, and rightly in ways that look wrong: what a scan and a check say of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from judged import judged

from ropewalk.config import Limits
from ropewalk.model import Source
from ropewalk.plugins import Plugins
from tests.key_servers import ADMIN, RedisServer, redis_server

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-reader"


class Opened:
    """A server of which every user but the reader is off; who had signed in before may go on."""

    def __init__(self, server: RedisServer) -> None:
        import redis

        self.server = server
        self._own = redis.Redis(unix_socket_path=str(server.socket), password=ADMIN, protocol=2, single_connection_client=True)

    def run(self, *command: str) -> None:
        self._own.execute_command(*command)


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    with redis_server() as running:
        made = Opened(running)
        made.run("HSET", "buyer:1", "email", "ann@example.com")
        given = Plugins.of().connector("redis", "test")(Source("cache", "redis://x"), Limits()).least_privilege()
        for line in given.splitlines():
            if line.startswith("ACL SETUSER"):
                made.run(*line.replace("ropewalk", "reader").replace("…", PASSWORD).split())
        made.run("ACL", "SETUSER", "default", "off")
        yield made


def check(server: RedisServer, place: Path, clause: str, *, word: str = "") -> Any:
    source = {"name": "cache", "uri": server.uri("reader", PASSWORD)}
    return judged(place, [source], [clause], words=[(word, "cache")] if word else ())[clause, "cache"]


def test_a_server_with_users_of_their_own_is_green(opened: Opened, tmp_path: Path) -> None:
    for clause, word in (("1.2.a", ""), ("1.1.a", ""), ("1.5.a", ""), ("1.3.a", "role_reasons")):
        verdict = check(opened.server, tmp_path, clause, word=word)
        assert verdict.status == "pass", (clause, verdict.reason)


@pytest.mark.parametrize(
    ("rules", "wide"),
    [
        (("~*", "+@all"), True),
        (("%R~*", "+@all"), True),
        (("-@all", "(~* +@all)"), True),
        (("~*", "+@all", "-@dangerous"), True),
        (("~cart:*", "+@all"), True),
        (("~cart:*", "+@all", "-@dangerous"), False),
        (("~cart:*", "+@all", "-@dangerous", "+acl|setuser"), True),
        (("~*", "+@all", "-@all", "+get"), False),
        (("~*", "-@all", "+@read"), False),
        (("off", "~*", "+@all"), False),
    ],
)
def test_who_may_do_anything(opened: Opened, tmp_path: Path, rules: tuple[str, ...], wide: bool) -> None:
    opened.run("ACL", "SETUSER", "eve", "reset", "on", ">x", *rules)
    try:
        verdict = check(opened.server, tmp_path, "1.3.a", word="role_reasons")
        assert (verdict.status == "fail") is wide, verdict.reason
        assert ("eve is a superuser" in verdict.reason) is wide
    finally:
        opened.run("ACL", "DELUSER", "eve")


def test_a_user_without_a_password_opens_the_server(opened: Opened, tmp_path: Path) -> None:
    opened.run("ACL", "SETUSER", "eve", "reset", "on", "nopass", "~cart:*", "+get")
    try:
        verdict = check(opened.server, tmp_path, "1.4.a", word="password_policy")
        assert verdict.status == "fail"
        assert "accounts need no password: eve" in verdict.reason
    finally:
        opened.run("ACL", "DELUSER", "eve")
    opened.run("ACL", "SETUSER", "default", "on", "nopass")
    try:
        assert "default" in check(opened.server, tmp_path, "1.2.a").reason
    finally:
        opened.run("ACL", "SETUSER", "default", "off", "resetpass")
