"""What every command gets: the global options, the configuration and the register, opened when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ropewalk.cli.render import Format, Out
from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print: table, json or csv.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Judge as of this day or time (2026-03-01), instead of now.")]


@dataclass
class State:
    """Global options of one run."""

    path: Path | None = None
    debug: bool = False
    out: Out = field(default_factory=Out)

    @cached_property
    def config(self) -> Config:
        from ropewalk.config import load

        return load(self.path)

    @cached_property
    def register(self) -> Register:
        config = self.config
        from ropewalk.register import open_register

        return open_register(config)

    def at(self, as_of: str | None) -> State:
        """The same run with another clock."""
        when = moment(as_of)
        if when is None:
            return self
        from ropewalk.config import Config

        config = self.config
        turned = State(self.path, self.debug, self.out)
        turned.config = Config(config.settings.model_copy(update={"as_of": when}), config.path, config.digest)
        return turned


def state(context: typer.Context) -> State:
    found: State = context.find_root().obj
    return found


def moment(text: str | None, *, end: bool = False) -> datetime | None:
    """`2026-03-01` (its begin, or its `end`) or an ISO time, in UTC where no zone is given. Raises ConfigError."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a date or time", where="command line", mend="write it as 2026-03-01 or 2026-03-01T12:00+00:00") from None
    if end and len(text) == len("2026-03-01"):
        when = datetime.combine(when.date(), time.max)
    return when if when.tzinfo else when.replace(tzinfo=UTC)
