"""`ropewalk schedule run` as a process: alone, stopped, killed, cut off; what it did is in the history and alarmed."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from places import Place, command, lives, until
from test_lease import handed_to

from ropewalk.schedule import Runner

EVERY_MINUTE = 'scan: "* * * * *", grace: 60'
QUICK = """
from ropewalk.config import load
from ropewalk.register import open_register
from ropewalk.schedule import LeaseError, Runner
import sys
config = load(sys.argv[1])
try:
    Runner(config, open_register(config), print, beat=0.1, again=0.1).run()
except LeaseError as error:
    sys.exit(error.what)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The last run began ten minutes ago, so that the next is due at once."""
    made = Place(tmp_path, EVERY_MINUTE)
    made.ran("scan", timedelta(minutes=10))
    return made


def test_one_runner_works_and_stops_when_asked(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with place.start() as first:
        pid = place.scanner()
        assert command("schedule", "run", "--config", str(place.folder)) == 2
        assert f":{first.pid})" in capsys.readouterr().err
        assert command("schedule", "list", "--config", str(place.folder)) == 0
        assert f":{first.pid}" in capsys.readouterr().err
        place.go()
        until(lambda: not lives(pid) and ("scan", "done") in place.runs()[1:])
        first.send_signal(signal.SIGTERM)
        told, _ = first.communicate(timeout=120)
    assert first.returncode == 0
    assert "scan: exit code 0" in told
    assert told.endswith("Stopped.\n")
    assert "Traceback" not in told
    assert command("check", "--once", "--no-scan", "--config", str(place.folder)) in {0, 1}, "the lease was given back"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_job_that_runs(place: Place, how: signal.Signals) -> None:
    with place.start() as first:
        pid = place.scanner()
        first.send_signal(how)
        told, _ = first.communicate(timeout=120)
    assert first.returncode == 0
    assert not lives(pid)
    assert "Traceback" not in told
    assert place.runs()[-1] == ("scan", "failed")
    with place.register() as register:
        assert "stopped" in register.frame("runs")["detail"].iloc[-1]


def test_a_killed_runner_takes_its_job_with_it_and_the_next_one_tells(place: Place) -> None:
    with place.start() as first:
        pid = place.scanner()
        first.kill()
        first.communicate()
    until(lambda: not lives(pid))
    assert place.runs()[-1] == ("scan", "running")
    place.go()
    with place.start() as second:
        until(lambda: place.runs()[-1] == ("scan", "done"))
        second.send_signal(signal.SIGTERM)
        told, _ = second.communicate(timeout=120)
    assert "1 run had no end" in told
    assert ("scan", "lost") in place.runs()


def test_a_lost_run_is_alarmed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.register().close()
    with place.start("import sys; from ropewalk.register import open_register; open_register(sys.argv[1]).duties.begin_run('scan', None)",
                     f"sqlite:///{tmp_path}/.ropewalk/register.db") as dead:  # fmt: skip
        dead.communicate()
    with place.register() as register:
        register.duties.take_lease("runner")
        assert register.duties.bury_runs() == 1
        Runner(place.config, register, print)._alarm()
        register.duties.drop_lease("runner")
    assert place.alarms() == ["the last scan was lost: its process died"]


def test_downtime_is_noted_and_alarmed(tmp_path: Path) -> None:
    place = Place(tmp_path, 'scan: "0 * * * *", grace: 1')
    place.ran("scan", timedelta(hours=5))
    with place.start() as runner:
        until(lambda: any("was missed" in title for title in place.alarms()))
        runner.send_signal(signal.SIGTERM)
        told, _ = runner.communicate(timeout=120)
    assert "missed" in told
    assert [s for _, s in place.runs()].count("missed") >= 4


def test_a_runner_that_lost_its_lease_ends(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.register().close()
    with place.start(QUICK, str(tmp_path)) as runner:
        until(lambda: place.register().duties.holder("runner"))
        handed_to(tmp_path, "elsewhere:7:1", datetime.now(UTC))
        told, _ = runner.communicate(timeout=120)
    assert runner.returncode == 1
    assert "another runner took over" in told
    assert place.register().duties.holder("runner") == "elsewhere:7"


def test_what_the_scheduler_left_out_is_kept_once_and_told_with_the_next_sign_of_life(tmp_path: Path) -> None:
    from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent

    place = Place(tmp_path)
    told: list[str] = []
    at = datetime.now(UTC)
    with place.register() as register:
        register.duties.take_lease("runner")
        runner = Runner(place.config, register, told.append)
        for _ in range(2):
            runner._left_out(JobSubmissionEvent(EVENT_JOB_MAX_INSTANCES, "0-scan", "default", [at]), "overlapped")
        runner._left_out(JobSubmissionEvent(EVENT_JOB_MAX_INSTANCES, "beat", "beat", [at]), "overlapped")
        assert place.alarms() == []
        runner._beat()
    assert place.runs() == [("scan", "overlapped")]
    assert told == ["scan: overlapped"]
    (title,) = place.alarms()
    assert "was left out: the one before still ran" in title


def test_a_channel_that_was_down_is_tried_again_without_a_run(tmp_path: Path) -> None:
    place = Place(tmp_path, more="alarms: {channels: [{kind: syslog, to: 'file://later/alarms.jsonl'}]}\n")
    told: list[str] = []
    with place.register() as register:
        register.duties.note_run("scan", datetime.now(UTC), "missed", "")
        runner = Runner(place.config, register, told.append)
        runner._alarm()
        assert "cannot be written" in told[-1]
        (tmp_path / "later").mkdir()
        runner._deliver()
        assert told[-1] == "alarms by syslog: 1 sent"
    assert "was missed" in (tmp_path / "later" / "alarms.jsonl").read_text()
