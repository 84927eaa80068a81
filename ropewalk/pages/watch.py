"""Watch: what runs when, what ran, what was alarmed, and where canaries were seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from ropewalk.errors import MissingExtraError
from ropewalk.pages.frame import COLOURS, guarded, table, tiles
from ropewalk.pages.state import opened
from ropewalk.schedule import LEASE, jobs, next_due
from ropewalk.views import watch as views

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.config import Config
    from ropewalk.pages.state import State
    from ropewalk.register import Register

LATELY = timedelta(days=7)


@guarded
def page(state: State) -> None:
    """The register is read anew each time: runs and alarms come without a scan."""
    st.title("Watch")
    config, register = opened()
    runs, alarms = views.runs(register.frame("runs")), views.alarms(register.frame("alarms"))
    known = [(c.name, list(c.home)) for c in config.settings.canaries] + [(n, list(h)) for n, _, h in register.duties.canaries()]
    canaries = views.canaries(known, state.frames["facts"])
    _tiles(runs, alarms, canaries)
    _alarms(config, alarms)
    _schedule(config, register, runs)
    _canaries(canaries)


def _tiles(runs: pd.DataFrame, alarms: pd.DataFrame, canaries: pd.DataFrame) -> None:
    since = datetime.now(UTC) - LATELY
    recent = alarms[alarms["at"] >= since]
    grave = int((recent["severity"] == "high").sum())
    astray = runs[(runs["started_at"] >= since) & ~runs["status"].isin(["done", "running"])]
    seen = int((canaries["seen"].str.len() > 0).sum()) if len(canaries) else 0
    bad, fine, unknown = COLOURS["fail"], COLOURS["pass"], COLOURS["unknown"]
    seen_words = "canaries seen away from home" if len(canaries) else "canaries: none is registered"
    tiles(
        (grave, "severe alarms in seven days", bad if grave else fine if len(runs) or len(alarms) else unknown),
        (len(recent) - grave, "other alarms in seven days", COLOURS["stale"] if len(recent) > grave else unknown),
        (len(astray), "runs in seven days that went wrong", bad if len(astray) else fine if len(runs) else unknown),
        (f"{seen} of {len(canaries)}" if len(canaries) else "–", seen_words, bad if seen else unknown),
    )


def _alarms(config: Config, alarms: pd.DataFrame) -> None:
    st.subheader("Alarms")
    if not config.settings.alarms.channels:
        st.caption("No channel is configured, so nobody is told: name one under `alarms.channels` in ropewalk.yaml.")
    if alarms.empty:
        st.info("No alarm was raised yet. `ropewalk check --once` and `ropewalk schedule run` raise them.", icon=":material/notifications:")
        return
    severities = [s for s in ("high", "medium", "low", "info") if s in set(alarms["severity"])]
    chosen = st.pills("Severity", severities, selection_mode="multi", key="watch-severity", label_visibility="collapsed")
    shown = alarms[alarms["severity"].isin(chosen)] if chosen else alarms
    columns = {"at": "When (UTC)", "severity": "Severity", "title": "What", "mend": "Mend", "deliveries": "Told"}
    table(shown, columns, height="content" if len(shown) < 10 else 380)


def _schedule(config: Config, register: Register, runs: pd.DataFrame) -> None:
    st.subheader("Schedule and runs")
    lines, holder = jobs(config), register.duties.holder(LEASE)
    upcoming: dict[str, datetime | None] = {}
    try:
        upcoming = {job: next_due(config, job, datetime.now(UTC)) for job in lines}
    except MissingExtraError as error:
        st.caption(f"When they are due next cannot be told here: {error.mend}")
    if lines:
        who = (
            f"The runner is `{holder}`." if holder else "No runner is at it: start `ropewalk schedule run`, or let cron run `ropewalk check --once`."
        )
        st.caption(f"{who} Times of the schedule are in {config.settings.schedule.timezone}.")
        columns = {"job": "Job", "cron": "Schedule", "next": "Next (UTC)", "last": "Last (UTC)", "state": "State"}
        table(views.schedule(lines, upcoming, register.frame("runs")), columns, height="content")
    else:
        st.caption("Nothing is scheduled in ropewalk.yaml; runs of `ropewalk check --once` are listed all the same.")
    if runs.empty:
        st.info("Nothing ran on a schedule yet.", icon=":material/schedule:")
        return
    columns = {"job": "Job", "state": "State", "due": "Due (UTC)", "started_at": "Began (UTC)", "seconds": "Seconds", "exit_code": "Exit code",
               "detail": "Detail"}  # fmt: skip
    table(runs, columns, height="content" if len(runs) < 10 else 380)


def _canaries(canaries: pd.DataFrame) -> None:
    st.subheader("Canaries")
    if canaries.empty:
        st.info("No canary is registered. `ropewalk canary plant NAME --home SOURCE` makes one up.", icon=":material/egg:")
        return
    st.caption("Looked for in what scans read: of large datasets a sample, so that *not seen* is not *not there*.")
    table(canaries, {"name": "Canary", "home": "At home in", "seen": "Seen away from home"}, height="content")
