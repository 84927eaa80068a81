"""`ropewalk alarms`: whether the channels work, and what was said."""

from __future__ import annotations

from typing import Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError

alarms = typer.Typer(help="Alarms: what changed, said once, to the channels that the configuration names.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(alarms, name="alarms", rich_help_panel="Watch")


def raise_and_tell(run: State) -> None:
    """Raises alarms; a channel that fails is told of and changes no exit code."""
    config, register = run.config, run.register
    from ropewalk.alarms import raise_alarms, told

    raised = raise_alarms(config, register)
    run.out.say(f"{raised.new} new alarm{'' if raised.new == 1 else 's'}." if raised.new else "No new alarm.", *told(raised.deliveries))
    if raised.new and not config.settings.alarms.channels:
        run.out.say("No channel is configured (docs/tasks/alarms.md); see them with: ropewalk alarms list")


@alarms.command("test")
def _test(context: typer.Context) -> None:
    """Send a test alarm through every channel; exit code 3 if one fails."""
    run = state(context)
    config = run.config
    from ropewalk.alarms import told, try_channels

    if not config.settings.alarms.channels:
        raise ConfigError("no channel is configured", where=str(config.path), mend="name one under alarms.channels (docs/tasks/alarms.md)")
    deliveries = try_channels(config)
    run.out.say(*told(deliveries))
    raise typer.Exit(3 if any(d.error or d.note for d in deliveries) else 0)


@alarms.command("list")
def _list(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", help="Show so many; 0 shows all.", min=0)] = 50,
    form: FormatOption = Format.table,
) -> None:
    """Show the alarms, newest first, and which channel took them."""
    run = state(context)
    from ropewalk.views import watch

    kept = run.register.frame("alarms")
    every = watch.alarms(kept) if form is Format.table else kept.iloc[::-1].reset_index(drop=True)
    frame = every.head(limit) if limit else every
    columns = (Column("at"), Column("severity"), Column("title", ratio=3), Column("deliveries", ratio=1))
    run.out.show(frame, columns, form, title="Alarms", nothing="No alarm was raised yet. `ropewalk check --alarm` raises them.")
    if len(frame) < len(every):
        run.out.say(f"The newest {len(frame)} of {len(every)}; --limit 0 shows all.")
