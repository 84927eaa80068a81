"""`ropewalk exception`: reasons, approved by a second person, to bear a failure on some subjects until a day."""

from __future__ import annotations

import secrets
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.heading import about
from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, moment, state
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

LONGEST = timedelta(days=366)
exception = typer.Typer(help="Exceptions: why a failure is borne, on what, until when, by whom. It stays a failure.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(exception, name="exception", rich_help_panel="Judge")


@exception.command("add")
def _add(
    context: typer.Context,
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="The requirement that is not kept, as 2.1.a.")],
    subject: Annotated[str, typer.Option("--subject", help="On what: the verdict's subject, or a glob (shop/*).")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is borne, in a sentence.")],
    by: Annotated[str, typer.Option("--by", help="Who asks for it.")],
    approver: Annotated[str, typer.Option("--approver", help="Who approved it: another person.")],
    until: Annotated[str, typer.Option("--until", help="The last day on which it holds, within a year (2027-03-01).")],
) -> None:
    """Record an exception. What it covers goes on failing, is marked as excused, and does not count for the exit code of a check."""
    from ropewalk.model import Waiver
    from ropewalk.testimony import same_person

    run = state(context)
    now, end = run.config.as_of, moment(until, end=True)
    assert end is not None
    _known(run, requirement)
    for name, text in (("--subject", subject), ("--reason", reason), ("--by", by), ("--approver", approver)):
        if not text.strip() or not text.isprintable() or len(text) > 1_000:
            raise ConfigError("it is empty, too long, or holds line breaks", where=name, mend="write one line")
    if same_person(by, approver):
        raise ConfigError("who asks and who approves are the same person", where="--approver", mend="let somebody else approve it")
    if end <= now:
        raise ConfigError("it would have no effect", where="--until", mend="give a day that is still to come")
    if end - now > LONGEST:
        mend = "give a day within a year, and renew it then; for good, override the limit in ropewalk.yaml, with a reason"
        raise ConfigError("an exception lasts a year at most", where="--until", mend=mend)
    given = Waiver(f"x{secrets.token_hex(3)}", requirement, subject.strip(), reason.strip(), by.strip(), approver.strip(), now, end)
    run.register.record_exception(given)
    row = next(r for r in exceptions_frame(run).to_dict("records") if r["id"] == given.id)
    run.out.data.file.write(f"{given.id}\n")
    run.out.say(f"Recorded: {requirement} on {given.subject} is borne until {end:%Y-%m-%d}. It still fails, marked as excused.")
    run.out.say(f"It covers {counted(row['excuses'], 'verdict')} of the last check." if row["excuses"] else "It covers no verdict of the last check.")


@exception.command("list")
def _list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that ended or expired.")] = False,
    form: FormatOption = Format.table,
) -> None:
    """List the exceptions that hold, and how many verdicts each excuses."""
    run = state(context)
    frame = exceptions_frame(run)
    shown = (frame if everything else frame[frame["state"].isin(["active", "pending"])]).reset_index(drop=True)
    columns = (
        Column("state"),
        Column("id"),
        Column("requirement", "of"),
        Column("subject", ratio=2),
        Column("until"),
        Column("who", "by, approved by", ratio=2),
        Column("reason", ratio=3),
        Column("excuses", number=True),
    )
    if form is Format.table:
        shown["who"] = shown["by"] + ", " + shown["approver"]
        shown["until"] = [f"{u:%Y-%m-%d}" for u in shown["valid_until"]]
    run.out.show(shown, columns, form, title="Exceptions", nothing="No exception holds.", head=about(run) if form is not Format.table else None)
    past = len(frame) - len(frame[frame["state"].isin(["active", "pending"])])
    if past and not everything and form is Format.table:
        run.out.say(f"{past} more have ended or expired and have no effect: --all shows them.")


@exception.command("end")
def _end(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The exception, as `ropewalk exception list` names it.")],
    by: Annotated[str, typer.Option("--by", help="Who ends it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")],
) -> None:
    """End an exception before its day. It stays in the evidence."""
    run = state(context)
    if not by.strip() or not reason.strip():
        raise ConfigError("it is empty", where="--by, --reason", mend="say who ends it, and why")
    frame = exceptions_frame(run)
    states = dict(zip(frame["id"], frame["state"], strict=True))
    if states.get(name) not in {"active", "pending"}:
        what = f"the exception {name} has {states[name]} already" if name in states else f"there is no exception {name!r}"
        raise ConfigError(what, where="ID", mend="copy the id from `ropewalk exception list`")
    run.register.end_exception(name, by=by, at=run.config.as_of, reason=reason)
    run.out.say(f"Ended: {name} has no effect from now on.")


def exceptions_frame(run: State) -> pd.DataFrame:
    from ropewalk import views

    return views.exceptions(run.register.frame("exceptions"), run.register.frame("results"), run.config.as_of)


def _known(run: State, requirement: str) -> None:
    from ropewalk.policy import load_policy

    ids = [r.id for r in load_policy(run.config).requirements]
    if requirement not in ids:
        near = get_close_matches(requirement, ids, 3, 0.5) or [i for i in ids if i.startswith(f"{requirement}.")]
        mend = f"use one of: {', '.join(near)}" if near else "`ropewalk policy show` lists the requirements"
        raise ConfigError(f"the policy has no requirement {requirement!r}", where="REQUIREMENT", mend=mend)
