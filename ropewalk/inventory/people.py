"""Approved accounts and leavers: lists of one's own, exports of Okta and Entra ID (CSV or JSON), SCIM 2.0 (RFC 7643, 7644).

Names, phone numbers and managers in such exports are not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import last_moment, moment, names, text
from ropewalk.inventory.grid import Column, Record, check_columns, fill, listed, looks_like_json, of_entries, parsed, records, squeezed
from ropewalk.inventory.rows import Account, Batch, Leaver

_IDS = (
    "user principal name",
    "username",
    "user",
    "login",
    "user login",
    "profile.login",
    "profile.email",
    "email",
    "user email",
    "primary email",
    "mail",
    "email address",
    "email address [required]",
)
_ACTIVE = {
    "",
    "active",
    "yes",
    "true",
    "1",
    "enabled",
    "staged",
    "provisioned",
    "recovery",
    "passwordexpired",
    "lockedout",
    "locked",
    "approved",
    "on",
}
_GONE = {
    "inactive", "no", "false", "0", "disabled", "suspended", "deprovisioned", "deactivated", "blocked", "left", "terminated", "deleted", "revoked",
    "off", "expired",
}  # fmt: skip
_SERVICE = {"service", "serviceaccount", "serviceprincipal", "application", "app", "machine", "bot", "robot", "workload", "system"}


def _addresses(value: Any) -> tuple[str, ...]:
    """Several logins: `a;b`, a list, SCIM's [{value}], Entra's `SMTP:a@x`."""
    given = [v.get("value", "") if isinstance(v, dict) else v for v in value] if isinstance(value, list) else value
    return tuple(n.split(":", 1)[1] if n[:5].lower() == "smtp:" else n for n in names(given))


def _active(value: Any) -> bool:
    told = squeezed(str(value).lower()) if isinstance(value, bool) else squeezed(text(value))
    if told in _ACTIVE:
        return True
    if told in _GONE:
        return False
    raise ValueError("is no status that is known; write active or disabled")


def _service(value: Any) -> bool:
    return squeezed(text(value)) in _SERVICE


_ACCOUNT = Column("account", text, _IDS, required=True)
_ALSO = Column("aliases", _addresses, ("also", "logins", "proxy addresses", "emails"))
_STATUS = Column("active", _active, ("status", "state", "enabled", "account enabled", "account status", "status [read only]"))
_DISABLED = ("deactivated at", "access ended", "access ended at", "access removed at", "deprovisioned at", "status changed", "status changed date")
ACCOUNTS = (
    _ACCOUNT, _ALSO, Column("service", _service, ("kind", "type", "user type", "account type")), _STATUS,
    Column("disabled_at", last_moment, _DISABLED), Column("approved_by", text, ("approver",)),
    Column("approved_at", moment, ("approved on", "approved")),
)  # fmt: skip
LEAVERS = (
    _ACCOUNT, _ALSO,
    Column("left_at", last_moment, (
        "left", "left on", "last day", "last working day", "leaving date", "leave date", "employee leave date time", "termination date", "end date",
    ), required=True),
    Column("disabled_at", last_moment, _DISABLED),
)  # fmt: skip


def accounts(data: str, where: str) -> Batch:
    """The approved people and services. Raises ConfigError."""
    found, columns, form = _people(data, where)
    unused = check_columns(columns, ACCOUNTS, where) if columns else ()
    rows = []
    for record in found:
        told = fill(record, ACCOUNTS)
        if told.get("active", True):
            told.pop("disabled_at", None)  # an active account's last change of status is no end
        rows.append(Account(**told | {"aliases": _aliases(record, told)}))
    return Batch(form, rows, unused=unused)


def leavers(data: str, where: str) -> Batch:
    """Who has left, and when. In an export of all accounts, those without a day of leaving are no leavers. Raises ConfigError."""
    found, columns, form = _people(data, where)
    unused = check_columns(columns, LEAVERS, where) if columns else ()
    everybody = any(squeezed(c) in _STATUS.names for c in columns)
    rows, staying = [], 0
    for record in found:
        if everybody and not any(text(record.cells.get(n)) for n in LEAVERS[2].names):
            staying += 1
            continue
        told = fill(record, LEAVERS)
        if any(n in record.cells for n in _STATUS.names) and fill(record, (_STATUS,)).get("active", True):
            told.pop("disabled_at", None)
        rows.append(Leaver(**told | {"aliases": _aliases(record, told)}))
    return Batch(form, rows, left_out={"accounts without a day of leaving": staying} if staying else {}, unused=unused)


def _aliases(record: Record, told: dict[str, Any]) -> tuple[str, ...]:
    """Every other login that the record names."""
    others = [text(record.cells.get(n)) for n in _ACCOUNT.names]
    return tuple(dict.fromkeys(o for o in (*told.get("aliases", ()), *others) if o and o.casefold() != told["account"].casefold()))


def _people(data: str, where: str) -> tuple[Sequence[Record], Sequence[str], str]:
    """(records, columns, format)."""
    if looks_like_json(data) and '"schemas"' in data:
        answer = parsed(data, where)
        if isinstance(answer, dict) and "scim" in str(answer.get("schemas", "")).lower():
            return _scim(answer, where)
    if looks_like_json(data) and '"@odata.nextLink"' in data:
        what = "the answer is one page of several (@odata.nextLink)"
        raise ConfigError(what, where=where, mend="ask for all pages, and join their values in one list")
    found, columns = _flat(*records(data, where))
    have = {squeezed(c) for c in columns}
    form = "entra" if "userprincipalname" in have else "okta" if have & {"profilelogin", "userlogin", "primaryemail"} else "list"
    return found, columns, form


def _flat(found: Sequence[Record], columns: Sequence[str]) -> tuple[Sequence[Record], Sequence[str]]:
    """Okta's API keeps the login inside `profile`."""
    if "profile" not in columns:
        return found, columns
    out, names = [], dict.fromkeys(c for c in columns if c != "profile")
    for record in found:
        profile = record.cells.get("profile")
        inner = profile if isinstance(profile, dict) else {}
        names |= dict.fromkeys(f"profile.{k}" for k in inner)
        out.append(Record(record.where, {**record.cells, **{squeezed(f"profile.{k}"): v for k, v in inner.items()}}))
    return out, tuple(names)


def _scim(answer: dict[str, Any], where: str) -> tuple[Sequence[Record], Sequence[str], str]:
    entries = listed(answer, where) if "Resources" in answer or "totalResults" not in answer else []
    total = answer.get("totalResults")
    if isinstance(total, int) and total > len(entries):
        what = f"the answer holds {len(entries)} of {total} accounts"
        raise ConfigError(what, where=where, mend="ask for all pages (count, startIndex), and join their Resources in one file")
    flat = []
    for entry in entries:
        meta = entry.get("meta") if isinstance(entry, dict) else None
        changed = meta.get("lastModified") if isinstance(meta, dict) else None
        flat.append({**entry, "statusChanged": changed} if isinstance(entry, dict) else entry)
    found, columns = of_entries(flat, where)
    return found, columns, "scim"
