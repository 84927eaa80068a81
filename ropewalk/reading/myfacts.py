"""What a MariaDB or MySQL server says about transit, encryption, rights and settings; each unknown names the right that would tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import SourceError
from ropewalk.model import Fact
from ropewalk.reading import tlsprobe
from ropewalk.reading.accounts import generic
from ropewalk.reading.myaccounts import Accounts

Rows = Callable[..., list[Any]]
_ACCOUNTS = "rights on columns of mysql.user that hold no secret, and on mysql.db and its like: `ropewalk sources grants` prints them"
_HASHES = "GRANT SELECT ON mysql.{} TO … (it shows password hashes too: for a moment, or attest)"
_PROCESS = "GRANT PROCESS ON *.* TO …"
_OWN_RIGHTS = """
SELECT count(*) FROM (
  SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
  UNION ALL SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
  UNION ALL SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES) x
WHERE PRIVILEGE_TYPE IN ('SUPER', 'INSERT', 'UPDATE', 'DELETE', 'DROP', 'ALTER', 'CREATE', 'FILE')
  AND GRANTEE = concat(quote(substring_index(current_user(), '@', 1)), '@', quote(substring_index(current_user(), '@', -1)))
"""
_CLEAR = {
    "innodb_encrypt_log": ("OFF", "the redo log (innodb_encrypt_log)"), "innodb_redo_log_encrypt": ("OFF", "the redo log (innodb_redo_log_encrypt)"),
    "encrypt_binlog": ("OFF", "the binary log (encrypt_binlog)"), "binlog_encryption": ("OFF", "the binary log (binlog_encryption)"),
}  # fmt: skip
"""Settings whose value leaves the changes of encrypted tables in clear beside them."""
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
        strong = self._rows(_OWN_RIGHTS)[0][0]
        mend = "use an account of its own: `ropewalk sources grants`" if strong else ""
        yield Check("rights", not mend, "the account may write" if mend else "the account has no rights beyond reading", mend)

    def facts(self, as_of: datetime, tables: Mapping[tuple[str, str], str], stored: Mapping[tuple[str, str], str]) -> Iterator[Fact]:
        """`tables`: (schema, name) -> dataset; `stored`: those of them that are no views."""

        def fact(name: str, value: Any, how: str, needs: str = "", subject: str = "") -> Fact:
            return Fact(f"{self._source}/{subject}" if subject else self._source, name, value, as_of, how, needs)

        variables = {str(k).lower(): str(v) for k, v in self._rows("SHOW GLOBAL VARIABLES")}
        maria = "mariadb" in variables.get("version", "").lower()
        try:
            accounts = Accounts.of(self._rows, maria)
        except SourceError:
            accounts = None
        yield from self._transit_facts(fact, variables, accounts)
        yield from self._rest_facts(fact, stored, maria, variables)
        yield from self._grant_facts(fact, tables, accounts, variables, maria)
        yield fact("password_policy", passwords(variables, accounts), "global variables, and the lifetime of each password")
        tries = int(variables.get("max_password_errors", 0))
        yield fact("lockout", {"max_attempts": tries if 0 < tries < 2**32 - 1 else None}, "max_password_errors")
        yield fact("listen_addresses", _listens(variables), "bind_address, skip_networking")

    def _transit_facts(self, fact: Callable[..., Fact], variables: Mapping[str, str], accounts: Accounts | None) -> Iterator[Fact]:
        host, port = self._url.host or "localhost", self._url.port or 3306
        if self._socket:
            if all(map(tlsprobe.near, _listens(variables))):
                yield fact("transit", "local", "a Unix socket, and bind_address names no network")
                return
            host, port = "localhost", int(variables.get("port", port))
        how = f"handshake with port {port}"
        try:
            seen = tlsprobe.mysql(host, port, str(self._url.query.get("ssl_ca") or ""))
            yield from tlsprobe.certificate_facts(fact, seen, how, "TLS on the server", "ssl_ca=…")
        except (OSError, ValueError):
            seen = None
            yield fact("tls_cert_expires", None, how, "a direct way to the server's port")
        version, cipher = (seen.version, seen.cipher) if self._socket and seen else (self._status("Ssl_version"), self._status("Ssl_cipher"))
        how = f"{how}: this source reads by a socket" if self._socket else "status of this session"
        yield fact("tls_version", version or "none", how)
        yield fact("tls_cipher", cipher or "none", how)
        least = min(re.findall(r"TLSv\d\.\d", variables.get("tls_version", "")), default=None)
        yield tlsprobe.least_fact(fact, least, "tls_version", seen, "TLS on the server")
        yield _enforced(fact, variables, accounts)

    def _rest_facts(
        self, fact: Callable[..., Fact], tables: Mapping[tuple[str, str], str], maria: bool, variables: Mapping[str, str]
    ) -> Iterator[Fact]:
        view = "INNODB_TABLESPACES_ENCRYPTION" if maria else "INNODB_TABLESPACES"
        column = "ENCRYPTION_SCHEME > 0 AND MIN_KEY_VERSION > 0" if maria else "ENCRYPTION = 'Y'"
        try:
            listed = self._rows(f"SELECT NAME, {column} FROM information_schema.{view}")  # noqa: S608
        except SourceError:
            yield fact("encrypted_at_rest", None, f"information_schema.{view}", _PROCESS)
            return
        clear = [words for name, (bad, words) in _CLEAR.items() if variables.get(name) == bad and ("bin" not in name or variables["log_bin"] == "ON")]
        spaces: dict[str, bool] = {}
        for space, encrypted in listed:
            name = _decoded(str(space)).split("#P#")[0].split("#p#")[0]
            spaces[name] = spaces.get(name, True) and bool(encrypted)
        for (schema, table), name in tables.items():
            sealed = spaces.get(f"{schema}/{table}")
            value = {"layer": "tablespace", "algorithm": "aes" if sealed else "none", **({"clear": clear} if sealed and clear else {})}
            how = f"information_schema.{view}{'' if f'{schema}/{table}' in spaces else ', which does not list it'}"
            yield fact("encrypted_at_rest", value, how, subject=name)
        if not tables:
            needs = "an attestation of the encryption of its volume (kind encryption_at_rest)"
            yield fact("encrypted_at_rest", None, f"information_schema.{view} names none of the tables", needs)

    def _grant_facts(
        self, fact: Callable[..., Fact], tables: Mapping[tuple[str, str], str], known: Accounts | None, variables: Mapping[str, str], maria: bool
    ) -> Iterator[Fact]:
        how, hostname = "mysql.user, mysql.db, mysql.tables_priv, mysql.columns_priv and roles", variables.get("hostname", "")
        if known is None:
            for name in ("superusers", "accounts", "shared_accounts", "accounts_without_password", "public_access", "grants"):
                yield fact(name, None, how, _ACCOUNTS)
            for name in tables.values():
                yield fact("grants", None, how, _ACCOUNTS, subject=name)
            return
        people = [a for a in known.accounts if not a.role]
        login = {a.user: False for a in people} | {a.user: True for a in people if not (a.locked or a.user.startswith(("mysql.", "mariadb.")))}
        yield fact("superusers", sorted(a.grantee for a in people if "SUPER" in a.rights and not a.locked), how)
        told = "names in mysql.user" + ("; which are locked is not told" if any(a.locked is None for a in people) else "")
        yield fact("accounts", [{"name": name, "login": may} for name, may in sorted(login.items())], told)
        yield fact("shared_accounts", generic(name for name, may in login.items() if may), told)
        blank = None if any(a.open is None for a in people) else [a for a in people if a.open]
        needs = _HASHES.format("global_priv" if maria else "user") if blank is None else ""
        yield fact("accounts_without_password", None if blank is None else [a.grantee for a in blank], "empty passwords", needs)
        if not all(map(tlsprobe.near, _listens(variables))) and (far := [a.grantee for a in blank or () if not a.near(hostname)]):
            yield fact("open_to_world", [f"{name} signs in without a password" for name in far], "empty passwords, and bind_address")
        wide = list(known.wide(hostname))
        everybody = [g for g in wide if g["grantee"] == "PUBLIC" or g["grantee"].startswith("''@")]
        yield fact("public_access", everybody, f"{how}: PUBLIC and anonymous accounts")
        yield fact("grants", wide, how)
        for (schema, table), name in tables.items():
            yield fact("grants", known.on(schema, table), how, subject=name)

    def _status(self, name: str) -> str:
        found = self._rows(f"SHOW SESSION STATUS LIKE '{name}'")
        return str(found[0][1]) if found else ""


def _decoded(name: str) -> str:
    """MySQL's file names: `my@0020table` is `my table`."""
    return re.sub(r"@([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), name)


def _listens(variables: Mapping[str, str]) -> list[str]:
    if variables.get("skip_networking") == "ON":
        return []
    return [a.strip() for a in (variables.get("bind_address") or "*").split(",")]


def _enforced(fact: Callable[..., Fact], variables: Mapping[str, str], known: Accounts | None) -> Fact:
    """By the server for all, or by each account that may come over the network."""
    if variables.get("require_secure_transport") == "ON":
        return fact("tls_enforced", True, "require_secure_transport")
    how = "require_secure_transport is OFF"
    if known is None:
        return fact("tls_enforced", None, f"{how}, and which accounts ask for TLS may not be read", f"require_secure_transport = ON, or {_ACCOUNTS}")
    hostname = variables.get("hostname", "")
    plain = [a.grantee for a in known.accounts if not (a.role or a.tls or a.locked or a.near(hostname) or a.user.startswith(("mysql.", "mariadb.")))]
    if not plain:
        return fact("tls_enforced", True, f"{how}, and each account that comes over the network has REQUIRE SSL or X509")
    more = f" and {len(plain) - 3} more" if len(plain) > 3 else ""
    return fact("tls_enforced", False, f"{how}, and {', '.join(plain[:3])}{more} may sign in without TLS: ALTER USER … REQUIRE SSL")


def passwords(variables: Mapping[str, str], known: Accounts | None) -> dict[str, Any]:
    """min_length, classes, forbids_name, history and max_age_days, each where a plug-in or an account tells it; and the settings themselves."""
    policy: dict[str, Any] = {k: v for k, v in variables.items() if k.startswith(_POLICY)}
    out = {"checked": any(k.startswith(_POLICY[:3]) for k in policy), **policy}
    number = {k.replace("validate_password_", "validate_password."): int(v) for k, v in policy.items() if v.isdigit()}
    if (least := number.get("simple_password_check_minimal_length")) is not None:
        kinds = [number.get(f"simple_password_check_{k}", 0) > 0 for k in ("letters_same_case", "letters_same_case", "digits", "other_characters")]
        out |= {"min_length": least, "classes": sum(kinds)}
    elif (least := number.get("validate_password.length")) is not None:
        strict = policy.get("validate_password.policy", policy.get("validate_password_policy", "LOW")) not in {"LOW", "0"}
        mixed = number.get("validate_password.mixed_case_count", 0) > 0
        kinds = [mixed, mixed, *(number.get(f"validate_password.{k}_count", 0) > 0 for k in ("number", "special_char"))]
        named = policy.get("validate_password.check_user_name", policy.get("validate_password_check_user_name", "OFF"))
        out |= {"min_length": least, "classes": sum(kinds) if strict else 0, "forbids_name": named == "ON"}
    if (last := variables.get("password_history", "")).isdigit():
        out["history"] = int(last)
    ages = [a.lifetime for a in known.accounts if a.lifetime is not None and not (a.role or a.locked or a.open)] if known else []
    usual = variables.get("default_password_lifetime", "")
    if ages and usual.isdigit():
        days = [int(usual) if age < 0 else age for age in ages]
        out["max_age_days"] = max(days) if all(days) else 0
    return out
