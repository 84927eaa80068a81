"""Names of accounts that belong to nobody in particular: shared, default or generic (policy clause 1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable

_GENERIC = re.compile(
    r"^(?:admin(?:istrator)?|root|sa|sys|system|dba?|postgres|mysql|mariadb|user|users|guest|test(?:er|user)?|demo|default|shared|common|team|"
    r"public|anonymous|temp|tmp|dev(?:elopers?)?|ops|support|app|application|web|www|service|backup|master|super(?:user)?)[_\-.]?\d{0,3}$",
    re.I,
)


def generic(names: Iterable[str]) -> list[str]:
    """Those of the names that are generic, sorted; an empty name is an anonymous account."""
    return sorted({n or "(anonymous)" for n in names if not n or _GENERIC.match(n)})
