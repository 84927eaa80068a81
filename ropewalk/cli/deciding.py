"""`ropewalk findings confirm | dismiss | reclassify | reopen`: a steward's word on a finding, with its reason and its end."""

from __future__ import annotations

import getpass
import re
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from ropewalk.cli.state import State, moment, state
from ropewalk.errors import ConfigError

FieldArgument = Annotated[str, typer.Argument(metavar="FIELD", help="The field as `ropewalk findings` prints it: source/dataset#path.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept as evidence. Write no personal data into it.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="The last day on which your word holds; then the finding speaks again (2027-01-01).")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; else the name of the user who runs this.")]


def add_to(findings: typer.Typer) -> None:
    findings.command("confirm")(_confirm)
    findings.command("dismiss")(_dismiss)
    findings.command("reclassify")(_reclassify)
    findings.command("reopen")(_reopen)


def _confirm(context: typer.Context, field: FieldArgument, reason: ReasonOption, until: UntilOption = None, by: ByOption = None) -> None:
    """Record that a finding is right."""
    _decide(state(context), field, "confirmed", reason, until, by)


def _dismiss(context: typer.Context, field: FieldArgument, reason: ReasonOption, until: UntilOption = None, by: ByOption = None) -> None:
    """Record that a finding is wrong: the field counts as not personal."""
    _decide(state(context), field, "dismissed", reason, until, by)


def _reclassify(
    context: typer.Context,
    field: FieldArgument,
    category: Annotated[str, typer.Option("--as", help="What the field really holds: email, phone, address, …")],
    reason: ReasonOption,
    until: UntilOption = None,
    by: ByOption = None,
) -> None:
    """Record that a field holds something else."""
    _decide(state(context), field, "reclassified", reason, until, by, category)


def _reopen(context: typer.Context, field: FieldArgument, reason: ReasonOption, by: ByOption = None) -> None:
    """Take the last word back: the finding speaks for itself again."""
    _decide(state(context), field, "reopened", reason, None, by)


def _decide(run: State, field: str, decision: str, reason: str, until: str | None, by: str | None, category: str | None = None) -> None:
    from ropewalk.model import Category

    if category is not None and category not in set(Category):
        raise ConfigError(f"there is no category {category}", where="--as", mend=f"use one of: {', '.join(c.value for c in Category)}")
    if not reason.strip():
        raise ConfigError("a decision needs its reason", where="--reason", mend="say in a sentence how you know")
    end, now = moment(until, end=True), run.config.as_of
    if end is not None and end <= now:
        raise ConfigError("it would end before it begins", where="--until", mend="give a day that is still to come")
    who = by or getpass.getuser()
    run.register.record_decision(_fingerprint(run, field), decision, who, now, reason, end, category)
    words = f" as {category}" if category else ""
    run.out.say(f"Recorded: {field} is {decision}{words} by {who}{f', until {end:%Y-%m-%d}' if end else ''}. Verdicts follow with the next check.")


def _fingerprint(run: State, field: str) -> str:
    frame = run.register.frame("fields")
    known: dict[str, Any] = dict(zip(frame["field"], frame["fingerprint"], strict=True))
    if field not in known:
        near = [f"'{n}'" if re.search(r"\s", n) else n for n in get_close_matches(field, list(known), n=3, cutoff=0.5)]  # a blank at the end shows
        mend = f"did you mean {' or '.join(near)}?" if near else "copy the field from `ropewalk findings --all`"
        raise ConfigError("no such field was seen", where=field, mend=mend)
    return str(known[field])
