"""`ropewalk export`: any table of the register as a file, with a head that tells where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.heading import write
from ropewalk.cli.state import State, state
from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

WHAT = ("posture", "verdicts", "findings", "ropa", "drift", "sources", "skipped", "attestations", "exceptions", "tags")


def add_to(app: typer.Typer) -> None:
    app.command("export", rich_help_panel="Record")(_export)


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
