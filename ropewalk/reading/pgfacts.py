"""What a PostgreSQL server and its catalogue say about transit, rights, accounts and settings; needs no special rights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import SourceError
from ropewalk.model import Fact
from ropewalk.reading import pghba, tlsprobe
from ropewalk.reading.accounts import generic
from ropewalk.reading.tables import origin_of

Rows = Callable[..., list[Any]]
_SETTINGS = "GRANT pg_read_all_settings TO …"
_ACL = """
SELECT c.oid, coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC'), x.privilege_type, '' AS part
FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
UNION ALL
SELECT a.attrelid, coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC'), x.privilege_type, a.attname
FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
"""
_PUBLIC = """
SELECT 'database', x.privilege_type FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
WHERE d.datname = current_database() AND x.grantee = 0
UNION ALL
SELECT 'schema ' || n.nspname, x.privilege_type FROM pg_namespace n, aclexplode(n.nspacl) x
WHERE x.grantee = 0 AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
"""

_STRONG = """
SELECT r.rolname, s.rolname, s.rolsuper, r.oid = s.oid FROM pg_roles r, pg_roles s
WHERE r.rolcanlogin AND NOT (r.oid = s.oid AND r.oid = 10)
  AND (s.rolsuper OR s.rolname IN ('pg_read_all_data', 'pg_read_server_files', 'pg_execute_server_program'))
  AND (r.oid = s.oid OR NOT r.rolsuper AND (
    pg_has_role(r.oid, s.oid, CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
    OR NOT s.rolsuper AND pg_has_role(r.oid, s.oid, 'USAGE')))
ORDER BY 1, 2
"""
"""Accounts that read everything, of themselves or as members, and by which role; 10 is the role that the server itself was made with."""
_MEMBERS = """
SELECT g.rolname, m.rolname FROM pg_roles g JOIN pg_roles m ON m.rolcanlogin AND NOT m.rolsuper AND m.oid <> g.oid
WHERE g.oid IN (SELECT roleid FROM pg_auth_members) AND pg_has_role(m.oid, g.oid, 'MEMBER') ORDER BY 1, 2
"""
_TO_COME = """
SELECT coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC'), x.privilege_type, coalesce(' in schema ' || n.nspname, ''),
  pg_get_userbyid(d.defaclrole)
FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) x
WHERE d.defaclobjtype = 'r' AND x.grantee <> d.defaclrole AND x.privilege_type = 'SELECT' ORDER BY 1, 3
"""


class PgFacts:
    """Asks through `rows(statement, parameters)`; url is for the probes, which send neither password nor query."""

    def __init__(self, url: sa.URL, source: str, rows: Rows) -> None:
        self._url, self._source, self._rows = url, source, rows

    def __repr__(self) -> str:
        return f"PgFacts({self._source!r})"

    def checks(self) -> Iterator[Check]:
        ssl, version, cipher = self._transit()
        local = self._local()
        mend = "" if ssl or local else "add ?sslmode=verify-full to the source's uri, and ssl=on to the server"
        yield Check("encryption in transit", bool(ssl or local), f"{version}, {cipher}" if ssl else "a local socket" if local else "none", mend)
        ((user, strong),) = self._rows("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        mend = "use a role of its own: `ropewalk sources grants`" if strong else ""
        yield Check("rights", not strong, f"{user} is {'a superuser' if strong else 'no superuser'}", mend)

    def facts(self, as_of: datetime, tables: Mapping[int, str]) -> Iterator[Fact]:
        def fact(name: str, value: Any, how: str, needs: str = "", subject: str = "") -> Fact:
            return Fact(f"{self._source}/{subject}" if subject else self._source, name, value, as_of, how, needs)

        for part in (self._transit_facts, self._account_facts, self._setting_facts):
            try:
                yield from part(fact)
            except SourceError as error:
                yield fact(part.__name__.strip("_").split("_")[0], None, "catalogue", error.mend)
        need = "an attestation of the encryption of its volume (kind encryption_at_rest): PostgreSQL cannot see it"
        yield fact("encrypted_at_rest", None, "PostgreSQL does not encrypt its files", need)
        yield from self._grant_facts(fact, tables)

    def _transit(self) -> tuple[bool, str, str]:
        found = self._rows("SELECT ssl, version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        return (bool(found[0][0]), str(found[0][1] or ""), str(found[0][2] or "")) if found else (False, "", "")

    def _local(self) -> bool:
        return bool(self._rows("SELECT inet_server_addr() IS NULL")[0][0])

    def _transit_facts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        host, port = self._url.host or "localhost", self._url.port or 5432
        if local := self._local():
            outside = [a for a in (self._setting("listen_addresses") or "").split(",") if a.strip() and not tlsprobe.near(a.strip())]
            if not outside:
                yield fact("transit", "local", "inet_server_addr(): a Unix socket, and listen_addresses names no network")
                return
            host, port = "localhost", int(self._setting("port") or port)
        how = f"handshake with port {port}"
        try:
            seen = tlsprobe.postgresql(host, port, self._authority())
            ((user, database),) = self._rows("SELECT session_user, current_database()")
            plain = tlsprobe.postgresql_plain(host, port, user, database)
            yield from tlsprobe.certificate_facts(fact, seen, how, "ssl = on", "sslrootcert=…")
        except (OSError, ValueError):
            seen, plain = None, None
            yield fact("tls_cert_expires", None, how, "a direct way to the server's port")
        version, cipher = (seen.version, seen.cipher) if local and seen else self._transit()[1:]
        how = f"{how}: this source reads by a socket" if local else "pg_stat_ssl of this connection"
        yield fact("tls_version", version or "none", how)
        yield fact("tls_cipher", cipher or "none", how)
        yield tlsprobe.least_fact(fact, self._setting("ssl_min_protocol_version"), "ssl_min_protocol_version", seen, _SETTINGS)
        yield from self._door_facts(fact, plain, tlsprobe.near(host))

    def _authority(self) -> str:
        """The file of certificates that the uri trusts; empty for those of this machine."""
        named = str(self._url.query.get("sslrootcert") or "")
        return "" if named == "system" else named

    def _door_facts(self, fact: Callable[..., Fact], plain: bool | None, near: bool) -> Iterator[Fact]:
        """tls_enforced by the server's rules; one start without TLS shows that it is not, and never that it is: other roles have other rules."""
        probed = "a start without TLS and without a password, for this role and from this machine"
        if plain and not near:
            yield fact("tls_enforced", False, probed)
            return
        try:
            doors = pghba.doors(self._rows(pghba.RULES))
        except SourceError:
            forced = self._setting("rds.force_ssl")
            if plain is False and forced in {"1", "on"}:
                yield fact("tls_enforced", True, f"rds.force_ssl, and {probed}")
            elif plain:
                yield fact("tls_enforced", False, probed)
            else:
                refused = ": refused, which says nothing of other roles and machines" if plain is False else ""
                yield fact("tls_enforced", None, f"{probed}{refused}", pghba.NEEDS)
            return
        if doors is None:
            yield fact("tls_enforced", None, "pg_hba_file_rules", "pg_hba.conf without mistakes: pg_hba_file_rules names the lines")
            return
        lines = ", ".join(map(str, doors.plain))
        how = f"pg_hba.conf lets in without TLS by line {lines}: write hostssl there" if lines else "pg_hba_file_rules: no line lets in without TLS"
        yield fact("tls_enforced", not doors.plain, how)
        if doors.trusting:
            rules = [f"line {n} of pg_hba.conf asks no password of any address" for n in doors.trusting]
            yield fact("open_to_world", rules, "pg_hba_file_rules: trust")

    def _account_facts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        roles = self._rows("SELECT rolname, rolsuper, rolcanlogin, rolvaliduntil IS NULL OR rolvaliduntil = 'infinity' FROM pg_roles ORDER BY 1")
        roles = [r for r in roles if not r[0].startswith("pg_")]
        strong = self._rows(_STRONG)
        supers = {r[0] for r in roles if r[1]} | {r[0] for r in strong if r[2]}
        yield fact("superusers", sorted(supers), "pg_roles, and who may become one by membership")
        yield fact("accounts", [{"name": r[0], "login": bool(r[2])} for r in roles], "pg_roles")
        yield fact("shared_accounts", generic(r[0] for r in roles if r[2]), "pg_roles: names of accounts that can sign in")
        public = [{"object": o, "privilege": p} for o, p in self._rows(sa.text(_PUBLIC))]
        yield fact("public_access", public, "rights of PUBLIC on the database and its schemas")
        libraries = self._setting("shared_preload_libraries")
        policy = {"encryption": self._setting("password_encryption"), "accounts_without_expiry": sum(bool(r[2] and r[3]) for r in roles)}
        if libraries is None:
            yield fact("password_policy", None, "shared_preload_libraries", _SETTINGS)
        else:
            checked = [name for name in ("passwordcheck", "credcheck") if name in libraries]
            yield fact("password_policy", {**policy, "checked_by": checked}, "pg_roles, shared_preload_libraries")
            found = "credcheck" in libraries
            needs = "" if not found else "SELECT on credcheck's settings"
            yield fact("lockout", None if found else {"max_attempts": None}, "PostgreSQL has no lockout without an extension", needs)

    def _setting(self, name: str) -> str | None:
        """None where the role may not read it, or the server does not know it."""
        try:
            found = self._rows("SELECT current_setting(:name, true)", {"name": name})[0][0]
        except SourceError:
            return None
        return None if found is None else str(found)

    def _setting_facts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        addresses = self._setting("listen_addresses")
        listed = None if addresses is None else [a.strip() for a in addresses.split(",") if a.strip()]
        yield fact("listen_addresses", listed, "listen_addresses", _SETTINGS if listed is None else "")
        ((comment,),) = self._rows("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()")
        if comment:
            yield fact("comment", comment, "comment of the database")
            if tag := origin_of(comment):
                yield fact("origin_tag", tag, "comment of the database")

    def _wide_grants(self) -> Iterator[dict[str, Any]]:
        """Who reads every table whatever the tables say, and what tables to come will be open to."""
        for name, role, is_super, own in self._rows(_STRONG):
            if is_super:
                yield {"grantee": name, "privilege": "*", "superuser": True, **({} if own else {"by": role})}
            else:
                yield {"grantee": name, "privilege": "*", "by": role}
        for name, privilege, where, owner in self._rows(_TO_COME):
            yield {"grantee": name, "privilege": privilege, "object": f"tables that {owner} makes{where}"}

    def _grant_facts(self, fact: Callable[..., Fact], tables: Mapping[int, str]) -> Iterator[Fact]:
        yield fact("grants", list(self._wide_grants()), "pg_roles, pg_auth_members, pg_default_acl")
        members: dict[str, list[str]] = defaultdict(list)
        for group, name in self._rows(_MEMBERS):
            members[group].append(name)
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for oid, grantee, privilege, column in self._rows(sa.text(_ACL)):
            if oid in tables:
                inside = {"members": members[grantee]} if grantee in members else {}
                found[oid].append({"grantee": grantee, "privilege": privilege, **({"column": column} if column else {}), **inside})
        for oid, name in tables.items():
            grants = sorted(found[oid], key=lambda g: (g["grantee"], g["privilege"], g.get("column", "")))
            yield fact("grants", grants, "access list in pg_class and pg_attribute", subject=name)
            public = sorted({g["privilege"] for g in grants if g["grantee"] == "PUBLIC"})
            yield fact("public_access", [{"grantee": "PUBLIC", "privilege": p} for p in public], "access list in pg_class", subject=name)
