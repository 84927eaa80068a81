"""The accounts, roles and rights of a MariaDB or MySQL server, from the tables of its database `mysql`; no password or hash of one is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ropewalk.errors import SourceError

Rows = Callable[..., list[Any]]
_RIGHTS = ("Select", "Insert", "Update", "Delete", "Alter", "Drop", "Super")
_OF_DATABASES = _RIGHTS[:-1]
_NEAR = {"localhost", "127.0.0.1", "::1"}
_OWN = {"root", "mysql", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"}
_BY_PASSWORD = {"", "mysql_native_password", "mysql_old_password", "ed25519", "sha256_password", "caching_sha2_password", "parsec"}
"""Plug-ins that ask for a password of their own, so that an empty one lets everybody in; '' is the server's own choice of these."""


def columns(maria: bool) -> tuple[str, ...]:
    """Columns of mysql.user that tell accounts and rights, and no secret."""
    return ("User", "Host", "ssl_type", *(f"{r}_priv" for r in _RIGHTS), "is_role" if maria else "account_locked")


def script(maria: bool, who: str) -> str:
    """The rights that `Accounts.of` needs."""
    tables = ("db", "tables_priv", "columns_priv", "roles_mapping" if maria else "role_edges")
    return "\n".join(
        [f"GRANT SELECT ({', '.join(columns(maria))}) ON mysql.user TO {who};", *(f"GRANT SELECT ON mysql.{t} TO {who};" for t in tables)]
    )


@dataclass(frozen=True, slots=True)
class Account:
    """locked, open (an empty password is enough) and lifetime (days of a password, 0 without end, -1 the server's default): None if not told."""

    user: str
    host: str
    tls: bool
    rights: frozenset[str]
    role: bool
    locked: bool | None
    open: bool | None = None
    lifetime: int | None = None

    @property
    def grantee(self) -> str:
        return "PUBLIC" if self.role and self.user == "PUBLIC" else self.user if self.role else f"'{self.user}'@'{self.host}'"

    def near(self, hostname: str) -> bool:
        return self.host in _NEAR or self.host == hostname

    def own(self, hostname: str) -> bool:
        """Of the server itself, from its own machine."""
        return self.user in _OWN and self.near(hostname)


@dataclass(frozen=True, slots=True)
class Accounts:
    """accounts; members: role -> accounts that have it, through other roles too; databases, tables: rights as the tables hold them."""

    accounts: tuple[Account, ...]
    members: dict[str, list[str]]
    databases: tuple[tuple[str, str, frozenset[str]], ...]
    tables: tuple[tuple[str, str, str, str, frozenset[str]], ...]

    @classmethod
    def of(cls, rows: Rows, maria: bool) -> Accounts:
        """Raises SourceError where the account may not read them."""
        secrets = _secrets(rows, maria)
        accounts = []
        for user, host, tls, *rest in rows(f"SELECT {', '.join(columns(maria))} FROM mysql.user"):  # noqa: S608
            user, host, (*flags, last) = _text(user), _text(host), rest
            rights = frozenset(r.upper() for r, f in zip(_RIGHTS, flags, strict=True) if _text(f) == "Y")
            role, locked = (_text(last) == "Y", None) if maria else (False, _text(last) == "Y")
            more = secrets.get((user, host), {})
            locked = more.pop("locked", locked)
            accounts.append(Account(user, host, bool(_text(tls)), rights, role, False if role else locked, **more))
        names = {(a.user, a.host): a.grantee for a in accounts}
        databases = [
            (names.get((_text(u), _text(h)), f"'{_text(u)}'@'{_text(h)}'"), _text(d), _held(flags))
            for d, u, h, *flags in rows(f"SELECT Db, User, Host, {', '.join(f'{r}_priv' for r in _OF_DATABASES)} FROM mysql.db")  # noqa: S608
        ]
        single = rows(
            "SELECT User, Host, Db, Table_name, '', Table_priv FROM mysql.tables_priv "
            "UNION ALL SELECT User, Host, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv"
        )
        tables = [
            (
                names.get((_text(u), _text(h)), f"'{_text(u)}'@'{_text(h)}'"),
                _text(d),
                _text(t),
                _text(c),
                frozenset(_text(p).upper().split(",")) - {""},
            )
            for u, h, d, t, c, p in single
        ]
        return cls(tuple(accounts), _members(rows, maria, names), tuple(databases), tuple(tables))

    def on(self, schema: str, table: str) -> list[dict[str, Any]]:
        """The grants of one table: on it, its columns, and databases whose pattern fits."""
        out: list[dict[str, Any]] = []
        for grantee, pattern, rights in self.databases:
            if fits(pattern, schema):
                out += [{"grantee": grantee, "privilege": r, **self._inside(grantee)} for r in rights]
        for grantee, own, name, column, rights in self.tables:
            if (own, name) == (schema, table):
                more = {"column": column} if column else {}
                out += [{"grantee": grantee, "privilege": r, **more, **self._inside(grantee)} for r in rights & {r.upper() for r in _OF_DATABASES}]
        return sorted(out, key=lambda g: (g["grantee"], g["privilege"], g.get("column", "")))

    def wide(self, hostname: str) -> Iterator[dict[str, Any]]:
        """Who reads every table of the server, by itself or by a role."""
        for account in self.accounts:
            if account.own(hostname) or account.locked or (account.role and account.grantee != "PUBLIC" and not self.members.get(account.grantee)):
                continue
            if "SUPER" in account.rights:
                yield {"grantee": account.grantee, "privilege": "*", "superuser": True, **self._inside(account.grantee)}
            elif "SELECT" in account.rights:
                yield {"grantee": account.grantee, "privilege": "*", "by": "SELECT ON *.*", **self._inside(account.grantee)}
        for grantee, pattern, rights in self.databases:
            if "SELECT" in rights and not pattern.strip("%"):
                yield {"grantee": grantee, "privilege": "*", "by": f"SELECT ON `{pattern}`.*", **self._inside(grantee)}

    def _inside(self, grantee: str) -> dict[str, Any]:
        return {"members": self.members[grantee]} if self.members.get(grantee) else {}


def fits(pattern: str, name: str) -> bool:
    """Names of databases in grants are patterns: `%` and `_` stand for others, `\\_` for themselves."""
    parts = re.findall(r"\\.|.", pattern, re.S)
    return re.fullmatch("".join(".*" if p == "%" else "." if p == "_" else re.escape(p[-1]) for p in parts), name, re.S) is not None


def _secrets(rows: Rows, maria: bool) -> dict[tuple[str, str], dict[str, Any]]:
    """What only a right on the password hashes tells; the server compares, and no hash leaves it. Nothing without that right."""
    if maria:
        statement = (
            "SELECT User, Host, coalesce(JSON_VALUE(Priv, '$.account_locked'), '0') IN ('1', 'true'), coalesce(JSON_VALUE(Priv, '$.plugin'), ''), "
            "coalesce(JSON_VALUE(Priv, '$.authentication_string'), '') = '' AND NOT JSON_EXISTS(Priv, '$.auth_or'), "
            "coalesce(JSON_VALUE(Priv, '$.password_lifetime'), -1) FROM mysql.global_priv"
        )
    else:
        statement = "SELECT User, Host, account_locked = 'Y', plugin, authentication_string = '', coalesce(password_lifetime, -1) FROM mysql.user"
    try:
        found = rows(statement)
    except SourceError:
        return {}
    out: dict[tuple[str, str], dict[str, Any]] = {}
    for user, host, locked, plugin, empty, lifetime in found:
        asks = _text(plugin) in _BY_PASSWORD
        out[_text(user), _text(host)] = {
            "locked": bool(locked), "open": bool(empty) and asks and not locked, "lifetime": int(lifetime) if asks else None,
        }  # fmt: skip
    return out


def _members(rows: Rows, maria: bool, names: dict[tuple[str, str], str]) -> dict[str, list[str]]:
    if maria:
        listed = [(("", r), (_text(u), _text(h))) for u, h, r in rows("SELECT User, Host, Role FROM mysql.roles_mapping")]
        edges = [(_text(role[1]), names.get(to, f"'{to[0]}'@'{to[1]}'")) for role, to in listed]
    else:
        asked = rows("SELECT FROM_USER, FROM_HOST, TO_USER, TO_HOST FROM mysql.role_edges")
        edges = [(f"'{_text(a)}'@'{_text(b)}'", f"'{_text(c)}'@'{_text(d)}'") for a, b, c, d in asked]
    direct: dict[str, set[str]] = defaultdict(set)
    for role, member in edges:
        direct[role].add(member)
    out = {}
    for role in direct:
        reached, left = set[str](), [role]
        while left:
            new = direct.get(left.pop(), set()) - reached
            reached |= new
            left += new
        out[role] = sorted(m for m in reached if m not in direct)
    return out


def _held(flags: list[Any]) -> frozenset[str]:
    return frozenset(r.upper() for r, f in zip(_OF_DATABASES, flags, strict=True) if _text(f) == "Y")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str("" if value is None else value)
