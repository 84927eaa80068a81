"""`ropewalk findings`: where personal data lies, how sure that is, why, and what changed since the last scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli import deciding
from ropewalk.cli.heading import about
from ropewalk.cli.render import Column, Format, clean
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

findings = typer.Typer(help="Where personal data lies, how sure that is, and why.", invoke_without_command=True)
_SIGNS = {"for": "+", "against": "−", "": "·"}
UNSCANNED = "Nothing was scanned yet. Run `ropewalk scan`."


def add_to(app: typer.Typer) -> None:
    deciding.add_to(findings)
    app.add_typer(findings, name="findings", rich_help_panel="Look")


@findings.callback()
def _findings(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Option("--source", help="Only this source; may be given several times.")] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="Only this category (email, phone, …); several times.")] = None,
    min_confidence: Annotated[float, typer.Option("--min-confidence", min=0, max=1, help="Only findings at least this sure.")] = 0.0,
    text: Annotated[str, typer.Option("--text", help="Only where all these words occur in the field, category or explanation.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also fields in which nothing personal was found.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why, for each finding.")] = False,
    form: FormatOption = Format.table,
) -> None:
    """List the fields that hold personal data, by dataset, the surest first; exit code 3 if no field was looked at yet."""
    if context.invoked_subcommand:
        return
    from ropewalk import views
    from ropewalk.model import Category

    run = state(context)
    for name in source or ():
        run.config.source_config(name)
    if wrong := sorted(set(category or ()) - {c.value for c in Category}):
        known = ", ".join(c.value for c in Category)
        raise ConfigError(f"there is no category {', '.join(wrong)}", where="--category", mend=f"use one of: {known}")
    fields = run.register.frame("fields")
    frame = views.findings(fields, source=source, category=category, min_confidence=min_confidence, text=text, everything=everything)
    nothing = "No finding matches."
    if fields.empty:
        nothing = UNSCANNED if run.register.frame("scans").empty else "No field could be read yet: `ropewalk sources list` says why."
    if explain and form is Format.table and len(frame):
        _explained(run, frame, fields)
        return
    columns = (
        Column("path", "field", ratio=5),
        Column("what", "personal data", ratio=3),
        Column("confidence", "sure", number=True),
        Column("share", "of cells", number=True),
        Column("strength"),
        Column("evidence", "told by", ratio=3),
    )
    if form is Format.table:
        frame = frame.assign(place=frame["source"] + "/" + frame["dataset"]).sort_values("place", kind="stable")
    run.out.show(frame, columns, form, title="Personal data found", head=about(run), nothing=nothing, group="place")
    if form is Format.table and len(frame):
        where = f"{counted(frame['place'].nunique(), 'dataset')} of {counted(frame['source'].nunique(), 'source')}"
        run.out.say(f"{counted(len(frame), 'field')} in {where}. Why: ropewalk findings --explain")
    if fields.empty:
        raise typer.Exit(3)


def _explained(run: State, frame: pd.DataFrame, fields: pd.DataFrame) -> None:
    from rich.text import Text

    from ropewalk import views

    for row in frame.to_dict("records"):
        head = Text(clean(str(row["field"])), style="bold").append(f"  {row['what']}, sure {row['confidence']:.2f}", style="not bold")
        run.out.data.print(head)
        seen = (
            "every cell was read" if row["method"] == "full" else f"what was not seen is in at most {row['bound']:.1%} of the cells ({row['method']})"
        )
        lines = [f"{row['matched']} of {row['sampled']} cells match; {seen}"]
        lines += [f"{_SIGNS[s['speaks']]} {s['words']}" for s in views.explain(fields, row["field"]).to_dict("records")]
        lines += [f"shapes of values: {row['shapes']}"] if row["shapes"] else []
        lines += [f"marketplace API: {row['lineage']}"] if row["lineage"] else []
        lines += [f"also seen: {row['also']}"] if row["also"] else []
        lines += [f"a steward's word: {row['decision']}"] if row["decision"] else []
        for line in lines:
            run.out.indented(line, 4)
        run.out.data.print()


@findings.command("diff")
def _diff(
    context: typer.Context,
    before: Annotated[str | None, typer.Option("--from", help="The earlier scan's id; else the last but one.")] = None,
    after: Annotated[str | None, typer.Option("--to", help="The later scan's id; else the last one.")] = None,
    form: FormatOption = Format.table,
) -> None:
    """Show what is new, gone, renamed or changed between two scans."""
    from ropewalk import views

    run = state(context)
    scans = views.last_scans(run.register.frame("scans"), limit=10_000)
    finished = [str(s) for s in scans.loc[scans["finished_at"].notna(), "scan_id"]]
    for wanted in (before, after):
        if wanted is not None and wanted not in finished:
            raise ConfigError(
                f"no finished scan is called {wanted}", where="command line", mend=f"the last ones: {', '.join(finished[:5]) or 'none'}"
            )
    if len(finished) < 2 and (before is None or after is None):
        run.out.say("There is only one scan, so nothing to compare with yet." if finished else UNSCANNED)
        raise typer.Exit(0 if finished else 3)
    old, new = before or finished[1], after or finished[0]
    frame = views.findings_diff(*(run.register.frame("fields", scan_id=scan_id) for scan_id in (old, new)))
    columns = (Column("change"), Column("field", ratio=5), Column("what", "personal data", ratio=4))
    run.out.show(frame, columns, form, title=f"Findings, {old} to {new}", nothing=f"Nothing changed from scan {old} to scan {new}.")
