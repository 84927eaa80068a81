"""What watches and what it told: alarms with their deliveries, the schedule, the history of runs, canaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ropewalk.canaries import FACT

if TYPE_CHECKING:
    import pandas as pd

_RUN = {
    "done": "✓ done",
    "failed": "✗ failed",
    "lost": "✗ lost",
    "missed": "~ missed",
    "overlapped": "~ overlapped",
    "running": "… running",
}


_MEANS = {("scan", 0): "complete", ("check", 0): "no control failed", ("check", 1): "a control failed"}


def deliveries(taken: Mapping[str, str]) -> str:
    """`sent: mail, slack; pending: siem (the receiver answered 503)` of {channel: "status" or "status: error"}; "" of none."""
    groups: dict[str, list[str]] = {}
    for channel, words in sorted(taken.items()):
        status, _, error = words.partition(": ")
        groups.setdefault(status, []).append(f"{channel} ({error})" if error else channel)
    return "; ".join(f"{status}: {', '.join(names)}" for status, names in sorted(groups.items(), key=lambda g: g[0] == "sent"))


def alarms(frame: pd.DataFrame) -> pd.DataFrame:
    """The alarms of the register, newest first, with `deliveries` in words."""
    newest = frame.iloc[::-1].reset_index(drop=True)
    return newest.assign(deliveries=[deliveries(d) for d in newest["deliveries"]])


def runs(frame: pd.DataFrame) -> pd.DataFrame:
    """The runs of the register, newest first; adds `state` (a mark and a word), `due` (text, "" where it was not due) and `seconds`
    (empty where it did not run); a run without a detail gets what its exit code means."""
    newest = frame.iloc[::-1].reset_index(drop=True)
    ran = newest["status"].isin(["done", "failed"])
    codes = newest["exit_code"].fillna(-1).astype(int)
    means = [_MEANS.get((str(job), code), "") for job, code in zip(newest["job"], codes, strict=True)]
    return newest.assign(
        state=[_RUN.get(str(s), str(s)) for s in newest["status"]],
        due=newest["due_at"].dt.strftime("%Y-%m-%d %H:%M").fillna(""),
        detail=newest["detail"].where(newest["detail"] != "", means),
        seconds=(newest["finished_at"] - newest["started_at"]).dt.total_seconds().round(1).where(ran),
    )


def schedule(jobs: Mapping[str, str], upcoming: Mapping[str, datetime | None], frame: pd.DataFrame) -> pd.DataFrame:
    """A row a job: job, cron, next (UTC, NaT where never), last, state of its newest run."""
    import pandas as pd

    newest = runs(frame)
    rows = []
    for job, line in jobs.items():
        last = newest[newest["job"] == job].head(1).to_dict("records")
        rows.append(
            {"job": job, "cron": line, "next": upcoming.get(job), "last": last[0]["started_at"] if last else None,
             "state": last[0]["state"] if last else "never ran"}
        )  # fmt: skip
    out = pd.DataFrame(rows, columns=["job", "cron", "next", "last", "state"])
    return out.assign(**{c: pd.to_datetime(out[c], utc=True) for c in ("next", "last")})


def canaries(known: Sequence[tuple[str, Sequence[str]]], facts: pd.DataFrame) -> pd.DataFrame:
    """A row a canary (name, home): name, home, seen (list of fields away from home)."""
    import pandas as pd

    met = [(str(name), str(f["subject"])) for f in facts[facts["name"] == FACT].to_dict("records") for name in f["value"] or ()]
    rows = [{"name": name, "home": list(home), "seen": [subject for n, subject in met if n == name]} for name, home in known]
    return pd.DataFrame(rows, columns=["name", "home", "seen"])
