"""What stands over an export, on the screen or in a file: where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ropewalk.cli.render import many
from ropewalk.cli.state import State
from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.policy import Pack


def about(run: State, policy: Pack | None = None) -> dict[str, str]:
    """The head of every export: whose, when, by which policy and record, and the head of the evidence chain."""
    from ropewalk import views
    from ropewalk.ropa import digest

    results, (sequence, chain, _) = run.register.frame("results"), run.register.evidence_head()
    head = {"company": run.config.settings.company, "as of": run.config.as_of.isoformat(timespec="seconds")}
    if run.config.settings.as_of is not None:
        head["clock"] = "frozen by the configuration: a sample, or a test"
    if policy is not None:
        head |= {"policy": f"{policy.id} {policy.version}", "policy hash": policy.hash}
        head |= {f"override of {name}": note for name, note in policy.notes.items()}
    elif len(results):
        head |= {"policy": str(results["policy"].iloc[0]), "policy hash": str(results["policy_hash"].iloc[0])}
        said = {r: d["override"] for r, d in zip(results["requirement"], results["details"], strict=True) if d and d.get("override")}
        head |= {f"override of {name}": str(note) for name, note in said.items()}
    head["not judged yet"] = views.unjudged_scan(results, run.register.frame("scans"))
    head["ropa.yaml sha256"] = digest(run.config) or "no such file"
    head["evidence head"] = f"{sequence}:{chain}" if sequence else "empty"
    return {k: v for k, v in head.items() if v}


def write(run: State, frame: pd.DataFrame, export: str, out: Path | None, *, title: str, what: str = "") -> None:
    """The frame to a file, or to stdout. Raises ConfigError where the file cannot be written."""
    from ropewalk.exporters import render

    text = render(frame, export, title=title, head=about(run), what=what)
    if out is None:
        run.out.data.file.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(out), mend="name a folder that exists and is yours") from None
    run.out.say(f"Wrote {out}: {title.lower()}, {many(len(frame), 'row')}.")
