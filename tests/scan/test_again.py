"""The second scan: unchanged, changed, gone, stopped, taken up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from quick_judge import later
from scan_shop import AT, Shop

from ropewalk.errors import ConfigError, RegisterError
from ropewalk.scan import Progress


def test_unchanged_datasets_are_carried_over_and_changed_ones_read(shop: Shop) -> None:
    shop.scan()
    second = shop.scan()
    assert (second.unchanged, second.rows, second.personal) == (2, 0, 1)
    shop.write("b.csv", "Bo,bo@example.com,x", head="name,mail,more")
    third = shop.scan()
    assert (third.unchanged, third.done) == (1, 2)
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]
    assert shop.scan(full=True).unchanged == 0
    assert shop.scan(judge=later).unchanged == 0
    assert shop.scan(judge=later).unchanged == 2
    shop.configure(limits="{rows: 50, retries: 0}")
    assert shop.scan(judge=later).unchanged == 0
    assert shop.scan(judge=later, exhaustive=True).unchanged == 0
    assert shop.scan(judge=later).unchanged == 2
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]


def test_an_unchanged_dataset_is_read_again_in_time(shop: Shop) -> None:
    shop.scan()
    assert [shop.scan(as_of=AT + timedelta(days=d)).unchanged for d in (10, 20, 31, 60, 62)] == [2, 2, 0, 2, 0]
    shop.configure(limits="{unchanged_days: 0}")
    assert shop.scan(as_of=AT + timedelta(days=62)).unchanged == 0


def test_a_dataset_that_failed_or_is_gone(shop: Shop) -> None:
    shop.scan()
    (shop.data / "a.csv").unlink()
    assert shop.scan().units == 1
    assert shop.fields() == []
    assert len(shop.fields("observations")) == 4


def test_a_narrowed_scan_forgets_nothing(shop: Shop) -> None:
    shop.scan()
    shop.write("b.csv", "Bo,bo@example.com")
    report = shop.scan(datasets=["shop/b*"])
    assert (report.units, report.done) == (1, 1)
    assert shop.fields() == ["shop/a.csv#mail", "shop/b.csv#mail"]
    assert shop.scan(sources=["shop"]).units == 2
    with pytest.raises(ConfigError, match="no source is called"):
        shop.scan(sources=["none"])


def test_a_stopped_scan_goes_on(shop: Shop) -> None:
    class Stop(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.units_done == 1:
            raise Stop

    with pytest.raises(Stop):
        shop.scan(on_progress=stop)
    assert shop.units() == {"a.csv": "done", "b.csv": "stopped"}
    report = shop.scan()
    assert (report.resumed, report.status, report.done, report.rows) == (True, "complete", 2, 1)
    with shop.register as register:
        assert len(register.frame("scans")) == 1
        assert len(register.frame("observations")) == 4
        assert len(register.frame("facts")) == 2


@pytest.mark.parametrize("change", ["no-resume", "other rules", "other configuration", "other clock"])
def test_a_stopped_scan_is_not_taken_up_when_something_changed(shop: Shop, change: str) -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.scan(on_progress=stop)
    if change == "other configuration":
        shop.configure(company="another")
    options = {"no-resume": {"resume": False}, "other rules": {"judge": later}, "other clock": {"as_of": AT.replace(day=2)}}
    report = shop.scan(**options.get(change, {}))
    assert (report.resumed, report.status) == (False, "complete")
    with shop.register as register:
        assert list(register.frame("scans")["status"]) == ["incomplete", "complete"]
        assert register.frame("skipped").empty


def test_a_dataset_that_went_while_the_scan_was_stopped(shop: Shop) -> None:
    def stop(progress: Progress) -> None:
        if progress.units_done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.scan(on_progress=stop)
    (shop.data / "b.csv").unlink()
    report = shop.scan()
    assert (report.resumed, report.status, report.units) == (True, "complete", 1)


def test_two_scans_never_run_at_once(shop: Shop) -> None:
    def again(progress: Progress) -> None:
        shop.scan()

    with pytest.raises(RegisterError, match="a scan is running"):
        shop.scan(on_progress=again)
