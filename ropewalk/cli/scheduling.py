"""`ropewalk schedule`: runs scans and checks when they are due, and tells what ran."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, state

schedule = typer.Typer(help="Scans and checks on a schedule, by one runner.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(schedule, name="schedule", rich_help_panel="Watch")


@schedule.command("run")
def _run(context: typer.Context) -> None:
    """Run what is due until stopped; exit code 2 if another runner is at it, and it says who."""
    run = state(context)
    config, register = run.config, run.register
    from ropewalk.schedule import Runner

    Runner(config, register, run.out.say).run()
    run.out.say("Stopped.")


@schedule.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show each job, when it is due next, and how its last run ended."""
    run = state(context)
    config, register = run.config, run.register
    from ropewalk.schedule import LEASE, jobs, next_due
    from ropewalk.views import watch

    holder, lines = register.duties.holder(LEASE), jobs(config)
    upcoming = {job: next_due(config, job, datetime.now(UTC)) for job in lines}
    frame = watch.schedule(lines, upcoming, register.frame("runs")).assign(timezone=config.settings.schedule.timezone, runner=holder)
    columns = (
        Column("job"),
        Column("cron"),
        Column("timezone"),
        Column("next", "next (UTC)"),
        Column("last", "last (UTC)"),
        Column("state"),
    )
    run.out.show(
        frame, columns, form, title="Schedule", nothing="Nothing is scheduled: set schedule.scan and schedule.check (docs/tasks/schedule.md)."
    )
    if form is Format.table and len(frame):
        run.out.say(f"The runner is {holder}." if holder else "No runner is at it: start `ropewalk schedule run`.")


@schedule.command("history")
def _history(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", help="Show so many; 0 shows all.", min=0)] = 50,
    form: FormatOption = Format.table,
) -> None:
    """Show the runs, newest first, with those that were missed, overlapped or lost."""
    run = state(context)
    from ropewalk.views import watch

    kept = run.register.frame("runs")
    every = watch.runs(kept) if form is Format.table else kept.iloc[::-1].reset_index(drop=True)
    frame = every.head(limit) if limit else every
    columns = (
        Column("job"),
        Column("due", "due (UTC)"),
        Column("started_at", "began (UTC)"),
        Column("seconds", number=True),
        Column("state"),
        Column("exit_code", "exit", number=True),
        Column("detail", ratio=1),
    )
    shown = frame
    if form is Format.table:
        shown = frame.assign(exit_code=frame["exit_code"].astype("string").fillna(""), seconds=frame["seconds"].astype("string").fillna(""))
    run.out.show(shown, columns, form, title="Runs", nothing="Nothing ran yet: ropewalk schedule run, or ropewalk check --once")
    if len(frame) < len(every):
        run.out.say(f"The newest {len(frame)} of {len(every)}; --limit 0 shows all.")
