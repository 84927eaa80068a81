"""Drivers' errors in words of our own: a driver's text quotes values, addresses and statements, so none of it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Trouble:
    """what, mend; `lost`: the whole store is out of reach, not one table."""

    what: str
    mend: str
    lost: bool = False


_SIGN_IN = Trouble("the server refused the sign-in", "check the user, the password and the database in the source's uri, and that TLS is on", True)
_TIMEOUT = Trouble("the query took longer than limits.statement_timeout", "raise limits.statement_timeout, or scan at a quieter time")
_RIGHTS = Trouble("the role may not read it", "grant SELECT on it (`ropewalk sources grants` prints the script)")
_AWAY = Trouble("the server cannot be reached", "check host and port in the source's uri, and that the server runs and lets this machine in", True)
_GONE = Trouble("the connection was lost", "check the server's log, and scan again", True)
_NO_DATABASE = Trouble("there is no such database", "correct the database in the source's uri", True)
_NO_TABLE = Trouble("it is no longer there, or its definition is broken", "scan again, or mend the view")
_EMPTY = Trouble("it holds nothing yet, or is not ready to be read", "REFRESH MATERIALIZED VIEW, or leave it out with `exclude`")
_BUSY = Trouble("it is locked by another program", "scan at a quieter time")
_FULL = Trouble("the server accepts no more connections", "scan at a quieter time, or raise its limit", True)
_CERTIFICATE = Trouble("the server's certificate was not accepted", "name its authority (sslrootcert, ssl_ca) in the source's uri, or renew it", True)
_TLS = Trouble("TLS could not be agreed on", "check the TLS settings of the server and of the source's uri", True)
_NOT_A_DATABASE = Trouble("the file is encrypted, or is no database of this kind", "name the right file, or attest its encryption", True)
_NO_FILE = Trouble("the file is not there, or may not be read", "correct the path in the source's uri, and grant read permission", True)
_DAMAGED = Trouble("the database file is damaged", "restore it from a backup, or run the store's integrity check")
_READ_ONLY = Trouble("it can only be read by writing, which is never done", "leave it out with `exclude`")
_EXTERNAL = Trouble("it reads files or addresses outside the database, which is off", "set options.external_access: true to allow it")

_BY_CODE = {
    "57014": _TIMEOUT, "55P03": _BUSY, "40P01": _BUSY, "42501": _RIGHTS, "28P01": _SIGN_IN, "28000": _SIGN_IN, "3D000": _NO_DATABASE,
    "53300": _FULL, "42P01": _NO_TABLE, "25006": _READ_ONLY, "57P01": _GONE, "57P02": _GONE, "57P03": _AWAY, "25P03": _GONE,
    "1044": _RIGHTS, "1045": _SIGN_IN, "1698": _SIGN_IN, "1049": _NO_DATABASE, "1040": _FULL, "1203": _FULL, "1142": _RIGHTS, "1143": _RIGHTS,
    "1227": _RIGHTS, "1370": _RIGHTS, "1345": _RIGHTS, "1356": _NO_TABLE, "1146": _NO_TABLE, "1969": _TIMEOUT, "3024": _TIMEOUT, "1205": _BUSY,
    "1792": _READ_ONLY, "2002": _AWAY, "2003": _AWAY, "2005": _AWAY, "2006": _GONE, "2013": _GONE, "2026": _TLS, "3159": _TLS,
    "55000": _EMPTY, "1449": _NO_TABLE,
    "SQLITE_NOTADB": _NOT_A_DATABASE, "SQLITE_CANTOPEN": _NO_FILE, "SQLITE_PERM": _NO_FILE, "SQLITE_BUSY": _BUSY, "SQLITE_LOCKED": _BUSY,
    "SQLITE_INTERRUPT": _TIMEOUT, "SQLITE_CORRUPT": _DAMAGED, "SQLITE_READONLY": _READ_ONLY, "SQLITE_IOERR": _DAMAGED,
    "InterruptException": _TIMEOUT, "PermissionException": _EXTERNAL,
    "SerializationException": _NOT_A_DATABASE,
}  # fmt: skip
_BY_TEXT = (
    (re.compile(r"certificate", re.I), _CERTIFICATE),
    (re.compile(r"authentication failed|no password supplied|pg_hba\.conf|access denied|login failed|role \S+ does not exist", re.I), _SIGN_IN),
    (re.compile(r"database \S+ does not exist|unknown database", re.I), _NO_DATABASE),
    (re.compile(r"too many (?:clients|connections)|remaining connection slots", re.I), _FULL),
    (re.compile(r"not a valid duckdb|encrypted|encryption key|database is encrypted|not a database|is not a database file", re.I), _NOT_A_DATABASE),
    (re.compile(r"conflicting lock|database is locked", re.I), _BUSY),
    (re.compile(r"cannot open (?:file|database)|no such file|unable to open|permission denied: ", re.I), _NO_FILE),
    (re.compile(r"\bssl\b|\btls\b", re.I), _TLS),
    (re.compile(r"refused|timed? ?out|timeout expired|name or service|translate host|resolve|unreachable|can't connect|no route", re.I), _AWAY),
    (re.compile(r"(?:catalog|binder) error", re.I), _NO_TABLE),
    (re.compile(r"closed the connection|connection (?:is )?(?:closed|lost|reset)|broken pipe|terminating", re.I), _GONE),
)


def trouble(error: BaseException) -> Trouble:
    """What to say of an exception of a driver. Codes first; a text is only searched for well-known phrases, never quoted."""
    inner: Any = getattr(error, "orig", None) or error
    for code in _codes(inner):
        if code in _BY_CODE:
            return _BY_CODE[code]
    said = str(inner)
    for pattern, found in _BY_TEXT:
        if pattern.search(said):
            return found
    if isinstance(error, sa.exc.ArgumentError):
        mend = "write it as dialect://user:password@host:port/database; in a password, @ : / # are %40 %3A %2F %23"
        return Trouble("the uri is not a database URL", mend, True)
    name = type(inner).__name__
    return Trouble(f"the store answered with an error ({name})", "run `ropewalk sources test`; the server's log has its text")


def _codes(error: Any) -> list[str]:
    name = str(getattr(error, "sqlite_errorname", "") or "")
    first = error.args[0] if getattr(error, "args", ()) and isinstance(error.args[0], int) else ""
    return [str(getattr(error, "sqlstate", "") or ""), str(first), name, "_".join(name.split("_")[:2]), type(error).__name__]
