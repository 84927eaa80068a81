"""What a Redis server says about transit, who may come in, what its users may do, and what it writes to disk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from ropewalk.contracts import Check
from ropewalk.errors import SourceError
from ropewalk.model import Fact
from ropewalk.reading.accounts import generic
from ropewalk.reading.endpoint import certificate_facts, probe
from ropewalk.reading.redisclient import RedisClient

_CONFIG, _LIST, _INFO = "ACL SETUSER … +config|get", "ACL SETUSER … +acl|list", "ACL SETUSER … +info"
_SECRET = "an attestation of the encryption of its volume (kind encryption_at_rest): Redis cannot see it"  # noqa: S105 - words


class RedisFacts:
    """Asks through `client`; what the user may not ask is unknown and says what it needs."""

    def __init__(self, client: RedisClient, source: str) -> None:
        self._client, self._source = client, source

    def __repr__(self) -> str:
        return f"RedisFacts({self._source!r})"

    def checks(self) -> Iterator[Check]:
        """Transit, and whether the user could do more than read."""
        if self._client.local:
            yield Check("encryption in transit", True, "a local socket")
        else:
            mend = "" if self._client.tls else "turn on tls-port on the server and write rediss:// in the source's uri"
            yield Check("encryption in transit", self._client.tls, "TLS" if self._client.tls else "none", mend)
        try:
            me = str(_plain(self._client.ask("ACL", "WHOAMI")))
            own = next((u for u in self._users() if u["name"] == me), None)
        except SourceError as error:
            yield Check("rights", None, f"the rights of the user cannot be told: {error.what}", f"optional: {_LIST}")
            return
        wide = bool(own and own["all"])
        yield Check(
            "rights",
            not wide,
            f"{me} may {'do anything' if wide else 'not do everything'}",
            "a user of its own: `ropewalk sources grants`" if wide else "",
        )

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """Of the server. Raises SourceError only if it is out of reach."""

        def fact(name: str, value: Any, how: str, needs: str = "") -> Fact:
            return Fact(self._source, name, value, as_of, how, needs if value is None else "")

        self._client.ask("PING")
        yield from self._transit(fact)
        yield from self._entrance(fact)
        yield from self._accounts(fact)
        yield from self._disk(fact)

    def _transit(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        place = self._client.address
        if place is None:
            yield fact("transit", "local", "a Unix socket")
            return
        yield fact("transit", "tls" if self._client.tls else "plain", "scheme of the uri")
        how = f"handshake with port {place[1]}"
        if self._client.tls:
            seen = probe(f"https://{place[0]}:{place[1]}", self._client.authority)
            yield fact("tls_version", seen.version, how, f"a direct way to the server's port: {seen.error}")
            yield fact("tls_cipher", seen.cipher or None, how, "a direct way to the server's port")
            yield from certificate_facts(fact, seen, how, "ssl_ca_certs=…")
            if seen.least is None:
                least = self._config("tls-protocols")
                low = None if least is None else min((p for p in least.split() if p.startswith("TLS")), default="TLSv1.2")
                yield fact("tls_min_version", low, "CONFIG GET tls-protocols (empty: TLS 1.2 and 1.3)", _CONFIG)
            plain = self._config("port")
            yield fact("tls_enforced", None if plain is None else plain == "0", "CONFIG GET port: 0 closes the port without TLS", _CONFIG)
        else:
            yield fact("tls_version", "none", "the connection itself")
            yield fact("tls_enforced", False, "this connection: it was let in without TLS")

    def _entrance(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        bound = self._config("bind")
        addresses = None if bound is None else [a.lstrip("-") for a in bound.split()] or ["*"]
        yield fact("listen_addresses", addresses, "CONFIG GET bind", _CONFIG)
        mode = self._config("protected-mode")
        yield fact("protected_mode", None if mode is None else mode == "yes", "CONFIG GET protected-mode", _CONFIG)
        if self._client.local:
            return
        served = self._client.answers_strangers()
        how = "a PING without a password"
        if served is None:
            yield fact("public_access", None, how, "a direct way to the server's port")
            return
        near = bool(addresses) and all(map(_loopback, addresses or ()))
        yield fact(
            "public_access", {"public": served and not near, "without_password": served}, how + (", addresses in CONFIG GET bind" if near else "")
        )

    def _accounts(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        try:
            users = self._users()
        except SourceError:
            for name in ("accounts", "shared_accounts", "superusers", "grants"):
                yield fact(name, None, "ACL LIST", _LIST)
            return
        live = [u for u in users if u["on"]]
        yield fact("accounts", [{"name": u["name"], "login": u["on"]} for u in users], "ACL LIST")
        yield fact("shared_accounts", generic(u["name"] for u in live), "ACL LIST: names of users that may sign in")
        yield fact("superusers", [u["name"] for u in live if u["all"]], "ACL LIST: users with +@all on every key")
        grants = [
            {"grantee": u["name"], "privileges": ["*"] if u["all"] else u["privileges"], "object": " ".join(u["keys"]),
             **({"superuser": True} if u["all"] else {})}
            for u in live
        ]  # fmt: skip
        yield fact("grants", grants, "ACL LIST")
        yield fact("accounts_without_password", [u["name"] for u in live if u["nopass"]], "ACL LIST: nopass")
        yield fact("lockout", {"max_attempts": None}, "Redis has no lockout")

    def _disk(self, fact: Callable[..., Fact]) -> Iterator[Fact]:
        try:
            info = self.info("persistence")
        except SourceError:
            info = {}
        save, aof = self._config("save"), self._config("appendonly")
        rdb = bool(save) if save is not None else True if int(info.get("rdb_saves") or 0) > 0 else None
        log = aof == "yes" if aof is not None else bool(int(info["aof_enabled"])) if "aof_enabled" in info else None
        how = "INFO persistence, CONFIG GET save and appendonly"
        yield fact("persistence", None if rdb is None and log is None else {"snapshots": rdb, "append_only_file": log}, how, f"{_INFO} +config|get")
        if rdb or log:
            yield fact("encrypted_at_rest", {"layer": "file", "algorithm": "none"}, f"{how}: Redis writes its files in clear")
        elif rdb is False and log is False:
            yield fact("encrypted_at_rest", None, how, "an attestation that nothing is written to disk: snapshots and append-only file are off")
        else:
            yield fact("encrypted_at_rest", None, how, f"{_INFO} +config|get, or {_SECRET}")

    def info(self, section: str) -> Mapping[str, Any]:
        """A section of INFO, names to values. Raises SourceError where the user may not ask."""
        return {str(k): v for k, v in self._client.ask("INFO", section).items()}

    def _config(self, name: str) -> str | None:
        try:
            answer = self._client.ask("CONFIG", "GET", name)
        except SourceError:
            return None
        pairs = answer if isinstance(answer, dict) else dict(zip(answer[::2], answer[1::2], strict=True))
        found = {str(_plain(k)): str(_plain(v)) for k, v in pairs.items()}
        return found.get(name)

    def _users(self) -> list[dict[str, Any]]:
        """name, on, nopass, keys, privileges and all (whether every command on every key is open) of each user; its hashes are dropped here."""
        out = []
        for line in self._client.ask("ACL", "LIST"):
            words = str(_plain(line)).split()
            rules = [w for w in words[2:] if w[:1] not in "#<>"]
            sets = [part.split() for part in re.split(r"[()]", " ".join(rules)) if part.strip()]  # the own rules, then selectors
            out.append({
                "name": words[1] if len(words) > 1 else "", "on": "on" in rules, "nopass": "nopass" in rules,
                "keys": [w for s in sets for w in s if w[:1] in "~%"], "privileges": [w for s in sets for w in s if w[:1] in "+-"],
                "all": any(_all(s) for s in sets),
            })  # fmt: skip
        return out


def _all(rules: list[str]) -> bool:
    """Of one set of rules: every command on every key, or the command that gives rights to oneself. The later rule counts."""
    every = read = give = False
    for word in rules:
        on, what = word[:1] == "+", word[1:]
        if word[:1] in "+-" and what in {"@all", "@read", "@admin", "@dangerous", "acl", "acl|setuser"}:
            every = on if what == "@all" else every
            read = on if what in {"@all", "@read"} else read
            give = on if what != "@read" else give
    return give or (every and read and bool({"~*", "allkeys", "%R~*", "%RW~*"} & set(rules)))


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
