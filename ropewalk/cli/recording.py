"""`ropewalk ropa`: the record of processing, its drift, its export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.render import STYLE, Column, Format, clean
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.model import ProcessingActivity

ropa = typer.Typer(help="The record of processing: what is declared, joined with what was found.", invoke_without_command=True)
STATES = ("observed", "undeclared", "declared")


def add_to(app: typer.Typer) -> None:
    app.add_typer(ropa, name="ropa", rich_help_panel="Record")


def activities(state: State) -> list[ProcessingActivity]:
    """The record as of the configuration's clock."""
    from ropewalk.ropa import declared, record

    register = state.register
    frames = {name: register.frame(name) for name in ("fields", "facts", "results", "skipped", "evidence")}
    return record(declared(state.config), frames, state.config.as_of, sources=state.config.sources())


@ropa.callback()
def _ropa(
    context: typer.Context,
    only: Annotated[str | None, typer.Option("--state", help="Only rows that are observed, undeclared or declared.")] = None,
    export: Annotated[str | None, typer.Option("--export", help="Write the whole record as csv, json or markdown.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; without it, the export goes to the screen.")] = None,
    form: FormatOption = Format.table,
) -> None:
    """Show the record of processing, or export it for an auditor."""
    if context.invoked_subcommand:
        return
    from ropewalk import views
    from ropewalk.cli.heading import about, write

    run = state(context)
    if only is not None and only not in STATES:
        raise ConfigError(f"{only!r} is no state of a row", where="--state", mend=f"use one of: {', '.join(STATES)}")
    if out is not None and export is None:
        raise ConfigError("--out needs --export", where="command line", mend="add --export csv, json or markdown")
    frame = views.record(activities(run), only)
    if export is not None:
        write(run, frame, export, out, title="Record of processing activities")
        return
    columns = (
        Column("path", "field", ratio=5),
        Column("what", "personal data", ratio=3),
        Column("state"),
        Column("activity", ratio=3),
        Column("disposal_rule", "goes", ratio=3),
    )
    if form is Format.table and len(frame):
        frame = views.placed(frame, run.register.frame("datasets")).sort_values("place", kind="stable")
    nothing = "No personal field is known. Run `ropewalk scan`, and declare your processing in ropa.yaml (docs/ropa.md)."
    run.out.show(frame, columns, form, title="Record of processing activities", head=about(run), nothing=nothing, group="place")
    if form is Format.table and len(frame):
        count = frame["state"].value_counts()
        run.out.say(f"{counted(len(frame), 'row')}: " + ", ".join(f"{int(count.get(s, 0))} {s}" for s in STATES) + ". Next: ropewalk ropa drift")


@ropa.command("drift")
def _drift(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show where the record and the stores disagree; exit code 1 if they do, 3 if a source is not known as it stands now."""
    from ropewalk import views
    from ropewalk.cli.heading import about
    from ropewalk.cli.stores import sources_frame

    run = state(context)
    frame, unread, blind = views.drift(activities(run)), views.unread(sources_frame(run)), run.register.frame("fields").empty
    nothing = "No drift: what is declared and what was found agree" + (" in what was read." if unread else ".")
    if blind:
        nothing = "No field was looked at yet, so drift is unknown. Run `ropewalk scan`."
    if form is Format.table and len(frame):
        _tell(run, frame)
    else:
        run.out.show(frame, (), form, title="Drift of the record", head=about(run), nothing=nothing)
    if unread and form is Format.table:
        run.out.say(f"{unread} (`ropewalk sources list`).")
    raise typer.Exit(1 if len(frame) else 3 if unread or blind else 0)


def _tell(run: State, frame: pd.DataFrame) -> None:
    """Under each disagreement and its mend, the fields that it concerns."""
    from rich.text import Text

    for (drift, reason, mend), own in frame.groupby(["drift", "reason", "mend"], sort=False):
        run.out.data.print(Text(str(drift), style=STYLE.get(str(drift), "yellow")).append(f"  {clean(str(reason))}", style="default"))
        run.out.indented(f"mend: {mend}", 2)
        for row in own.to_dict("records"):
            notes = [str(row[k]) for k in ("what", "activity") if row[k]]
            run.out.indented("  ".join(p for p in (str(row["field"]), f"({', '.join(notes)})" if notes else "") if p), 4)
        run.out.data.print()
    count = frame["drift"].value_counts()
    run.out.say(", ".join(f"{n} {kind}" for kind, n in count.items()) + ".")
