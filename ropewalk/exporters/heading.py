"""The head of an export: where it comes from, the same from the command line and from a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ropewalk import views
from ropewalk.ropa import digest

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import Config
    from ropewalk.policy import Pack


def about(config: Config, frames: Mapping[str, pd.DataFrame], chain: tuple[int, str], policy: Pack | None = None) -> dict[str, str]:
    """Whose, when, by which policy and record, and the head of the evidence chain.

    frames: `results` and `scans`; chain: the number and hash of its last entry; policy: where it is not that of the last check.
    """
    results, (sequence, last) = frames["results"], chain
    head = {"company": config.settings.company, "as of": config.as_of.isoformat(timespec="seconds")}
    if config.settings.as_of is not None:
        head["clock"] = "frozen by the configuration: a sample, or a test"
    if policy is not None:
        head |= {"policy": f"{policy.id} {policy.version}", "policy hash": policy.hash}
        head |= {f"override of {name}": note for name, note in policy.notes.items()}
    elif len(results):
        head |= {"policy": str(results["policy"].iloc[0]), "policy hash": str(results["policy_hash"].iloc[0])}
        said = {r: d["override"] for r, d in zip(results["requirement"], results["details"], strict=True) if d and d.get("override")}
        head |= {f"override of {name}": str(note) for name, note in said.items()}
    head["looked at"] = views.last_look(frames["scans"], results)
    head["not judged yet"] = views.unjudged_scan(results, frames["scans"])
    head["ropa.yaml sha256"] = digest(config) or "no such file"
    head["evidence head"] = f"{sequence}:{last}" if sequence else "empty"
    return {k: v for k, v in head.items() if v}
