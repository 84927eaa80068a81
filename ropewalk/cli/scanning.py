"""`ropewalk scan`: looks at the sources, with progress on stderr, and tells what was found and what was not looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ropewalk.cli.render import Column, Format, clean, seconds
from ropewalk.cli.state import AsOfOption, FormatOption, State, state
from ropewalk.plurals import counted

if TYPE_CHECKING:
    from ropewalk.scan import ScanReport


def add_to(app: typer.Typer) -> None:
    app.command("scan", rich_help_panel="Look")(_scan)


def _scan(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be given several times.")] = None,
    dataset: Annotated[list[str] | None, typer.Option("--dataset", help="Only datasets that match this glob; several times.")] = None,
    exhaustive: Annotated[bool, typer.Option("--exhaustive", help="Read every row, not a sample.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read unchanged datasets again.")] = False,
    resume: Annotated[bool, typer.Option("--resume/--no-resume", help="Go on with a scan that was stopped.")] = True,
    as_of: AsOfOption = None,
    form: FormatOption = Format.table,
) -> None:
    """Look at every source and record what it holds; exit code 3 if a source or a dataset could not be read, or the scan was stopped."""
    run = state(context).at(as_of)
    for name in source or ():
        run.config.source_config(name)
    report = scan_and_tell(run, form, sources=source, datasets=dataset, exhaustive=exhaustive, full=full, resume=resume)
    raise typer.Exit(report.exit_code)


def scan_and_tell(run: State, form: Format = Format.table, *, show: bool = True, **options: Any) -> ScanReport:
    """Scans and prints a line a source, or nothing on stdout without `show`."""
    config = run.config
    from ropewalk import views
    from ropewalk.scan import scan

    with _bar(run) as moved:
        report = scan(config, run.register, on_progress=moved, **options)
    frame = run.register.frame
    shown = views.sources(run.config.sources(), frame("datasets"), frame("findings"), frame("skipped"), frame("last_units"))
    columns = (
        Column("source"),
        Column("state"),
        Column("datasets", number=True),
        Column("fields", number=True),
        Column("personal_fields", "personal", number=True),
        Column("skipped", "left out", number=True),
        Column("detail", ratio=1),
    )
    if show:
        run.out.show(shown, columns, form, title="Scan")
    left = int(shown["skipped"].sum())
    if form is Format.table:
        again = f", {report.unchanged} of them unchanged since they were read{_since(shown)}" if report.unchanged else ""
        took_up = "An earlier scan was taken up. " if report.resumed else ""
        rows = counted(report.rows, "row")
        run.out.say(f"{took_up}Scan {report.status}: {report.done} of {report.units} datasets{again}; {rows} in {seconds(report.seconds)}.")
    if report.unread:
        what = counted(report.unread, "dataset")
        run.out.say(f"{what} could not be read, and what is in there is unknown: mend it and scan again, or leave it out with `exclude`.")
    if form is Format.table and left:
        run.out.say(f"{left} left out: ropewalk export skipped --to markdown says what and why.")
    return report


def _since(shown: Any) -> str:
    """When the oldest look that was taken over was made."""
    days = shown["oldest_read"].dropna()
    return f" (the oldest on {min(days):%Y-%m-%d})" if len(days) else ""


@contextmanager
def _bar(run: State) -> Iterator[Callable[[Any], None]]:
    """A progress bar on a terminal; a quiet line a source elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from ropewalk.views.words import byte_words

    words = "{task.description}"
    speed = TextColumn("{task.fields[speed]}", markup=False)
    clocks = (TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    parts = (TextColumn(words, markup=False), BarColumn(20), MofNCompleteColumn(), speed, *clocks)
    with Progress(*parts, console=run.out.words, transient=True, disable=not run.out.words.is_terminal) as bar:
        task = bar.add_task("listing datasets", total=None, speed="")

        def moved(event: Any) -> None:
            bar.update(
                task,
                completed=event.done,
                total=event.total or None,
                description=clean("/".join(p for p in (event.source, event.dataset) if p))[-48:],
                speed=f"{event.rate:,.0f} rows/s, {byte_words(event.bytes / event.seconds if event.seconds else 0)}/s",
            )

        yield moved
