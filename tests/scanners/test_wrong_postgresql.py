"""PostgreSQL set up wrongly in ways that look right, and rightly in ways that look wrong: what a scan and a check say of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from contracts.connector import AS_OF
from judged import judged
from servers import Postgres, make_certificates, postgres

from ropewalk.config import Limits
from ropewalk.model import Fact, Source
from ropewalk.plugins import Plugins
from ropewalk.reading.pgfacts import PgFacts

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-scanner"
REJECT = "hostnossl all all 0.0.0.0/0 reject\nhostnossl all all ::0/0 reject\n"
BASE = f"local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n{REJECT}"
FILL = f"""
CREATE ROLE scanner LOGIN PASSWORD '{PASSWORD}';
CREATE TABLE public.buyers (id int, email text);
INSERT INTO public.buyers SELECT i, 'b' || i || '@example.com' FROM generate_series(1, 40) i;
GRANT SELECT ON public.buyers TO scanner;
"""
HBA = ("GRANT SELECT ON pg_hba_file_rules TO scanner", "GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO scanner")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        run(running, FILL)
        yield running


def run(server: Postgres, *statements: str, database: str = "postgres") -> list[Any]:
    rows: list[Any] = []
    with psycopg.connect(server.admin, dbname=database, autocommit=True) as admin:
        for statement in statements:
            found = admin.execute(statement)  # type: ignore[call-overload]
            rows = found.fetchall() if found.description else []
    return rows


def entrances(server: Postgres, lines: str) -> None:
    """Writes pg_hba.conf anew and has the server read it."""
    ((file,),) = run(server, "SHOW hba_file")
    Path(file).write_text(lines)
    reload(server)


def reload(server: Postgres) -> None:
    """Has the server read its files again, and waits until it has: a new connection tells when."""
    before = run(server, "SELECT pg_conf_load_time()")
    run(server, "SELECT pg_reload_conf()")
    while run(server, "SELECT pg_conf_load_time()") == before:
        time.sleep(0.02)
    time.sleep(0.1)


@pytest.fixture
def rules(server: Postgres) -> Iterator[None]:
    yield
    run(server, *(s.replace("GRANT", "REVOKE").replace(" TO ", " FROM ") for s in HBA))
    entrances(server, BASE)


def told(server: Postgres, uri: str = "") -> dict[tuple[str, str], Fact]:
    made = Plugins.of().connector("postgresql", "test")(Source("pg", uri or server.uri("scanner", PASSWORD)), Limits())
    try:
        return {(f.subject, f.name): f for f in made.facts(AS_OF)}
    finally:
        made.close()


def check(server: Postgres, place: Path, clause: str, *, word: str = "", uri: str = "") -> Any:
    source = {"name": "pg", "uri": uri or server.uri("scanner", PASSWORD), "include": ["public.*"]}
    return judged(place, [source], [clause], words=[(word, "pg")] if word else ())[clause, "pg"]


@pytest.mark.usefixtures("rules")
def test_a_refusal_of_this_role_alone_proves_nothing(server: Postgres, tmp_path: Path) -> None:
    entrances(server, f"hostssl all scanner all scram-sha-256\nhostnossl all scanner all reject\nhost all all all scram-sha-256\n{BASE}")
    found = told(server)["pg", "tls_enforced"]
    assert found.value is None
    assert "pg_hba_file_rules" in found.needs
    verdict = check(server, tmp_path, "1.5.a")
    assert verdict.status == "unknown"
    assert "GRANT SELECT ON pg_hba_file_rules" in verdict.mend
    run(server, *HBA)
    verdict = check(server, tmp_path, "1.5.a")
    assert verdict.status == "fail"
    assert "by line 3: write hostssl there" in verdict.reason


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize(
    ("lines", "enforced"),
    [
        (BASE, True),
        ("local all all trust\nhostssl all all all scram-sha-256\n", True),
        (f"{BASE}host all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n", True),
        (f"{BASE}host all all all scram-sha-256\n", True),
        (f"hostnossl all all all reject\n{BASE}host all all 10.0.0.0/8 scram-sha-256\n", True),
        (f"{BASE}host replication all 10.0.0.0/8 scram-sha-256\n", False),
        (f"hostnossl all all 0.0.0.0/0 reject\nhost all all all scram-sha-256\n{BASE}", False),
        (f"hostnossl all all 10.0.0.0/8 reject\nhost all all 10.1.0.0/16 scram-sha-256\n{BASE}", True),
        (f"hostnossl all all 10.1.0.0/16 reject\nhost all all 10.0.0.0 255.0.0.0 scram-sha-256\n{BASE}", False),
        (f"hostnossl all ann all reject\nhost all ann,bo 10.0.0.0/8 scram-sha-256\n{BASE}", False),
        (f"hostnossl shop all all reject\nhost shop ann 10.0.0.0/8 scram-sha-256\n{BASE}", True),
        (f"host all all db.example.com scram-sha-256\n{BASE}", False),
        (f"{BASE}host all all db.example.com reject\n", True),
        (f"hostnossl all all samenet scram-sha-256\n{BASE}", False),
        (f"host all all samehost scram-sha-256\n{BASE}", True),
    ],
)
def test_the_first_line_that_fits_decides(server: Postgres, lines: str, enforced: bool) -> None:
    run(server, *HBA)
    entrances(server, f"local all all trust\n{lines}")
    assert told(server)["pg", "tls_enforced"].value is enforced


@pytest.mark.usefixtures("rules")
def test_a_file_with_a_mistake_tells_nothing(server: Postgres) -> None:
    run(server, *HBA)
    ((file,),) = run(server, "SHOW hba_file")
    Path(file).write_text(f"{BASE}hostssl all all nonsense\n")  # the server goes on with what it read before
    found = told(server)["pg", "tls_enforced"]
    assert found.value is None
    assert "without mistakes" in found.needs


@pytest.mark.usefixtures("rules")
def test_who_needs_no_password_opens_the_server(server: Postgres, tmp_path: Path) -> None:
    run(server, *HBA)
    entrances(server, f"{BASE}hostssl all all 0.0.0.0/0 trust\n")
    verdict = check(server, tmp_path, "1.1.a", word="public_access")
    assert verdict.status == "fail"
    assert "line 5 of pg_hba.conf asks no password" in verdict.reason
    entrances(server, f"{BASE}hostssl all all 10.1.2.3/32 trust\n")
    assert check(server, tmp_path, "1.1.a", word="public_access").status == "pass"


def test_a_certificate_for_another_host_or_of_nobody_known_is_no_pass(server: Postgres, tmp_path: Path) -> None:
    run(server, *HBA)
    try:
        assert check(server, tmp_path, "1.5.a").status == "pass"
        for change, why in (
            ("sslmode=require", "certificate"),
            (f"sslmode=verify-ca&sslrootcert={server.certificates.ca}", "it is for another host"),
        ):
            uri = server.uri("scanner", PASSWORD).partition("?")[0] + f"?{change}"
            uri = uri.replace("localhost", "127.1") if "verify-ca" in change else uri
            verdict = check(server, tmp_path, "1.5.a", uri=uri)
            assert verdict.status == "unknown", verdict.reason
            assert why in verdict.reason
            assert "sslrootcert" in verdict.reason
    finally:
        run(server, *(s.replace("GRANT", "REVOKE").replace(" TO ", " FROM ") for s in HBA))


def test_a_certificate_that_ends_soon_is_named_and_one_that_ended_fails(server: Postgres, tmp_path: Path) -> None:
    run(server, *HBA)
    kept = {p: p.read_bytes() for p in (server.certificates.ca, server.certificates.cert, server.certificates.key)}
    try:
        for days, status, words in ((5, "pass", "days from now: renew it"), (-1, "fail", "certificate expired on")):
            (tmp_path / str(days)).mkdir()
            new = make_certificates(tmp_path / str(days), days)
            for mine, theirs in ((new.ca, server.certificates.ca), (new.cert, server.certificates.cert), (new.key, server.certificates.key)):
                shutil.copyfile(mine, theirs)
            reload(server)
            uri = server.uri("scanner", PASSWORD).replace("verify-full", "require").partition("&")[0] if days < 0 else ""
            verdict = check(server, tmp_path, "1.5.a", uri=uri)
            assert verdict.status == status, verdict.reason
            assert words in verdict.reason
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        reload(server)
        run(server, *(s.replace("GRANT", "REVOKE").replace(" TO ", " FROM ") for s in HBA))


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        ("CREATE ROLE eve LOGIN; GRANT postgres TO eve", "DROP ROLE eve", "eve is a superuser (by postgres)"),
        ("CREATE ROLE eve LOGIN; CREATE ROLE ops; GRANT postgres TO ops; GRANT ops TO eve", "DROP ROLE eve, ops", "eve is a superuser (by postgres)"),
        ("CREATE ROLE eve LOGIN SUPERUSER", "DROP ROLE eve", "eve is a superuser"),
        ("CREATE ROLE eve LOGIN; GRANT pg_read_all_data TO eve", "DROP ROLE eve", "eve may read everything (by pg_read_all_data)"),
        ("GRANT SELECT ON public.buyers TO PUBLIC", "REVOKE SELECT ON public.buyers FROM PUBLIC", "everybody may select"),
        ("GRANT SELECT (email) ON public.buyers TO PUBLIC", "REVOKE SELECT (email) ON public.buyers FROM PUBLIC", "everybody may select"),
        ("CREATE VIEW public.v AS SELECT email FROM public.buyers; GRANT SELECT ON public.v TO PUBLIC", "DROP VIEW public.v", "everybody may select"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM PUBLIC",
            "everybody may select on tables that postgres makes in schema public",
        ),
    ],
)
def test_personal_data_that_is_open_by_a_detour(server: Postgres, tmp_path: Path, wrong: str, right: str, words: str) -> None:
    assert check(server, tmp_path, "1.3.a", word="role_reasons").status == "pass"
    run(server, wrong)
    try:
        verdict = check(server, tmp_path, "1.3.a", word="role_reasons")
        assert verdict.status == "fail"
        assert words in verdict.reason
    finally:
        run(server, right)


def test_what_opens_nothing_personal_is_no_failure(server: Postgres, tmp_path: Path) -> None:
    """A column without personal data, a right that shows no row, a role through which accounts are named, a superuser that cannot sign in."""
    run(
        server, "GRANT SELECT (id), REFERENCES ON public.buyers TO PUBLIC", "CREATE ROLE readers; CREATE ROLE bo LOGIN; GRANT readers TO bo",
        "GRANT SELECT ON public.buyers TO readers", "CREATE ROLE retired SUPERUSER",
    )  # fmt: skip
    try:
        verdict = check(server, tmp_path, "1.3.a", word="role_reasons")
        assert verdict.status == "pass", verdict.reason
        assert "readers (bo)" in verdict.reason
    finally:
        run(
            server,
            "REVOKE ALL ON public.buyers FROM PUBLIC, readers",
            "REVOKE SELECT (id) ON public.buyers FROM PUBLIC",
            "DROP ROLE bo, readers, retired",
        )


def test_a_membership_that_gives_nothing_is_no_superuser(server: Postgres, tmp_path: Path) -> None:
    if run(server, "SHOW server_version_num") < [("160000",)]:
        pytest.skip("memberships without SET came with PostgreSQL 16")
    run(server, "CREATE ROLE eve LOGIN", "GRANT postgres TO eve WITH SET FALSE, INHERIT FALSE")
    try:
        assert check(server, tmp_path, "1.3.a", word="role_reasons").status == "pass"
    finally:
        run(server, "DROP ROLE eve")


def test_a_socket_of_a_server_on_the_network_is_not_all_of_its_doors(server: Postgres, tmp_path: Path) -> None:
    socket = server.admin.split()[0].removeprefix("host=")
    uri = f"postgresql://scanner@/postgres?host={socket}&port={server.port}"
    assert check(server, tmp_path, "1.5.a", uri=uri).status == "not_applicable", "it listens on this machine only"

    def rows(statement: Any, parameters: Any = None) -> list[Any]:
        """As a server would answer that listens on every address."""
        if parameters == {"name": "listen_addresses"}:
            return [("*",)]
        return made._rows(statement, parameters)

    made: Any = Plugins.of().connector("postgresql", "test")(Source("pg", uri), Limits())
    found = {f.name: f.value for f in PgFacts(made._url(), "pg", rows).facts(AS_OF, {})}
    assert "transit" not in found
    assert (found["tls_version"], found["tls_enforced"], found["tls_cert_trusted"]) == ("TLSv1.3", None, False)
    made.close()


def test_the_script_makes_known_what_it_says_and_nothing_can_be_written(server: Postgres) -> None:
    run(server, "CREATE DATABASE fresh")
    uri = server.uri("ropewalk", "pw-for-ropewalk", "fresh")
    script = Plugins.of().connector("postgresql", "test")(Source("pg", uri), Limits()).least_privilege().replace("'…'", "'pw-for-ropewalk'")
    run(server, "CREATE TABLE public.a (email text)", script, database="fresh")
    try:
        found = told(server, uri)
        unknown = {name for (_, name), f in found.items() if f.value is None}
        assert unknown == {"encrypted_at_rest", "oldest_row"}, "PostgreSQL cannot tell these"
        with psycopg.connect(uri, autocommit=True) as own:
            own.execute("SET default_transaction_read_only = off")
            for beyond in ("INSERT INTO public.a VALUES ('x')", "SELECT rolpassword FROM pg_authid", "CREATE TABLE public.b ()"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    own.execute(beyond)  # type: ignore[call-overload]
    finally:
        run(server, "DROP DATABASE fresh WITH (FORCE)")
