"""`ropewalk export`: any table of the register as a file, with a head that tells where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.state import State, state
from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.policy import Pack

WHAT = ("posture", "verdicts", "findings", "ropa", "drift", "sources", "skipped", "attestations", "exceptions", "tags")


def add_to(app: typer.Typer) -> None:
    app.command("export", rich_help_panel="Record")(_export)


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
    run.out.say(f"Wrote {out}: {title.lower()}, {len(frame)} rows.")


def _export(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help=f"One of: {', '.join(WHAT)}.")],
    to: Annotated[str, typer.Option("--to", help="csv, json or markdown; of tags also datahub, openmetadata or openlineage.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; without it, the screen.")] = None,
) -> None:
    """Write a table of the register as CSV, JSON or Markdown."""
    run = state(context)
    if what not in WHAT:
        raise ConfigError(f"there is nothing called {what!r} to export", where="command line", mend=f"use one of: {', '.join(WHAT)}")
    title, frame = _frame(run, what)
    write(run, frame, to, out, title=title, what=what)


def _frame(run: State, what: str) -> tuple[str, pd.DataFrame]:
    from ropewalk import views
    from ropewalk.cli.policies import policy_frame
    from ropewalk.cli.recording import activities
    from ropewalk.cli.stores import sources_frame

    frame = run.register.frame
    if what == "posture":
        return "Posture by clause", views.posture(standing(run), policy_frame(run))
    if what == "verdicts":
        return "Verdicts of the last check", views.subjects(standing(run))
    if what == "findings":
        return "Personal data found", views.findings(frame("findings"))
    if what == "ropa":
        return "Record of processing activities", views.record(activities(run))
    if what == "drift":
        return "Drift of the record", views.drift(activities(run))
    if what == "sources":
        return "Sources", sources_frame(run)
    if what == "tags":
        from ropewalk.tags.catalogue import tags_frame

        return "Personal fields for data catalogues", tags_frame(run.config, run.register)
    if what == "skipped":
        return "What was not looked at", views.skipped(frame("skipped"))
    if what == "exceptions":
        return "Exceptions", views.exceptions(frame("exceptions"), frame("results"), run.config.as_of)
    from ropewalk.cli.attesting import attestations_frame

    return "Attestations", attestations_frame(run)


def standing(run: State) -> pd.DataFrame:
    """The verdicts of the last check as they stand now: stale where the policy has changed since, excused where an exception holds."""
    from ropewalk import views
    from ropewalk.cli.policies import policy_frame

    frame = run.register.frame
    return views.standing(frame("results"), policy_frame(run), frame("exceptions"), run.config.as_of)
