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


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/.ropewalk/register.db"


def handed_to(folder: Path, runner: str, renewed: datetime) -> None:
    """As if another runner had taken it."""
    with sa.create_engine(url(folder)).begin() as connection:
        connection.execute(sa.delete(lease))
        connection.execute(sa.insert(lease).values(name=LEASE, runner=runner, taken_at=renewed, renewed_at=renewed))


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with place.register() as register, subprocess.Popen([sys.executable, "-c", HOLD, url(tmp_path)], stdout=subprocess.PIPE) as other:
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
