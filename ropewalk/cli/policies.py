"""`ropewalk policy`: the policy pack as it is applied here, what a change of it changes, and whether it is sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, state
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.plugins import Plugins
    from ropewalk.policy import Pack

policy = typer.Typer(help="The policy: its clauses, requirements and limits, as they apply here.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(policy, name="policy", rich_help_panel="Judge")


def policy_frame(run: State) -> pd.DataFrame:
    config = run.config
    from ropewalk import views
    from ropewalk.policy import load_policy

    return views.policy_frame(load_policy(config))


@policy.command("show")
def _show(
    context: typer.Context,
    clause: Annotated[list[str] | None, typer.Option("--clause", help="Only this clause (2.1); may be given several times.")] = None,
    form: FormatOption = Format.table,
) -> None:
    """Show every requirement with its limits, and where your configuration overrides them."""
    run = state(context)
    config = run.config
    from ropewalk import views
    from ropewalk.policy import load_policy

    pack = load_policy(config)
    chosen = {r.id: r for r in pack.narrowed(clause)}
    frame = views.policy_frame(pack)
    if clause:
        frame = frame[frame["requirement"].isin(list(chosen))]
    limits = [", ".join(f"{k} {v}" for k, v in chosen[i].params.items()) if i in chosen else "" for i in frame["requirement"]]
    frame = frame.assign(limits=limits, evidence=[pack.evidence.get(i, "") for i in frame["requirement"]])
    frame = frame.assign(override=[pack.notes.get(i, "") for i in frame["requirement"]], heading=frame["clause"] + " " + frame["title"])
    columns = (Column("requirement"), Column("text", ratio=5), Column("limits", ratio=2), Column("severity"))
    run.out.show(frame.drop(columns="heading") if form is not Format.table else frame, columns, form, title=pack.title, group="heading")
    if form is Format.table:
        for name, note in pack.notes.items():
            run.out.say(f"override of {name}: {note}")
        run.out.say(f"{pack.id} {pack.version}, hash {pack.hash[:16]}")


@policy.command("diff")
def _diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help="A pack's id, or its YAML file.")],
    new: Annotated[str | None, typer.Argument(help="The other one; without it, the pack that applies here.")] = None,
    form: FormatOption = Format.table,
) -> None:
    """Show what a new pack changes, and which verdicts it makes stale."""
    import pandas as pd

    from ropewalk import views
    from ropewalk.policy import diff, load_policy

    run = state(context)
    before, after = _pack(run, old), _pack(run, new) if new else load_policy(run.config)
    old_verdicts = views.outdated(_recorded(run), views.policy_frame(after))
    counts = old_verdicts["requirement"].value_counts().to_dict()
    rows = [
        {"requirement": c.requirement, "change": c.what, "before": c.before, "after": c.after, "stale": c.stale}
        | {"verdicts": counts.get(c.requirement, 0) if c.stale else 0}
        for c in diff(before, after)
    ]
    frame = pd.DataFrame(rows, columns=["requirement", "change", "before", "after", "stale", "verdicts"])
    if form is Format.table:
        frame["stale"] = frame["stale"].map({True: "stale", False: "hold"})
    columns = (
        Column("requirement"),
        Column("change"),
        Column("before", ratio=1),
        Column("after", ratio=1),
        Column("stale", "old verdicts"),
        Column("verdicts", "recorded", number=True),
    )
    run.out.show(frame, columns, form, title=f"{before.id} {before.version} to {after.id} {after.version}", nothing="The packs ask the same.")
    if form is Format.table and rows and (before.id, before.version) == (after.id, after.version):
        run.out.say(f"Both are called {after.id} {after.version}: give what changes a new version, or an override with its reason.")
    if form is Format.table and len(old_verdicts):
        count = ", ".join(f"{n} {views.status_word(str(s))}" for s, n in old_verdicts["status"].value_counts().items())
        names = ", ".join(sorted(set(old_verdicts["requirement"]), key=views.clause_key))
        run.out.say(f"{len(old_verdicts)} recorded verdicts ({count}) are stale under {after.id} {after.version} until `ropewalk check`: {names}")


def _recorded(run: State) -> pd.DataFrame:
    """The verdicts of the last check; none where there is no configuration or no register yet, and none is made."""
    import pandas as pd

    from ropewalk.errors import RegisterError
    from ropewalk.register import open_register

    if _configured(run):
        try:
            with open_register(run.config, create=False) as register:
                return register.frame("results")
        except RegisterError:
            pass
    return pd.DataFrame()


@policy.command("lint")
def _lint(
    context: typer.Context, packs: Annotated[list[str] | None, typer.Argument(help="Ids or YAML files; without one, all packs.")] = None
) -> None:
    """Check packs: no clause without a requirement, no requirement without a control, no unused control. Exit code 1 if one is unsound."""
    from ropewalk.policy import lint

    run = state(context)
    plugins = _plugins(run)
    found = [_pack(run, p) for p in packs or plugins.policies()]
    problems = lint(found, plugins.controls())
    for problem in problems:
        run.out.data.file.write(problem + "\n")
    names = ", ".join(f"{p.id} {p.version}" for p in found)
    run.out.say(f"{counted(len(problems), 'problem')} in {names}." if problems else f"Sound: {names}.")
    raise typer.Exit(1 if problems else 0)


def _plugins(run: State) -> Plugins:
    """The extensions that the configuration names; without a configuration, the built-ins."""
    from ropewalk.plugins import Plugins
    from ropewalk.policy import plugins_of

    return plugins_of(run.config) if _configured(run) else Plugins.of()


def _configured(run: State) -> bool:
    from ropewalk.config import NAMES

    return bool(run.path) or any(Path(n).is_file() for n in NAMES)


def _pack(run: State, name: str) -> Pack:
    from ropewalk.policy import read_pack

    if name.endswith((".yaml", ".yml")):
        return read_pack(name)
    known = _plugins(run).policies()
    if name not in known:
        raise ConfigError(f"there is no policy {name!r}", where="command line", mend=f"use one of: {', '.join(sorted(known))}, or a YAML file")
    return read_pack(known[name])
