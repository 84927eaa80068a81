"""Commands run as a user would, in the folder of a company."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ropewalk.cli import main


class Cli:
    """`cli("attest", "list")` -> exit code; `out` holds the data that was printed, `err` the words, without line breaks.

    never: what no output may hold, beside tracebacks.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], never: str = "Traceback") -> None:
        self.folder, self.capsys, self.never = folder, capsys, ("Traceback", never)
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments), "--config", str(self.folder)])
        told = self.capsys.readouterr()
        assert not [word for word in self.never if word in told.out + told.err]
        self.out, self.err = told.out, " ".join(told.err.split())
        return int(end.value.code or 0)

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        """What a command prints as JSON."""
        self(*arguments, "--format", "json")
        found: list[dict[str, object]] = json.loads(self.out)["rows"]
        return found

    def configure(self, more: str) -> None:
        """Adds lines to its configuration."""
        file = self.folder / "ropewalk.yaml"
        file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
