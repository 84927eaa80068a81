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
from ropewalk.reading import tlsprobe
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
        if self._local():
            yield fact("transit", "local", "inet_server_addr(): a Unix socket")
            return
        ssl, version, cipher = self._transit()
        yield fact("tls_version", version if ssl else "none", "pg_stat_ssl of this connection")
        yield fact("tls_cipher", cipher if ssl else "none", "pg_stat_ssl of this connection")
        least = self._setting("ssl_min_protocol_version")
        yield fact("tls_min_version", least, "ssl_min_protocol_version", "" if least else _SETTINGS)
        host, port = self._url.host or "localhost", self._url.port or 5432
        how = f"handshake with port {port}"
        try:
            seen = tlsprobe.postgresql(host, port)
            yield fact("tls_cert_expires", seen.expires.isoformat() if seen and seen.expires else None, how, "" if seen else "ssl = on")
            ((user, database),) = self._rows("SELECT session_user, current_database()")
            plain = tlsprobe.postgresql_plain(host, port, user, database)
            how = "a start without TLS and without a password, for this role and from this machine"
            needs = "GRANT SELECT ON pg_hba_file_rules TO …" if plain is None else ""
            yield fact("tls_enforced", None if plain is None else not plain, how, needs)
        except (OSError, ValueError):
            yield fact("tls_cert_expires", None, how, "a direct way to the server's port")
            yield fact("tls_enforced", None, how, "a direct way to the server's port")

    def _account_facts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        roles = self._rows("SELECT rolname, rolsuper, rolcanlogin, rolvaliduntil IS NULL OR rolvaliduntil = 'infinity' FROM pg_roles ORDER BY 1")
        roles = [r for r in roles if not r[0].startswith("pg_")]
        yield fact("superusers", [r[0] for r in roles if r[1]], "pg_roles")
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

    def _grant_facts(self, fact: Callable[..., Fact], tables: Mapping[int, str]) -> Iterator[Fact]:
        found: dict[int, list[dict[str, str]]] = defaultdict(list)
        for oid, grantee, privilege, column in self._rows(sa.text(_ACL)):
            if oid in tables:
                found[oid].append({"grantee": grantee, "privilege": privilege, **({"column": column} if column else {})})
        for oid, name in tables.items():
            grants = sorted(found[oid], key=lambda g: (g["grantee"], g["privilege"], g.get("column", "")))
            yield fact("grants", grants, "access list in pg_class and pg_attribute", subject=name)
            public = sorted({g["privilege"] for g in grants if g["grantee"] == "PUBLIC"})
            yield fact("public_access", [{"grantee": "PUBLIC", "privilege": p} for p in public], "access list in pg_class", subject=name)
