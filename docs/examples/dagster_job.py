"""Ropewalk every night by Dagster (1.8 or later): `dagster dev -f dagster_job.py`. Ropewalk lives in an environment of its own.

Exit codes: 0 clean; 1 a control failed and 2 a wrong configuration fail the run for good; 3 (incomplete) is tried again.
"""

from __future__ import annotations

import subprocess

from dagster import Definitions, Failure, OpExecutionContext, RetryRequested, ScheduleDefinition, job, op

FOLDER = "/srv/ropewalk"
COMMAND = ["/srv/ropewalk/.venv/bin/ropewalk", "check", "--once"]
WORDS = {1: "a control failed: see `ropewalk check`", 2: "the configuration or the register is wrong"}


@op
def check(context: OpExecutionContext) -> None:
    code = subprocess.run(COMMAND, cwd=FOLDER, check=False).returncode
    if code in WORDS:
        raise Failure(description=WORDS[code], allow_retries=False)
    if code:
        context.log.warning("incomplete: something could not be read, or another run is at it")
        raise RetryRequested(max_retries=2, seconds_to_wait=900)


@job(tags={"dagster/concurrency_key": "ropewalk"})
def ropewalk() -> None:
    check()


defs = Definitions(jobs=[ropewalk], schedules=[ScheduleDefinition(job=ropewalk, cron_schedule="0 3 * * *", execution_timezone="Europe/Berlin")])
