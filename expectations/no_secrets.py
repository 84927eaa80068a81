"""No credential lies in data, files or logs (policy clause 2.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import by_dataset, field_paths, named, unread, verdict
from ropewalk.judging.lookup import records
from ropewalk.model import Category, ControlResult, Status


class NoSecrets:
    control = "no_secrets"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context, datasets=True)
        yield from unread(context, logs=True, datasets=True)
        found = by_dataset([r for r in records(context.findings) if _entities(r)])
        for (source, dataset), rows in found.items():
            kinds = sorted({e for r in rows for e in _entities(r)})
            reason = f"credentials in {named([r['path'] for r in rows])}: {', '.join(k.replace('_', ' ').lower() for k in kinds)}"
            yield verdict(context, f"{source}/{dataset}", Status.FAIL, reason, checked=len(field_paths(context, source, dataset)), failed=len(rows))
        for source in sorted(set(context.datasets["source"])):
            datasets = context.datasets[context.datasets["source"] == source]
            clean = f"{len(datasets)} dataset{'s' if len(datasets) != 1 else ''}"
            if not any(s == source for s, _ in found):
                reason = f"no credential seen in what was looked at of {clean}"
                yield verdict(context, source, Status.PASS, reason, checked=len(datasets), coverage=f"sample of {clean}")


def _entities(row: Mapping[str, Any]) -> list[str]:
    """The kinds of credential seen in a field, the lesser ones too."""
    own = [str(row["entity"])] if row["category"] == Category.CREDENTIAL else []
    also = row["also"] if isinstance(row["also"], (list, tuple)) else []
    return own + [str(a["entity"]) for a in also if a["category"] == Category.CREDENTIAL]
