"""What a MariaDB or MySQL server says about transit, encryption, rights and settings; each unknown names the right that would tell."""

from __future__ import annotations

import re
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

Rows = Callable[..., list[Any]]
_MYSQL = "GRANT SELECT ON mysql.* TO … (it shows password hashes too: for a moment, or attest)"
_PROCESS = "GRANT PROCESS ON *.* TO …"
_GRANTS = """
SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, '' FROM information_schema.TABLE_PRIVILEGES
UNION ALL SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, COLUMN_NAME FROM information_schema.COLUMN_PRIVILEGES
UNION ALL SELECT GRANTEE, TABLE_SCHEMA, '', PRIVILEGE_TYPE, '' FROM information_schema.SCHEMA_PRIVILEGES
UNION ALL SELECT GRANTEE, '', '', PRIVILEGE_TYPE, '' FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE <> 'USAGE'
"""
_POLICY = ("simple_password_check", "cracklib_password_check", "validate_password", "default_password_lifetime", "strict_password_validation")


class MyFacts:
    """Asks through `rows(statement, parameters)`; url is for the probe, which does not sign in."""

    def __init__(self, url: sa.URL, source: str, rows: Rows) -> None:
        self._url, self._source, self._rows = url, source, rows

    def __repr__(self) -> str:
        return f"MyFacts({self._source!r})"

    @property
    def _socket(self) -> bool:
        return bool(self._url.query.get("unix_socket"))

    def checks(self) -> Iterator[Check]:
        version, cipher = self._status("Ssl_version"), self._status("Ssl_cipher")
        mend = "" if version or self._socket else "add ?ssl_ca=… to the source's uri, and TLS to the server"
        told = f"{version}, {cipher}" if version else "a local socket" if self._socket else "none"
        yield Check("encryption in transit", bool(version or self._socket), told, mend)
        strong = self._rows("SELECT count(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE IN ('SUPER', 'INSERT', 'DROP')")[0][0]
        mend = "use an account of its own: `ropewalk sources grants`" if strong and not self._sees_all() else ""
        yield Check("rights", not mend, "the account may write" if mend else "the account has no rights beyond reading", mend)

    def facts(self, as_of: datetime, tables: Mapping[tuple[str, str], str], stored: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
        """`tables`: (schema, name) -> dataset; `stored`: those of them that are no views."""

        def fact(name: str, value: Any, how: str, needs: str = "", subject: str = "") -> Fact:
            return Fact(f"{self._source}/{subject}" if subject else self._source, name, value, as_of, how, needs)

        yield from self._transit_facts(fact)
        yield from self._rest_facts(fact, stored)
        yield from self._grant_facts(fact, tables)
        variables = {str(k): str(v) for k, v in self._rows("SHOW GLOBAL VARIABLES")}
        policy = {k: v for k, v in variables.items() if k.startswith(_POLICY)}
        yield fact("password_policy", {"checked": any(k.startswith(_POLICY[:3]) for k in policy), **policy}, "global variables")
        tries = int(variables.get("max_password_errors", 0))
        yield fact("lockout", {"max_attempts": tries if 0 < tries < 2**32 - 1 else None}, "max_password_errors")
        yield fact("listen_addresses", [variables.get("bind_address") or "*"], "bind_address")

    def _transit_facts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        if self._socket:
            yield fact("transit", "local", "a Unix socket")
            return
        yield fact("tls_version", self._status("Ssl_version") or "none", "status of this session")
        yield fact("tls_cipher", self._status("Ssl_cipher") or "none", "status of this session")
        ((enforced, versions),) = self._rows("SELECT @@require_secure_transport, @@tls_version")
        yield fact("tls_enforced", bool(enforced), "require_secure_transport")
        least = min(re.findall(r"TLSv\d\.\d", str(versions)), default=None)
        yield fact("tls_min_version", least, "tls_version", "" if least else "TLS on the server")
        how = "handshake with the server's port"
        try:
            seen = tlsprobe.mysql(self._url.host or "localhost", self._url.port or 3306)
            yield fact("tls_cert_expires", seen.expires.isoformat() if seen and seen.expires else None, how, "" if seen else "TLS on the server")
        except (OSError, ValueError):
            yield fact("tls_cert_expires", None, how, "a direct way to the server's port")

    def _rest_facts(self, fact: Callable[..., Fact], tables: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
        maria = "mariadb" in str(self._rows("SELECT version()")[0][0]).lower()
        view = "INNODB_TABLESPACES_ENCRYPTION" if maria else "INNODB_TABLESPACES"
        column = "ENCRYPTION_SCHEME" if maria else "ENCRYPTION = 'Y'"
        try:
            listed = self._rows(f"SELECT NAME, {column} FROM information_schema.{view}")  # noqa: S608
        except SourceError:
            yield fact("encrypted_at_rest", None, f"information_schema.{view}", _PROCESS)
            return
        spaces: dict[str, bool] = {}
        for space, encrypted in listed:
            name = _decoded(str(space)).split("#P#")[0].split("#p#")[0]
            spaces[name] = spaces.get(name, True) and bool(encrypted)
        for (schema, table), name in tables.items():
            value = {"layer": "tablespace", "algorithm": "aes" if spaces.get(f"{schema}/{table}") else "none"}
            how = f"information_schema.{view}{'' if f'{schema}/{table}' in spaces else ', which does not list it'}"
            yield fact("encrypted_at_rest", value, how, subject=name)
        if not tables:
            needs = "an attestation of the encryption of its volume (kind encryption_at_rest)"
            yield fact("encrypted_at_rest", None, f"information_schema.{view} names none of the tables", needs)

    def _grant_facts(self, fact: Callable[..., Fact], tables: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
        how = "privileges in information_schema"
        if not self._sees_all():
            for name in ("superusers", "accounts", "shared_accounts", "public_access"):
                yield fact(name, None, how, _MYSQL)
            for name in tables.values():
                yield fact("grants", None, how, _MYSQL, subject=name)
            return
        found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for grantee, schema, table, privilege, column in self._rows(_GRANTS):
            found[schema, table].append({"grantee": grantee, "privilege": privilege, **({"column": column} if column else {})})
        yield fact("superusers", sorted({g["grantee"] for g in found["", ""] if g["privilege"] == "SUPER"}), how)
        accounts = [str(u) for (u,) in self._rows("SELECT DISTINCT User FROM mysql.user WHERE is_role = 'N' OR is_role IS NULL")]
        # The server's own accounts are locked, and nobody signs in with them.
        yield fact("accounts", [{"name": a, "login": not a.startswith(("mysql.", "mariadb."))} for a in sorted(accounts)], "names in mysql.user")
        yield fact("shared_accounts", generic(accounts), "names in mysql.user")
        public = [g for gs in found.values() for g in gs if g["grantee"].startswith(("''", "PUBLIC", "'PUBLIC'"))]
        yield fact("public_access", public, f"{how}: PUBLIC and anonymous accounts")
        for (schema, table), name in tables.items():
            grants = found["", ""] + found[schema, ""] + found[schema, table]
            ordered = sorted(grants, key=lambda g: (g["grantee"], g["privilege"], g.get("column", "")))
            kept = [g for g in ordered if g["privilege"] in {"SELECT", "INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "SUPER"}]
            yield fact("grants", kept, how, subject=name)

    def _sees_all(self) -> bool:
        try:
            return bool(self._rows("SELECT count(*) FROM mysql.user")[0][0])
        except SourceError:
            return False

    def _status(self, name: str) -> str:
        found = self._rows(f"SHOW SESSION STATUS LIKE '{name}'")
        return str(found[0][1]) if found else ""


def _decoded(name: str) -> str:
    """MySQL's file names: `my@0020table` is `my table`."""
    return re.sub(r"@([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), name)
