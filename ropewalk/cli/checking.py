"""`ropewalk check`: every clause with its verdict, the evidence for it and what would mend it."""

from __future__ import annotations

from contextlib import suppress
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ropewalk.cli.alarming import raise_and_tell
from ropewalk.cli.attesting import attestations_frame
from ropewalk.cli.heading import about
from ropewalk.cli.render import STYLE, Column, Format, clean
from ropewalk.cli.scanning import scan_and_tell
from ropewalk.cli.state import AsOfOption, FormatOption, State, state
from ropewalk.cli.verifying import stamp_and_tell
from ropewalk.errors import RopewalkError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.controls import CheckReport
    from ropewalk.register import Register

WORST_SHOWN, SUBJECTS_SHOWN = 3, 6
Asked = dict[str, tuple[str, str]]
"""requirement -> what it asks, and what counts as evidence."""
SILENT = ("pass", "not_applicable")
BAD = ("fail", "error", "stale")


def add_to(app: typer.Typer) -> None:
    app.command("check", rich_help_panel="Judge")(_check)


def _check(
    context: typer.Context,
    clause: Annotated[list[str] | None, typer.Option("--clause", help="Only this clause or requirement (2.1, 2.1.a); several times.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Name every subject, not only the worst of each clause.")] = False,
    alarm: Annotated[bool, typer.Option("--alarm", help="Tell the configured channels what changed.")] = False,
    once: Annotated[bool, typer.Option("--once", help="For cron and its like: scan, judge, alarm; alone, kept in the history of runs.")] = False,
    scan: Annotated[bool, typer.Option("--scan/--no-scan", help="With --once: scan first, or judge what the last scan found.")] = True,
    as_of: AsOfOption = None,
    form: FormatOption = Format.table,
) -> None:
    """Judge every clause on what the scans found; exit code 1 if a control failed, 3 if the scan is incomplete."""
    run = state(context).at(as_of)
    if once:
        raise typer.Exit(_once(run, form, clause, everything, scan))
    code = check_and_show(run, form, clause, everything)
    if alarm:
        raise_and_tell(run)
    raise typer.Exit(code)


def _once(run: State, form: Format, clauses: list[str] | None, everything: bool, first_scan: bool) -> int:
    """One turn of the schedule. Exit code 3 while another runner is at it; alarms are raised also where a job failed."""
    config, register = run.config, run.register
    from ropewalk.schedule import LeaseError, only_runner

    try:
        with only_runner(config, register, "scan" if first_scan else "check") as keep:
            try:
                if first_scan:
                    keep("scan", lambda: scan_and_tell(run, form, show=form is Format.table).exit_code)
                    if form is Format.table:
                        run.out.data.print()
                code = keep("check", lambda: check_and_show(run, form, clauses, everything))
            except Exception:
                with suppress(RopewalkError):
                    raise_and_tell(run)
                raise
            raise_and_tell(run)
            return code
    except LeaseError as error:
        run.out.problem(error)
        return 3


def check_and_show(run: State, form: Format, clauses: list[str] | None = None, everything: bool = False, brief: bool = False) -> int:
    """Checks, prints, and returns the exit code. brief: only clauses that failed are told at length."""
    config, register = run.config, run.register
    from ropewalk import views
    from ropewalk.controls import check

    with run.out.spinner("judging") as told:
        report = check(
            config, register, as_of=config.as_of, clauses=clauses, progress=lambda need, at, of: told(f"{need.clause} {need.control} ({at} of {of})")
        )
    results, policy = views.results_frame(report.results), views.policy_frame(report.policy)
    asked = {r.id: (r.text, report.policy.evidence.get(r.id, "")) for r in report.policy.requirements}
    if clauses:
        policy = policy[policy["requirement"].isin([r.id for r in report.policy.narrowed(clauses)])]
    if form is not Format.table:
        run.out.show(views.subjects(results), (), form, title="Verdicts", head=about(run, report.policy))
    else:
        _tell(run, views.posture(results, policy), results, asked, everything, brief)
        _borne(run, report)
        if clauses:
            run.out.say("A look at some clauses: it is not recorded. `ropewalk check` judges all of them and records it.")
    if not clauses:
        stamp_and_tell(run)
    return report.exit_code or (0 if _scanned(register) else 3)


def _borne(run: State, report: CheckReport) -> None:
    """What is not as the policy says by somebody's decision, and what will need doing soon."""
    if report.excused:
        names = ", ".join(dict.fromkeys(r.requirement for r in report.excused))
        what = counted(len(report.excused), "failure is excused for now and does", "failures are excused for now and do")
        run.out.say(f"{what} not count for the exit code: {names} (`ropewalk exception list`)")
    for name, note in report.policy.notes.items():
        run.out.say(f"override of {name}: {note}")
    states = attestations_frame(run)["state"].value_counts()
    if told := [f"{states[s]} {s}" for s in ("stale", "not approved", "ends soon") if s in states]:
        run.out.say(f"Attestations: {', '.join(told)} (`ropewalk attest list`)")


def _scanned(register: Register) -> bool:
    """Whether the last scan came to its end."""
    scans = register.frame("scans").sort_values("started_at")
    return len(scans) > 0 and bool(scans["status"].iloc[-1] == "complete")


def _tell(run: State, posture: pd.DataFrame, results: pd.DataFrame, asked: Asked, everything: bool, brief: bool) -> None:
    from ropewalk import views

    columns = (
        Column("clause"),
        Column("title", ratio=1),
        Column("status", "verdict"),
        Column("passed", "pass", number=True),
        Column("failed", "fail", number=True),
        Column("unknown", number=True),
        Column("stale", number=True),
        Column("errors", "error", number=True),
    )
    run.out.show(posture, columns, Format.table, title="Posture")
    for row in posture.to_dict("records"):
        if (row["status"] in SILENT and not everything) or (brief and row["status"] not in BAD):
            continue
        _clause(run, row, views.subjects(results, clause=str(row["clause"])), asked, everything, brief)
    count = views.counts(posture)
    run.out.data.print()
    run.out.say(", ".join(f"{n} {views.status_word(s)}" for s, n in count.items() if n) + f", of {counted(len(posture), 'clause')}. {_basis(run)}")
    if brief and count["unknown"]:
        run.out.say("Unknown is not a pass: `ropewalk check` says for each what would tell.")


def _clause(run: State, row: dict[Any, Any], own: pd.DataFrame, asked: Asked, everything: bool, brief: bool) -> None:
    """One clause: its worst verdicts, those of a requirement together, and of them those with the same reason."""
    from rich.text import Text

    from ropewalk.views import status_mark, with_shared_mends

    status = str(row["status"])
    run.out.data.print()
    run.out.data.print(
        Text(f"{status_mark(status)}  ", style=STYLE.get(status, "")).append(f"{row['clause']} {clean(str(row['title']))}", style="bold")
    )
    told = own if everything else own[own["status"].isin(BAD)] if brief else own[~own["status"].isin(SILENT)]
    groups = list(with_shared_mends(told).groupby(["status", "requirement", "reason", "mend", "excused"], sort=False, dropna=False))
    shown = groups if everything else groups[:WORST_SHOWN]
    first: dict[Any, int] = {}
    for place, (key, _) in enumerate(shown):
        first.setdefault(key[1], place)
    told_of = ""
    for _, alike in sorted(shown, key=lambda group: first[group[0][1]]):
        need = str(alike.iloc[0]["requirement"])
        text, evidence = asked.get(need, ("", ""))
        if need != told_of:
            run.out.indented(f"{need}  {text}", 2)
        told_of = need
        _verdict(run, alike, evidence, everything)
    if not groups:
        run.out.indented(str(row["reason"]), 2)
        run.out.indented(f"mend: {row['mend']}", 4)
    left = 0 if everything else sum(len(alike) for _, alike in groups[WORST_SHOWN:])
    if left:
        run.out.indented(f"and {left} more: ropewalk check --clause {row['clause']} --all", 2)


def _basis(run: State) -> str:
    head = about(run)
    return "; ".join(f"{k} {v[:16]}" for k, v in head.items() if k in {"as of", "policy", "policy hash", "evidence head"})


def _verdict(run: State, alike: pd.DataFrame, wanted: str, everything: bool) -> None:
    """A verdict and all subjects that it holds for. wanted: what would count as evidence, told where there is none."""
    from rich.text import Text

    from ropewalk.views import status_mark

    first = alike.iloc[0]
    status, names = str(first["status"]), [str(s) for s in alike["subject"]]
    shown = names if everything else names[:SUBJECTS_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    for i, line in enumerate(wrap(clean(", ".join(shown) + more), run.out.data.width - 16, break_on_hyphens=False)):
        mark = Text(f"{status_mark(status):<12}".ljust(len(status_mark(status)) + 2), style=STYLE.get(status, "")) if not i else Text(" " * 12)
        run.out.data.print(Text("  ").append(mark).append(line))
    run.out.indented(str(first["reason"]), 4)
    judged = status in {"fail", "pass"} and len(alike) == 1 and first["checked"]
    checked = f"{first['failed']} of {first['checked']} failed; coverage {first['coverage']}; " if judged else ""
    lacking = f"none yet; wanted: {wanted}; " if status == "unknown" and first["checked"] <= 1 and wanted else ""
    run.out.indented(f"evidence: {lacking}{checked}control {first['control']}", 4)
    if first["excused"]:
        run.out.indented(f"excused: {first['excused']}", 4)
    if first["mend"] and status not in SILENT:
        run.out.indented(f"mend: {first['mend']}", 4)
