"""Who a PostgreSQL server lets in without TLS or without a password, by the lines of pg_hba.conf; the first line that fits decides.

Source: PostgreSQL's documentation, "The pg_hba.conf File" and the view `pg_hba_file_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

RULES = "SELECT line_number, type, database, user_name, address, netmask, auth_method, error FROM pg_hba_file_rules ORDER BY 1"
NEEDS = "GRANT SELECT ON pg_hba_file_rules TO …; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO … (in this database)"
_PLAIN = {"host", "hostnossl", "hostnogssenc"}
_NETWORK = _PLAIN | {"hostssl", "hostgssenc"}
_EVERYWHERE = ("0.0.0.0/0", "::/0")
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Doors:
    """Numbers of lines: plain, which let in others than this machine without TLS; trusting, which ask every address for no password."""

    plain: tuple[int, ...]
    trusting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    line: int
    databases: frozenset[str]
    users: frozenset[str]
    networks: tuple[Network, ...]
    names: frozenset[str]
    """Names of hosts, which no network can be compared with."""
    method: str

    def covers(self, other: _Rule, network: Network | str) -> bool:
        """Whether all that `other` lets in from that network or name comes to this rule first."""
        if isinstance(network, str):
            here = network in self.names or len({n.version for n in self.networks if not n.prefixlen}) == 2
        else:
            here = any(n.version == network.version and network.subnet_of(n) for n in self.networks)  # type: ignore[arg-type]
        return here and _within(other.databases, self.databases, "replication") and _within(other.users, self.users, "")


def doors(rows: Iterable[Sequence[object]]) -> Doors | None:
    """Of the rows of `RULES`; None where the file has a mistake, so that the server may run by an older one."""
    plain, trusting = [], []
    before: dict[str, list[_Rule]] = {"plain": [], "any": []}
    for line, kind, databases, users, address, netmask, method, error in rows:
        if error:
            return None
        if kind not in _NETWORK:
            continue
        rule = _Rule(int(str(line)), _names(databases), _names(users), *_places(str(address or ""), str(netmask or "")), str(method))
        outside = [p for p in (*rule.networks, *rule.names) if isinstance(p, str) or not p.is_loopback]
        if kind in _PLAIN:
            if method != "reject" and any(not any(b.covers(rule, p) for b in before["plain"]) for p in outside):
                plain.append(rule.line)
            before["plain"].append(rule)
        world = [n for n in rule.networks if not n.prefixlen]
        if method == "trust" and any(not any(b.covers(rule, n) for b in before["any"]) for n in world):
            trusting.append(rule.line)
        if kind == "host":  # of every kind of connection
            before["any"].append(rule)
    return Doors(tuple(plain), tuple(trusting))


def _within(inner: frozenset[str], outer: frozenset[str], never: str) -> bool:
    """`all` stands for every name but `never`, which must be named itself."""
    return all(name in outer or ("all" in outer and name != never) for name in inner)


def _names(value: object) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, (list, tuple)) else frozenset()


def _places(address: str, netmask: str) -> tuple[tuple[Network, ...], frozenset[str]]:
    """Networks, and names of hosts or `samenet`; `samehost` is this machine."""
    if address == "all":
        return tuple(map(ip_network, _EVERYWHERE)), frozenset()
    if address == "samehost":
        return (ip_network("127.0.0.1/32"), ip_network("::1/128")), frozenset()
    try:
        bits = bin(int(ip_address(netmask or address))).count("1") if netmask else ip_address(address).max_prefixlen
        return (ip_network(f"{address}/{bits}", strict=False),), frozenset()
    except ValueError:
        return (), frozenset({address})
