"""Scans and checks when they are due, by one runner; what was missed or overlapped is kept and told."""

from ropewalk.register.duties import LeaseError
from ropewalk.schedule.due import LEASE, due_between, jobs, next_due, note_missed
from ropewalk.schedule.once import Keep, only_runner
from ropewalk.schedule.runner import Runner

__all__ = ["LEASE", "Keep", "LeaseError", "Runner", "due_between", "jobs", "next_due", "note_missed", "only_runner"]
