"""`ropewalk inventory`: registers from elsewhere: people, assets, vulnerabilities, subcontractors, incidents, changes, deletions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ropewalk.cli.render import Column, Format
from ropewalk.cli.state import FormatOption, State, moment, state
from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.inventory import Imported

inventory = typer.Typer(help="Import lists and reports, so that controls can judge them.", no_args_is_help=True)
_KINDS = "approved, leavers, assets, vulnerabilities, subcontractors, incidents, contacts, changes or deletions"
KindArgument = Annotated[str, typer.Argument(metavar="KIND", help=f"What it is: {_KINDS}.")]
_SHOWN: dict[str, tuple[Column, ...]] = {
    "approved": (Column("account", ratio=3), Column("aliases", ratio=3), Column("service"), Column("active"), Column("disabled_at")),
    "leavers": (Column("account", ratio=3), Column("aliases", ratio=3), Column("left_at"), Column("disabled_at")),
    "assets": (Column("name", ratio=3), Column("kind", ratio=1), Column("source", ratio=2), Column("owner", ratio=2), Column("version", ratio=2)),
    "vulnerabilities": (
        Column("severity"), Column("id", ratio=3), Column("package", ratio=2), Column("location", ratio=3, cut=True), Column("target", ratio=2),
        Column("first_seen"), Column("closed_at", "closed"), Column("state"),
    ),
    "subcontractors": (Column("name", ratio=3), Column("service", ratio=3), Column("access_since"), Column("assessed_at"), Column("result")),
    "incidents": (
        Column("id", ratio=2), Column("classification", ratio=2), Column("detected_at"), Column("notified_at"), Column("post_mortem_at"),
        Column("handovers", number=True),
    ),
    "contacts": (Column("name", ratio=3), Column("deputy"), Column("ways", ratio=2), Column("checked_at")),
    "changes": (
        Column("id", ratio=2), Column("at"), Column("kind", ratio=1), Column("major"), Column("release", ratio=1), Column("approval", ratio=2),
    ),
    "deletions": (
        Column("id", ratio=2), Column("requested_at"), Column("deleted_at"), Column("copies_deleted_at"), Column("emptied", ratio=2),
        Column("rows_left", number=True), Column("certified_at"),
    ),
}  # fmt: skip


def add_to(app: typer.Typer) -> None:
    app.add_typer(inventory, name="inventory", rich_help_panel="Judge")


@inventory.command("import")
def _import(
    context: typer.Context,
    kind: KindArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON or JSON lines; an export of Okta, Entra, SCIM or osquery; a report.")],
    target: Annotated[str, typer.Option("--target", help="What the list or scan covers; imports with the same target follow each other.")] = "",
    scanner: Annotated[str, typer.Option("--scanner", help="Which scanner made the report, where the report does not say.")] = "",
    at: Annotated[str | None, typer.Option("--at", help="When the list or scan was made (2026-03-01), where the file does not say.")] = None,
    release: Annotated[str, typer.Option("--release", help="The release that was scanned, as the list of changes names it.")] = "",
) -> None:
    """Record a list or a report; what a later one of the same kind and target no longer names is closed."""
    run = state(context)
    known_kind(kind)
    from ropewalk.inventory import import_file

    now = run.config.as_of
    made = import_file(run.register, kind, file, now=now, scanner=scanner, target=target, release=release, at=moment(at))
    for one in made:
        run.out.say(_words(kind, file, one))
        for why, count in one.batch.left_out.items():
            run.out.say(f"Left out: {count} {why}.")
    if unused := sorted({c for one in made for c in one.batch.unused}):
        run.out.say(f"Columns that were not read: {', '.join(unused)}.")


def known_kind(kind: str) -> None:
    """Raises ConfigError for a kind that there is not."""
    if kind not in _SHOWN:
        raise ConfigError(f"there is no register of {kind!r}", where="KIND", mend=f"use {_KINDS}")


def _words(kind: str, file: Path, one: Imported) -> str:
    series = " of ".join(p for p in (one.batch.scanner, one.batch.target) if p)
    about = f"{kind}{f' ({series})' if series else ''}, as of {one.observed_at:%Y-%m-%d %H:%M} UTC"
    if not one.new:
        return f"Nothing new in {file.name}: {about}, was imported before."
    since = {
        "first": "the first of its series",
        "newest": f"{one.added} new, {one.closed} gone since the one before",
        "older": "older than the newest, so it only tells when things were first seen",
    }
    return f"Imported {file.name}: {len(one.batch.rows)} {about}; {since[one.place]}."


@inventory.command("list")
def _list(
    context: typer.Context,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help=f"What to show: {_KINDS}; without it, what was imported and when.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Show also what a later import no longer names.")] = False,
    form: FormatOption = Format.table,
) -> None:
    """Show a register, or, without KIND, what was imported and how old it is."""
    run = state(context)
    if kind is None:
        _series(run, form)
        return
    known_kind(kind)
    frame = _flat(run, kind)
    if not every and kind not in {"leavers", "incidents", "changes", "deletions"}:
        frame = frame[frame["closed_at"].isna()]
    if kind == "vulnerabilities" and len(frame):
        order = {s: n for n, s in enumerate(("critical", "high", "unknown", "medium", "low"))}
        frame = frame.sort_values(["severity", "first_seen"], key=lambda c: c.map(order) if c.name == "severity" else c)
    columns = _SHOWN[kind] if every or kind != "vulnerabilities" else tuple(c for c in _SHOWN[kind] if c.key != "closed_at")
    run.out.show(frame, columns, form, title=kind.capitalize(), nothing=f"Nothing is listed: ropewalk inventory import {kind} FILE")


def _flat(run: State, kind: str) -> pd.DataFrame:
    """The rows of a kind with the fields of their records as columns; times as times."""
    import pandas as pd

    frame = run.register.frame("inventory")
    frame = frame[frame["kind"] == kind].reset_index(drop=True)
    names = [c.key for c in _SHOWN[kind]]
    told = pd.DataFrame([_record(r) for r in frame["record"]]) if len(frame) else pd.DataFrame(columns=[n for n in names if n not in frame])
    for name in told.columns:
        if str(name) == "at" or str(name).endswith(("_at", "_since", "_until")):
            told[name] = pd.to_datetime(told[name], utc=True, format="ISO8601")
    return pd.concat([told, frame[["scanner", "target", "first_seen", "last_seen", "closed_at"]]], axis=1)


def _record(record: dict[str, Any]) -> dict[str, Any]:
    return {k: {True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v for k, v in record.items()}


def _series(run: State, form: Format) -> None:
    """The newest import of each series."""
    frame = run.register.frame("imports").sort_values(["observed_at", "id"]).drop_duplicates(["kind", "scanner", "target"], keep="last")
    frame = frame.sort_values(["kind", "scanner", "target"]).drop(columns="id")
    columns = (
        Column("kind"), Column("scanner", ratio=2), Column("target", ratio=3), Column("observed_at", "as of"),
        Column("rows", number=True), Column("file", ratio=3),
    )  # fmt: skip
    run.out.show(frame, columns, form, title="Imported registers", nothing="Nothing was imported: ropewalk inventory import KIND FILE")


@inventory.command("end")
def _end(
    context: typer.Context,
    kind: KindArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why it is no longer watched; it is kept as evidence. Write no personal data into it.")],
    target: Annotated[str, typer.Option("--target", help="The target, as `ropewalk inventory list` shows it.")] = "",
    scanner: Annotated[str, typer.Option("--scanner", help="The scanner, as `ropewalk inventory list` shows it.")] = "",
) -> None:
    """Say that a target no longer exists or a list is no longer kept: its age and its rows count no more."""
    run = state(context)
    known_kind(kind)
    from ropewalk.inventory import end_series

    end_series(run.register, kind, scanner=scanner, target=target, reason=reason, now=run.config.as_of)
    run.out.say(f"Ended: {kind}{f' ({scanner} {target})'.replace('( ', '(') if scanner or target else ''}. It counts again with the next import.")
