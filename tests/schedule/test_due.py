"""When a job is due: cron lines with the meaning of cron, over changes of the clock, and what was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from places import Place, command

from ropewalk.schedule import due_between, next_due, note_missed
from ropewalk.schedule.due import MOST, weekdays

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("*", "*"),
        ("0", "sun"),
        ("7", "sun"),
        ("1", "mon"),
        ("1-5", "mon,tue,wed,thu,fri"),
        ("5-7", "sun,fri,sat"),
        ("MON-wed,sat", "mon,tue,wed,sat"),
        ("*/2", "sun,tue,thu,sat"),
        ("1-5/2", "mon,wed,fri"),
        ("4/2", "thu,sat"),
        ("0-6", "*"),
    ],
)
def test_days_of_the_week_are_those_of_cron(written: str, days: str) -> None:
    assert weekdays(written) == days


@pytest.mark.parametrize("written", ["8", "5-1", "someday", "1-", "*/0", ""])
def test_what_is_no_day_of_the_week(written: str) -> None:
    with pytest.raises(ValueError, match="not a day of the week"):
        weekdays(written)


def due(folder: Path, schedule: str, after: datetime, days: int) -> list[str]:
    config = Place(folder, schedule).config
    return [f"{at:%a %d %H:%M}" for at in due_between(config, "scan", after, after + timedelta(days=days))]


def test_monday_is_monday(tmp_path: Path) -> None:
    assert due(tmp_path, 'scan: "0 6 * * 1"', MONDAY, 14) == ["Mon 02 06:00", "Mon 09 06:00"]


def test_a_day_of_the_month_or_of_the_week(tmp_path: Path) -> None:
    assert due(tmp_path, 'scan: "0 6 4 * 1"', MONDAY, 8) == ["Mon 02 06:00", "Wed 04 06:00", "Mon 09 06:00"]


def test_the_hour_is_that_of_the_time_zone(tmp_path: Path) -> None:
    before = datetime(2026, 3, 28, tzinfo=UTC)
    assert due(tmp_path, 'scan: "0 6 * * *", timezone: Europe/Berlin', before, 2) == ["Sat 28 05:00", "Sun 29 04:00"]


def test_a_day_that_never_comes(tmp_path: Path) -> None:
    place = Place(tmp_path, 'scan: "0 6 30 2 *"')
    assert next_due(place.config, "scan", MONDAY) is None
    assert command("schedule", "list", "--config", str(tmp_path)) == 0


@pytest.mark.parametrize("line", ["61 * * * *", "0 6 * * 9", "0 6 * 13 *", "a b c d e"])
def test_no_cron_line_is_told_with_its_place(tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    Place(tmp_path, f'scan: "{line}"')
    for words in (["schedule", "run"], ["schedule", "list"]):
        assert command(*words, "--config", str(tmp_path)) == 2
        told = capsys.readouterr().err
        assert line in told
        assert "schedule.scan" in told
        assert "minute hour day month weekday" in told


def test_nothing_is_scheduled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Place(tmp_path, "grace: 5")
    assert command("schedule", "run", "--config", str(tmp_path)) == 2
    assert "nothing is scheduled" in capsys.readouterr().err
    assert command("schedule", "list", "--config", str(tmp_path)) == 0
    assert "set schedule.scan" in capsys.readouterr().err


def test_runs_while_nobody_ran_are_missed_once(tmp_path: Path) -> None:
    place = Place(tmp_path, 'scan: "0 * * * *", grace: 30')
    now = datetime.now(UTC)
    with place.register() as register:
        assert note_missed(place.config, register, now) == 0, "a first run is never missed"
    place.ran("scan", timedelta(hours=6))
    with place.register() as register:
        noted = note_missed(place.config, register, now)
        assert noted == len(due_between(place.config, "scan", now - timedelta(hours=6), now - timedelta(minutes=30)))
        assert noted in {5, 6}
        assert note_missed(place.config, register, now) == 0
    assert [s for _, s in place.runs()] == ["done"] + ["missed"] * noted


def test_after_years_only_the_last_runs_are_noted(tmp_path: Path) -> None:
    place = Place(tmp_path, 'scan: "0 6 * * *"')
    place.ran("scan", timedelta(days=900))
    with place.register() as register:
        assert note_missed(place.config, register, datetime.now(UTC)) == MOST
