"""`ropewalk tag`: writes what was found back to the stores, as comments of columns and tags of objects, and takes it out again."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError, RopewalkError

if TYPE_CHECKING:
    from ropewalk.model import Source
    from ropewalk.tags import Change, Result

tag = typer.Typer(help="Provenance and classification as comments and tags in the stores themselves.", no_args_is_help=True)
COLUMNS = ("source", "dataset", "column", "action", "objects", "tag", "was", "basis", "reason", "mend")
_NAMED = 6
"""Of so many comments or tags that fail alike the names are printed; the rest is counted."""

NamesArgument = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names of sources; without one, all of them.")]
NameArgument = Annotated[str, typer.Argument(metavar="SOURCE", help="The source to write to.")]
DatasetOption = Annotated[list[str] | None, typer.Option("--dataset", help="Only datasets that match this glob; several times.")]
TrustOption = Annotated[bool, typer.Option("--trust-lineage", help="Also write the origin where fields only look like the marketplace API's.")]
AllOption = Annotated[bool, typer.Option("--all", help="Show also what is tagged already.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Write, without asking for the source's name.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who does this; else the name of the user who runs it.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(tag, name="tag", rich_help_panel="Record")


@tag.command("plan")
def _plan(
    context: typer.Context, names: NamesArgument = None, dataset: DatasetOption = None, trust_lineage: TrustOption = False,
    everything: AllOption = False, form: FormatOption = Format.table,
) -> None:  # fmt: skip
    """Show which tags would be written where; reads with the scan's own account and writes nothing."""
    run = state(context)
    from ropewalk.cli.stores import chosen
    from ropewalk.tags import plan
    from ropewalk.tags.targets import look

    changes: list[Change] = []
    failed = False
    for source in chosen(run, names):
        try:
            changes += plan(run.config, run.register, source, _opener(look, run, source), globs=dataset or (), trust_lineage=trust_lineage)
        except RopewalkError as error:
            failed = True
            changes.append(_problem(source, error))
    _show(run, changes, form, everything)
    if form is Format.table:
        _sum(run, changes, "Nothing was written: ropewalk tag apply SOURCE does.")
    raise typer.Exit(3 if failed else 0)


@tag.command("apply")
def _apply(
    context: typer.Context, name: NameArgument, dataset: DatasetOption = None, trust_lineage: TrustOption = False, yes: YesOption = False,
    by: ByOption = None, form: FormatOption = Format.table,
) -> None:  # fmt: skip
    """Write the tags of a source with the account of `tag:`, once you confirm; exit code 3 if some could not be written."""
    from ropewalk.tags import plan

    def planned(run: State, source: Source, opener: Callable[[], Any]) -> list[Change]:
        return plan(run.config, run.register, source, opener, globs=dataset or (), trust_lineage=trust_lineage)

    _write(state(context), name, planned, yes, by, form, undo=False)


@tag.command("revert")
def _revert(
    context: typer.Context, name: NameArgument, dataset: DatasetOption = None, yes: YesOption = False, by: ByOption = None,
    form: FormatOption = Format.table,
) -> None:  # fmt: skip
    """Take every tag of ours out of a source again; comments and tags of others stay as they were, to the byte."""
    from ropewalk.tags import reversal

    def planned(run: State, source: Source, opener: Callable[[], Any]) -> list[Change]:
        return reversal(run.register, source, opener, globs=dataset or ())

    _write(state(context), name, planned, yes, by, form, undo=True)


@tag.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show what was written and taken out: when, by whom, which tag."""
    import pandas as pd

    from ropewalk.tags.run import BEGUN, EVIDENCE

    run = state(context)
    frame = run.register.frame("evidence")
    at = dict(zip(frame["sequence"], frame["at"], strict=True))
    places = {n: r["place"] for n, r in run.register.evidence_of(BEGUN)}
    rows = [{"entry": n, "at": at[n], **r, "place": places.get(r["run"], "")} for n, r in run.register.evidence_of(EVIDENCE)]
    names = ["entry", "at", "by", "subject", "action", "tag", "was", "written", "failed", "reason", "place", "before", "after", "run"]
    columns = (
        Column("entry", number=True),
        Column("at"),
        Column("by"),
        Column("action"),
        Column("subject", ratio=2),
        Column("tag", ratio=3),
        Column("failed", number=True),
    )
    run.out.show(pd.DataFrame(rows, columns=names), columns, form, title="Tags written", nothing="No tag was ever written.")


def _opener(how: Callable[..., Any], run: State, source: Source) -> Callable[[], Any]:
    return lambda: how(run.config, source)


def _write(
    run: State, name: str, planned: Callable[[State, Source, Callable[[], Any]], list[Change]], yes: bool, by: str | None, form: Format, *, undo: bool
) -> None:
    from ropewalk.cli.stores import chosen
    from ropewalk.tags import carry_out
    from ropewalk.tags.targets import writer

    run.config.source_config(name)
    source = next(iter(chosen(run, [name])), None)
    if source is None:
        raise ConfigError("this source is disabled", where=name, mend="set enabled: true in ropewalk.yaml")
    open_store = _opener(writer, run, source)
    changes = planned(run, source, open_store)
    todo = [c for c in changes if c.writes]
    if form is Format.table or not todo:
        _show(run, changes, form, everything=False)
    _sum(run, changes, "")
    if not todo:
        run.out.say("Nothing to write.")
        raise typer.Exit(3 if any(c.action == "cannot" for c in changes) else 0)
    if not yes and not _confirmed(run, name, open_store, undo):
        raise ConfigError("nothing was written", where=f"tag {'revert' if undo else 'apply'}", mend=f"type {name} when asked, or say --yes")
    who, results = by or getpass.getuser(), []
    with run.out.spinner("writing") as moved:
        for result in carry_out(run.register, changes, open_store, by=who, at=run.config.as_of, undo=undo):
            results.append(result)
            moved(result.change.subject)
    _told(run, results, form)


def _confirmed(run: State, name: str, open_store: Callable[[], Any], undo: bool) -> bool:
    if not sys.stdin.isatty():
        return False
    store = open_store()
    place = store.place
    store.close()
    run.out.say(f"This {'changes' if undo else 'writes to'} {place}. Type the name of the source to go on.")
    return input(f"{name}? ").strip() == name


def _told(run: State, results: list[Result], form: Format) -> None:
    written, failed = sum(r.written for r in results), sum(r.failed for r in results)
    if form is not Format.table:
        import pandas as pd

        rows = [{**_row(r.change), "written": r.written, "failed": r.failed, "reason": r.reason, "mend": r.mend} for r in results]
        run.out.show(pd.DataFrame(rows, columns=[*COLUMNS, "written", "failed"]), (), form, title="Tags")
    alike: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.failed:
            alike.setdefault((result.reason, result.mend), []).append(result)
    for (reason, mend), own in alike.items():
        names, more = ", ".join(r.change.subject for r in own[:_NAMED]), len(own) - _NAMED
        many = f" and {more} more" if more > 0 else ""
        run.out.say(f"{names}{many}: {sum(r.failed for r in own)} not written: {reason}", style="bold red")
        run.out.say(f"  mend:  {mend}")
    run.out.say(f"{written} written, {failed} failed. Recorded in the evidence chain; `ropewalk scan` and `check` see it next time.")
    raise typer.Exit(3 if failed else 0)


def _problem(source: Source, error: RopewalkError) -> Change:
    from ropewalk.tags import Change

    return Change(source.name, "", "", "cannot", reason=error.what, mend=error.mend)


def _row(change: Change) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(change, name) for name in COLUMNS if name != "objects"}
    return {**row, "objects": len(change.spots)}


def _show(run: State, changes: list[Change], form: Format, everything: bool) -> None:
    import pandas as pd

    rows = [_row(c) for c in changes if everything or c.action != "keep" or form is not Format.table]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    if form is Format.table and len(frame):
        frame["where"] = [c.subject for c in changes if everything or c.action != "keep"]
        frame["tag"] = [r["tag"] or (f"takes out {r['was']}" if r["action"] == "remove" else "") for r in frame.to_dict("records")]
        frame["why"] = [": ".join(p for p in (r["reason"] or r["basis"], r["mend"]) if p) for r in frame.to_dict("records")]
    columns = (Column("where", ratio=3), Column("action"), Column("tag", ratio=4), Column("why", ratio=3))
    run.out.show(frame, columns, form, title="Tags", nothing="Nothing to tag: every tag stands where it should, or no personal data was found.")


def _sum(run: State, changes: list[Change], more: str) -> None:
    count = {a: sum(max(len(c.spots), 1) for c in changes if c.action == a) for a in ("add", "change", "remove", "keep", "cannot")}
    words = {"add": "to add", "change": "to change", "remove": "to take out", "keep": "in place", "cannot": "cannot be tagged"}
    told = ", ".join(f"{n} {words[a]}" for a, n in count.items() if n)
    run.out.say(" ".join(p for p in (f"{told}." if told else "", more) if p))
