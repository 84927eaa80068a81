"""MariaDB set up wrongly in ways that look right, and rightly in ways that look wrong: what a scan and a check say of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from contracts.connector import AS_OF
from judged import judged
from servers import MariaDb, mariadb

from ropewalk.config import Limits
from ropewalk.model import Fact, Source
from ropewalk.plugins import Plugins
from ropewalk.reading.myaccounts import fits
from ropewalk.reading.myfacts import MyFacts

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-scanner"
FILL = (
    "CREATE DATABASE shop", "CREATE DATABASE other",
    "CREATE TABLE shop.buyers (id int, email varchar(99))", "CREATE TABLE shop.sealed (email varchar(99)) ENCRYPTED = YES",
    *(f"INSERT INTO shop.{t} VALUES ({'1, ' if t == 'buyers' else ''}'ann@example.com')" for t in ("buyers", "sealed")),
    f"CREATE USER auditor@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL", "GRANT SELECT, SHOW VIEW ON shop.* TO auditor@'%'",
    "GRANT SELECT ON mysql.* TO auditor@'%'", "GRANT PROCESS ON *.* TO auditor@'%'",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as running:
        run(running, *FILL)
        yield running


def run(server: MariaDb, *statements: str) -> list[Any]:
    with pymysql.connect(unix_socket=server.socket, user="root", autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def connector(server: MariaDb, user: str = "auditor", password: str = PASSWORD) -> Any:
    return Plugins.of().connector("mysql", "test")(Source("my", server.uri(user, password, "shop")), Limits())


def told(made: Any) -> dict[tuple[str, str], Fact]:
    try:
        return {(f.subject, f.name): f for f in made.facts(AS_OF)}
    finally:
        made.close()


def check(server: MariaDb, place: Path, clause: str, *, word: str = "", user: str = "auditor") -> Any:
    source = {"name": "my", "uri": server.uri(user, PASSWORD, "shop")}
    return judged(place, [source], [clause], words=[(word, "my")] if word else ())[clause, "my"]


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        (["CREATE USER eve@'%'", "GRANT SELECT ON *.* TO eve@'%'"], "DROP USER eve@'%'", "'eve'@'%' may read everything (by SELECT ON *.*)"),
        (["CREATE USER eve@'10.%'", "GRANT ALL ON *.* TO eve@'10.%'"], "DROP USER eve@'10.%'", "'eve'@'10.%' is a superuser"),
        (["CREATE USER eve@'%'", "GRANT SELECT ON `%`.* TO eve@'%'"], "DROP USER eve@'%'", "'eve'@'%' may read everything (by SELECT ON `%`.*)"),
        (["CREATE USER ''@'10.%'", "GRANT SELECT ON `sh%`.* TO ''@'10.%'"], "DROP USER ''@'10.%'", "everybody may select"),
        (["GRANT SELECT ON shop.buyers TO PUBLIC"], "REVOKE SELECT ON shop.buyers FROM PUBLIC", "everybody may select"),
        (["GRANT SELECT (email) ON shop.buyers TO PUBLIC"], "REVOKE SELECT (email) ON shop.buyers FROM PUBLIC", "everybody may select"),
        (
            ["CREATE ROLE ops", "GRANT SUPER ON *.* TO ops", "CREATE USER eve@'%'", "GRANT ops TO eve@'%'"],
            "DROP USER eve@'%', ops",
            "ops is a superuser",
        ),
    ],
)  # fmt: skip
def test_personal_data_that_is_open_by_a_detour(server: MariaDb, tmp_path: Path, wrong: list[str], right: str, words: str) -> None:
    assert check(server, tmp_path, "1.3.a", word="role_reasons").status == "pass"
    run(server, *wrong)
    try:
        verdict = check(server, tmp_path, "1.3.a", word="role_reasons")
        assert verdict.status == "fail", verdict.reason
        assert words in verdict.reason
    finally:
        for name in right.removeprefix("DROP USER ").split(", ") if right.startswith("DROP USER") else ():
            run(server, f"DROP {'ROLE' if '@' not in name else 'USER'} {name}")
        if right.startswith("REVOKE"):
            run(server, right)


def test_what_opens_nothing_personal_is_no_failure(server: MariaDb, tmp_path: Path) -> None:
    """A column without personal data, another database, a locked account with every right, a role through which accounts are named."""
    run(
        server, "GRANT SELECT (id) ON shop.buyers TO PUBLIC", "CREATE USER old@'%' IDENTIFIED BY 'x' ACCOUNT LOCK", "GRANT ALL ON *.* TO old@'%'",
        "CREATE USER far@'%' IDENTIFIED BY 'x'", "GRANT SELECT ON `oth_r`.* TO far@'%'", "CREATE ROLE readers", "GRANT SELECT ON shop.* TO readers",
        "CREATE ROLE outer_readers", "GRANT readers TO outer_readers", "GRANT outer_readers TO far@'%'",
    )  # fmt: skip
    try:
        verdict = check(server, tmp_path, "1.3.a", word="role_reasons")
        assert verdict.status == "pass", verdict.reason
        assert "readers ('far'@'%'" in verdict.reason
        assert {"name": "old", "login": False} in told(connector(server))["my", "accounts"].value
    finally:
        run(server, "REVOKE SELECT (id) ON shop.buyers FROM PUBLIC", "DROP USER old@'%', far@'%'", "DROP ROLE readers, outer_readers")


@pytest.mark.parametrize(
    ("pattern", "name", "fit"),
    [("shop", "shop", True), ("sh%", "shop", True), ("sho_", "shop", True), (r"my\_shop", "my_shop", True), (r"my\_shop", "myxshop", False),
     ("sh.p", "shop", False), ("shop", "shop2", False), ("%", "", True)],
)  # fmt: skip
def test_names_of_databases_in_grants_are_patterns(pattern: str, name: str, fit: bool) -> None:
    assert fits(pattern, name) is fit


def test_tls_may_be_asked_for_by_each_account(server: MariaDb, tmp_path: Path) -> None:
    run(server, "SET GLOBAL require_secure_transport = OFF")
    try:
        verdict = check(server, tmp_path, "1.5.a", word="public_access")
        assert "certificate" not in verdict.reason or verdict.status == "pass"
        assert verdict.status == "pass", verdict.reason
        run(server, "CREATE USER eve@'%' IDENTIFIED BY 'x'")
        verdict = check(server, tmp_path, "1.5.a")
        assert verdict.status == "fail"
        assert "'eve'@'%' may sign in without TLS: ALTER USER … REQUIRE SSL" in verdict.reason
        run(server, "ALTER USER eve@'%' REQUIRE X509")
        assert check(server, tmp_path, "1.5.a").status == "pass"
        run(server, f"CREATE USER plain@'%' IDENTIFIED BY '{PASSWORD}'", "GRANT SELECT ON shop.* TO plain@'%'")
        verdict = check(server, tmp_path, "1.5.a", user="plain")
        assert verdict.status == "unknown"
        assert "mysql.user" in verdict.mend
    finally:
        run(server, "SET GLOBAL require_secure_transport = ON", "DROP USER IF EXISTS eve@'%', plain@'%'")


def test_accounts_without_a_password_are_named(server: MariaDb, tmp_path: Path) -> None:
    run(
        server, "CREATE USER blank@'%'", "CREATE USER near@'localhost' IDENTIFIED VIA unix_socket",
        "CREATE USER either@'localhost' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('x')",
    )  # fmt: skip
    try:
        found = told(connector(server))["my", "accounts_without_password"].value
        assert "'blank'@'%'" in found
        assert not {"'near'@'localhost'", "'either'@'localhost'", "'auditor'@'%'", "'mariadb.sys'@'localhost'"} & set(found)
        verdict = check(server, tmp_path, "1.4.a", word="password_policy")
        assert verdict.status == "fail"
        assert "accounts need no password" in verdict.reason
        made = connector(server)

        def rows(statement: Any, parameters: Any = None) -> list[Any]:
            """As a server would answer that listens on every address."""
            found = made._rows(statement, parameters)
            return [("bind_address", "0.0.0.0") if r[0] == "bind_address" else r for r in found] if statement == "SHOW GLOBAL VARIABLES" else found

        facts = {f.name: f.value for f in MyFacts(made._url(), "my", rows).facts(AS_OF, {}, {})}
        made.close()
        assert facts["open_to_world"] == ["'blank'@'%' signs in without a password"]
    finally:
        run(server, "DROP USER blank@'%', near@'localhost', either@'localhost'")


def test_password_rules_are_told_by_plugins_and_accounts(server: MariaDb) -> None:
    run(server, "INSTALL SONAME 'simple_password_check'", "SET GLOBAL simple_password_check_minimal_length = 14")
    try:
        rules = told(connector(server))["my", "password_policy"].value
        assert (rules["min_length"], rules["classes"]) == (14, 4)
        assert rules["max_age_days"] == 0, "the server's default: they never end"
        run(server, "SET GLOBAL simple_password_check_digits = 0", "ALTER USER auditor@'%' PASSWORD EXPIRE INTERVAL 90 DAY")
        rules = told(connector(server))["my", "password_policy"].value
        assert (rules["classes"], rules["max_age_days"]) == (3, 90)
        run(server, "CREATE USER ever@'%' IDENTIFIED BY 'Aa9!Aa9!Aa9!Aa9!' PASSWORD EXPIRE NEVER")
        assert told(connector(server))["my", "password_policy"].value["max_age_days"] == 0
    finally:
        run(server, "DROP USER IF EXISTS ever@'%'", "ALTER USER auditor@'%' PASSWORD EXPIRE DEFAULT", "UNINSTALL SONAME 'simple_password_check'")


def test_a_sealed_table_whose_redo_log_is_clear_is_not_sealed(server: MariaDb, tmp_path: Path) -> None:
    source = {"name": "my", "uri": server.uri("auditor", PASSWORD, "shop"), "include": ["sealed"]}
    verdict = judged(tmp_path, [source], ["2.4.a"])["2.4.a", "my"]
    assert verdict.status == "fail"
    assert "in clear in the redo log (innodb_encrypt_log)" in verdict.reason
    assert judged(tmp_path, [source], ["2.4.a"], words=[("encryption_at_rest", "my")])["2.4.a", "my"].status == "pass"
    run(server, "SET GLOBAL innodb_encrypt_tables = OFF")
    run(server, "CREATE TABLE shop.usual (email varchar(9)) ENCRYPTED = DEFAULT")
    try:
        assert told(connector(server))["my/usual", "encrypted_at_rest"].value["algorithm"] == "none"
    finally:
        run(server, "DROP TABLE shop.usual")


def test_the_script_makes_known_what_it_says_and_shows_no_hash(server: MariaDb) -> None:
    before = told(connector(server))
    script = connector(server, "ropewalk").least_privilege().replace("'…'", "'pw-for-ropewalk'")
    run(server, *(s for s in script.split(";\n") if s.strip()))
    try:
        found = told(connector(server, "ropewalk", "pw-for-ropewalk"))
        unknown = {name for (_, name), f in found.items() if f.value is None} - {"oldest_row"}
        assert unknown == {"accounts_without_password"}
        assert "global_priv" in found["my", "accounts_without_password"].needs
        grants = {key: f.value for key, f in found.items() if key[1] == "grants" and key[0] != "my"}
        own = [g for v in grants.values() for g in v if g["grantee"] == "'ropewalk'@'%'"]
        assert {g["privilege"] for g in own} == {"SELECT"}
        assert {k: [g for g in v if g not in own] for k, v in grants.items()} == {k: before[k].value for k in grants}
        assert all(c.ok is not False for c in connector(server, "ropewalk", "pw-for-ropewalk").test())
        with pymysql.connect(
            host="127.0.0.1", port=server.port, user="ropewalk", password="pw-for-ropewalk", ssl={"ca": str(server.certificates.ca)}
        ) as connection, connection.cursor() as cursor:  # fmt: skip
            for beyond in (
                "SELECT authentication_string FROM mysql.user", "SELECT Priv FROM mysql.global_priv", "SELECT * FROM other.x",
                "INSERT INTO shop.buyers VALUES (1, 'x')", "CREATE TABLE shop.t (a int)",
            ):  # fmt: skip
                with pytest.raises(pymysql.err.MySQLError):
                    cursor.execute(beyond)
    finally:
        run(server, "DROP USER ropewalk@'%'")


def test_an_account_that_may_write_is_told(server: MariaDb) -> None:
    run(server, f"CREATE USER writer@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL", "GRANT SELECT, INSERT ON shop.* TO writer@'%'")
    try:
        assert [c.ok for c in connector(server, "writer").test() if c.name == "rights"] == [False]
        assert [c.ok for c in connector(server).test() if c.name == "rights"] == [True], "what others may is not its own"
    finally:
        run(server, "DROP USER writer@'%'")
