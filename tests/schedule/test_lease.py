"""One runner for a register: the lease is held by a living process, and expires with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from places import Place

from ropewalk.register import open_register
from ropewalk.register.duties import LeaseError
from ropewalk.register.runner import SILENCE
from ropewalk.register.schema import lease
from ropewalk.schedule import LEASE

HOLD = """
import sys, time
from ropewalk.register import open_register
open_register(sys.argv[1]).duties.take_lease("runner")
print("held", flush=True)
time.sleep(600)
"""


RACE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ropewalk.register import open_register
from ropewalk.register import open_register
from ropewalk.errors import RegisterError
register, go, what = open_register(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
print("ready", flush=True)
while not go.exists():
    pass
try:
    if what == "lease":
        register.duties.take_lease("runner")
    else:
        register.begin_scan(as_of=datetime.now(UTC), config_hash="x", rules_version="1")
    print("held", flush=True)
except RegisterError as error:
    print("refused" if "since" in error.what else error.what, flush=True)
sys.stdin.read()
"""


def race(url: str, go: Path, what: str, many: int = 4) -> list[str]:
    """What processes say that all want the lease, or to scan, at once."""
    command = [sys.executable, "-c", RACE, url, str(go), what]
    runners = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(many)]
    try:
        assert [r.stdout and r.stdout.readline() for r in runners] == ["ready\n"] * many
        go.touch()
        return sorted(r.stdout.readline().strip() for r in runners if r.stdout)
    finally:
        for runner in runners:
            runner.kill()
            runner.communicate()


@pytest.mark.server
@pytest.mark.parametrize("what", ["lease", "scan"])
def test_of_many_that_start_at_once_one_becomes_the_runner(url: str, tmp_path: Path, what: str) -> None:
    """First where nobody ever held it, then where a killed one did."""
    open_register(url).close()
    for turn in range(3):
        assert race(url, tmp_path / f"go{turn}", what) == ["held", "refused", "refused", "refused"]


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder}/.ropewalk/register.db"


def handed_to(folder: Path, runner: str, renewed: datetime) -> None:
    """As if another runner had taken it."""
    with sa.create_engine(url_of(folder)).begin() as connection:
        connection.execute(sa.delete(lease))
        connection.execute(sa.insert(lease).values(name=LEASE, runner=runner, taken_at=renewed, renewed_at=renewed))


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.register() as register, subprocess.Popen([sys.executable, "-c", HOLD, url_of(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LeaseError, match="another runner") as caught:
            register.duties.take_lease(LEASE)
        assert f"{socket.gethostname()}:{other.pid}" in caught.value.what
        assert "stop that process" in caught.value.mend
        assert register.duties.holder(LEASE) == f"{socket.gethostname()}:{other.pid}"
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert register.duties.holder(LEASE) == ""
        register.duties.take_lease(LEASE)
        assert register.duties.holder(LEASE) == f"{socket.gethostname()}:{os.getpid()}"
        register.duties.drop_lease(LEASE)
        assert register.duties.holder(LEASE) == ""


def test_a_runner_on_another_machine_lives_as_long_as_it_gives_signs(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Place(tmp_path).register() as register:
        handed_to(tmp_path, "elsewhere:1:1", now - SILENCE + timedelta(minutes=1))
        with pytest.raises(LeaseError, match="elsewhere:1"):
            register.duties.take_lease(LEASE)
        handed_to(tmp_path, "elsewhere:1:1", now - SILENCE - timedelta(minutes=1))
        register.duties.take_lease(LEASE)
        assert register.duties.renew_lease(LEASE)
        handed_to(tmp_path, "elsewhere:1:1", now)
        assert not register.duties.renew_lease(LEASE), "somebody else has it"
        register.duties.drop_lease(LEASE)
        assert register.duties.holder(LEASE) == "elsewhere:1", "nobody drops the lease of another"
