"""Ropewalk every night by Airflow (2.10 or 3): into the DAGs folder. Ropewalk lives in an environment of its own.

Exit codes: 0 clean; 1 a control failed and 2 a wrong configuration fail the task for good; 3 (incomplete) is tried again.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException

FOLDER = "/srv/ropewalk"
COMMAND = ["/srv/ropewalk/.venv/bin/ropewalk", "check", "--once"]
WORDS = {1: "a control failed: see `ropewalk check`", 2: "the configuration or the register is wrong"}


@dag(
    dag_id="ropewalk",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
)
def ropewalk() -> None:
    @task(execution_timeout=timedelta(hours=6))
    def check() -> None:
        code = subprocess.run(COMMAND, cwd=FOLDER, check=False).returncode
        if code in WORDS:
            raise AirflowFailException(WORDS[code])
        if code:
            raise AirflowException("incomplete: something could not be read, or another run is at it")

    check()


ropewalk()
