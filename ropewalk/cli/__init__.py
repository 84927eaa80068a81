"""The command line: one file a group of commands, `render` for what they print. Heavy imports wait inside the commands."""

from ropewalk.cli.program import main

__all__ = ["main"]
