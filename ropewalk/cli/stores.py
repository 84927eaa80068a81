"""`ropewalk sources`: which stores are configured, whether they can be read, and which rights a scan needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import RopewalkError

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.contracts import Connector
    from ropewalk.model import Source

sources = typer.Typer(help="The stores that the configuration names.", no_args_is_help=True)
NameArgument = Annotated[list[str] | None, typer.Argument(help="Names of sources; without one, all of them.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(sources, name="sources", rich_help_panel="Look")


def sources_frame(run: State) -> pd.DataFrame:
    from ropewalk import views

    frame = run.register.frame
    return views.sources(run.config.sources(), frame("datasets"), frame("findings"), frame("skipped"), frame("last_units"))


def chosen(run: State, names: list[str] | None) -> list[Source]:
    """Enabled sources by name. Raises ConfigError naming the known ones."""
    for name in names or ():
        run.config.source_config(name)
    return [s for s in run.config.sources() if not names or s.name in names]


def connector(run: State, source: Source) -> Connector:
    from ropewalk.policy import plugins_of

    return plugins_of(run.config).connector(source.scheme, f"source {source.name}")(source, run.config.settings.limits)


@sources.command("list")
def _list(context: typer.Context, form: FormatOption = Format.table) -> None:
    """Show every source: its state, what was found in it, when it was last scanned."""
    run = state(context)
    columns = (
        Column("source"),
        Column("state"),
        Column("owner", ratio=1, cut=True),
        Column("datasets", number=True),
        Column("fields", number=True),
        Column("personal_fields", "personal", number=True),
        Column("skipped", "left out", number=True),
        Column("last_scan", "last scan"),
    )
    run.out.show(sources_frame(run), columns, form, title="Sources")


@sources.command("test")
def _test(context: typer.Context, names: NameArgument = None, form: FormatOption = Format.table) -> None:
    """Reach each source as a scan would: is it there, is it read-only, which rights are missing? Exit code 3 if one fails."""
    import pandas as pd

    run = state(context)
    rows: list[dict[str, object]] = []
    for source in chosen(run, names):
        try:
            store = connector(run, source)
            try:
                rows += [{"source": source.name, "check": c.name, "ok": c.ok, "detail": c.detail, "mend": c.mend} for c in store.test()]
            finally:
                store.close()
        except RopewalkError as error:
            rows.append({"source": source.name, "check": "open", "ok": False, "detail": error.what, "mend": error.mend})
    frame = pd.DataFrame(rows, columns=["source", "check", "ok", "detail", "mend"], dtype=object)
    if form is Format.table:
        frame["ok"] = frame["ok"].map({True: "✓ yes", False: "✗ no"}).fillna("? unknown")
    columns = (Column("source", ratio=2), Column("check", ratio=2), Column("ok"), Column("detail", ratio=5), Column("mend", ratio=4))
    run.out.show(frame, columns, form, title="Test of the sources")
    raise typer.Exit(3 if any(r["ok"] is False for r in rows) else 0)


@sources.command("grants")
def _grants(context: typer.Context, names: NameArgument = None) -> None:
    """Print, for each source, the script that gives a scan the least rights it needs."""
    run = state(context)
    for source in chosen(run, names):
        run.out.data.file.write(f"-- {source.name}\n{connector(run, source).least_privilege().rstrip()}\n\n")
