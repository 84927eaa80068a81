"""What stands over an export, on the screen or in a file: where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ropewalk.cli.state import State
from ropewalk.errors import ConfigError
from ropewalk.plurals import counted

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.policy import Pack


def about(run: State, policy: Pack | None = None) -> dict[str, str]:
    """The head of every export: whose, when, by which policy and record, and the head of the evidence chain."""
    from ropewalk.exporters.heading import about as told

    sequence, chain, _ = run.register.evidence_head()
    return told(run.config, {n: run.register.frame(n) for n in ("results", "scans")}, (sequence, chain), policy)


def write(run: State, frame: pd.DataFrame, export: str, out: Path | None, *, title: str, what: str = "") -> None:
    """The frame to a file, or to stdout. Raises ConfigError where the file cannot be written."""
    from ropewalk.exporters import render

    text = render(frame, export, title=title, head=about(run), what=what)
    if out is None:
        run.out.data.file.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(out), mend="name a folder that exists and is yours") from None
    run.out.say(f"Wrote {out}: {title.lower()}, {counted(len(frame), 'row')}.")
