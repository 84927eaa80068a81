"""The pages, run by Streamlit's own test driver: what they show, how they filter, and their empty and error states."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from quick_judge import quick
from streamlit.testing.v1 import AppTest

import ropewalk as rw
from ropewalk.model import Attestation, Waiver

PAGES = ("overview", "findings", "record", "sources")


def run(page: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("ROPEWALK_CONFIG", str(config))
    script = f"from ropewalk.pages import {page}\n{page}.page()\n"
    app = AppTest.from_string(script, default_timeout=60)
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def shown(app: AppTest) -> str:
    """All the words of a page."""
    parts = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]
    return "\n".join(str(p.value) for p in parts) + "\n".join(e.label for e in app.expander)


def tables(app: AppTest) -> list[pd.DataFrame]:
    """The tables of sentences."""
    return [t for part in app.get("html") if "<table" in part.proto.body for t in pd.read_html(StringIO(part.proto.body))]


@pytest.mark.parametrize(
    "text", ["![a](http://evil.example/x.png)", "```![a](http://evil.example)`", "`a` ![b](c)", ":red[x] $x$", "a`![b](c)", "<img src=x>"]
)
def test_names_of_stores_are_no_markup(text: str) -> None:
    from markdown_it import MarkdownIt

    from ropewalk.pages.frame import words

    html = MarkdownIt().render(words(text))
    assert not [tag for tag in ("<img", "<a ", "<pre") if tag in html]
    assert MarkdownIt().render(words("run `ropewalk scan`")).strip() == "<p>run <code>ropewalk scan</code></p>"


@pytest.mark.parametrize("text", ["www.evil.example", "http://evil.example", "HTTPS://evil.example", "a.b@evil.example", "a9@a.a, Www.a"])
def test_names_of_stores_become_no_link(text: str) -> None:
    """Browsers' Markdown links these wherever they stand, even escaped; the patterns are those of mdast-util-gfm-autolink-literal."""
    from ropewalk.pages.frame import words

    said = words(text).replace("\\", "")
    assert not re.search(r"https?://|www\.|[-.\w+]+@[-\w]+", said, re.I)
    assert said.replace("\u2060", "") == text


def test_a_table_of_sentences_shows_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
from datetime import datetime
from ropewalk.pages.frame import prose
rows = [{"a": "<img src=x onerror=alert(1)> & `ropewalk check`", "b": None, "c": datetime(2026, 3, 1, 12, 30), "d": float("nan")}]
prose(rows, {"a": "What", "b": "Empty", "c": "When", "d": "None"})
prose(rows * 41, {"a": "What"})
"""
    app = AppTest.from_string(script).run()
    assert not app.exception
    (part,) = app.get("html")
    assert "<img" not in part.proto.body
    assert "<code>ropewalk check</code>" in part.proto.body
    (shown,) = tables(app)
    assert list(shown) == ["What", "When"]
    assert len(app.dataframe[0].value) == 41


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_sample(page: str, scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run(page, scanned, monkeypatch)
    assert app.title[0].value
    assert "has been scanned yet" not in shown(app)


def test_overview_puts_failing_clauses_first_and_says_why(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("overview", scanned, monkeypatch)
    clauses = [e.label for e in app.expander]
    failing = ["✗ fail" in c for c in clauses]
    assert any(failing)
    assert failing == sorted(failing, reverse=True)
    (retention,) = [e for e in app.expander if "2.1 " in e.label]
    assert any("Mend" in str(m.value) for m in retention.markdown)
    of = pd.concat([t for t in tables(app) if "Of" in t])
    assert of["Of"].str.contains("orders/order_addresses").any()
    assert not of.eq("None").any(axis=None)


def test_the_trend_stands_in_the_order_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first check knows nothing but unknowns: bars drawn status by status would put it last."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "buyers.csv").write_text("id,buyer_email\n" + "".join(f"{i},ann{i}@example.com\n" for i in range(30)))
    (tmp_path / "ropewalk.yaml").write_text("version: 1\nsources: [{name: files, uri: 'file://data', owner: me, purpose: tests}]\n")
    rw.check(rw.load_config(tmp_path))
    rw.scan(tmp_path, judge=quick)
    rw.check(rw.load_config(tmp_path))
    app = run("overview", tmp_path, monkeypatch)
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)
    first, second = bars["layout"]["xaxis"]["categoryarray"]
    drawn = {trace["name"]: trace["x"] for trace in bars["data"]}
    assert drawn["fail"] == [second]
    assert drawn["unknown"] == [first, second]


def test_findings_are_filtered_and_explained(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("findings", scanned, monkeypatch)
    everything = len(app.dataframe[0].value)
    app.multiselect(key="filter-source").set_value(["crm"]).run()
    table = app.dataframe[0].value
    assert 0 < len(table) < everything
    assert all(f.startswith("crm/") for f in table["In"])
    (explained,) = [t for t in tables(app) if "Speaks" in t]
    assert len(explained)
    assert set(explained["Speaks"]) <= {"for", "against"}
    app.text_input(key="filter-text").set_value("nothing has this word").run()
    assert any("No field matches" in i.value for i in app.info)


def test_record_is_narrowed_to_a_state(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("record", scanned, monkeypatch)
    app.button_group(key="record-state").set_value("undeclared").run()
    assert not app.exception
    assert set(app.dataframe[0].value["State"]) == {"undeclared"}


def test_sources_name_what_was_left_out(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("sources", scanned, monkeypatch)
    stores, left_out = tables(app)
    assert "orders" in set(stores["Source"])
    assert left_out["Why"].str.len().min() > 0


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_register_says_what_fills_it(page: str, company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (company.parent / "ropa.yaml").unlink()
    app = run(page, company, monkeypatch)
    assert "ropewalk scan" in shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_configuration_shows_place_and_mend(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ropewalk.yaml"
    path.write_text("version: 1\nsources: [{name: x}]\n")
    app = run(page, path, monkeypatch)
    assert "ropewalk.yaml:2" in app.error[0].value
    assert "mend" in app.info[0].value


def test_a_running_scan_is_shown(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = rw.open_register(rw.load_config(company))
    register.begin_scan(as_of=datetime.now(UTC), config_hash="x", rules_version="1", units=[("crm", "a"), ("crm", "b")])
    app = run("overview", company, monkeypatch)
    assert "0 of 2 datasets" in str(app.get("progress")[0].proto.text)


def test_overview_tells_of_words_that_need_doing_and_of_exceptions(
    place_company: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = rw.load_config(place_company(tmp_path / "company"))
    now = config.as_of
    with rw.open_register(config) as register:
        scan = register.begin_scan(as_of=now, config_hash="c", rules_version="r")
        register.finish_scan(scan, "complete")
        rw.check(config, register)
        register.record_attestations([Attestation("penetration_test", "company", "Ann", now - timedelta(days=9), now + timedelta(days=9))])
        ends = now + timedelta(days=60)
        register.record_exception(Waiver("x1", "1.1.c", "company", "the tool comes in spring", "Ann", "Bo", now - timedelta(days=1), ends))
    app = run("overview", config.path, monkeypatch)
    words = shown(app)
    assert "1** ends soon" in words
    assert "1** exception holds" in words
    assert "1 verdict is excused for now" in words
    assert any("excused" in e.label for e in app.expander if "1.1 " in e.label)


def test_the_reason_of_an_override_is_shown_as_it_was_written(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = company.read_text(encoding="utf-8")
    company.write_text(text + "overrides: {2.1.a: {days: 14, reason: 'a [contract](http://evil.example) of $5 to $6'}}\n", encoding="utf-8")
    config = rw.load_config(company)
    with rw.open_register(config) as register:
        register.finish_scan(register.begin_scan(as_of=config.as_of, config_hash="c", rules_version="r"), "complete")
    (note,) = [str(c.value) for c in run("overview", company, monkeypatch).caption if "Override of" in str(c.value)]
    assert "2.1.a" in note
    assert "\\[contract\\]" in note
    assert "\\$5 to \\$6" in note


@pytest.fixture
def unreachable(tmp_path: Path) -> Path:
    """ropewalk.yaml of a company whose every source is out of reach, scanned and checked all the same."""
    path = tmp_path / "ropewalk.yaml"
    path.write_text("version: 1\nsources:\n- {name: shop, uri: 'file://nowhere', owner: ann, purpose: ship}\n")
    config = rw.load_config(path)
    rw.scan(config)
    rw.check(config)
    return path


@pytest.mark.parametrize("page", ["overview", "findings", "record"])
def test_what_nobody_could_read_is_unknown_and_not_in_order(page: str, unreachable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run(page, unreachable, monkeypatch)
    assert [str(s.value) for s in app.success] == []
    assert "What is in `shop` is unknown" in shown(app)
    numbers = [re.findall(r"<b>(.*?)</b><span>(.*?)</span>", part.proto.body) for part in app.get("html")]
    assert {"personal fields", "gaps in the record"} <= {what for tiles in numbers for n, what in tiles if n == "–"} or page != "overview"


def test_a_field_shows_the_verdicts_on_its_dataset_its_age_and_how_to_decide(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("findings", scanned, monkeypatch)
    app.selectbox[0].set_value("orders/order_addresses#address_line1").run()
    (judged,) = [t for t in tables(app) if "Requirement" in t]
    retention = judged[judged["Requirement"].str.startswith("2.1.a ")].iloc[0]
    assert retention["Verdict"] == "✗ fail"
    assert "more than 30 days" in retention["Why"]
    assert retention["Mend"]
    assert "seen 2026-11-20 12:00 UTC" in shown(app)
    assert "ropewalk findings dismiss 'orders/order_addresses#address_line1' --reason" in app.code[0].value


def test_a_dismissed_finding_counts_nowhere(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = rw.load_config(company)
    rw.scan(config, sources=["crm"])
    with rw.open_register(config) as register:
        found = register.frame("findings")
        register.record_decision(found.iloc[0]["fingerprint"], "dismissed", "Ann", config.as_of, "a test")
        left = len(register.frame("findings"))
    words = shown(run("findings", company, monkeypatch))
    assert f"{left} of {left} personal fields" in words
    assert "1 of them dismissed by a steward" in words


def test_the_head_line_tells_how_old_all_of_it_is(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROPEWALK_CONFIG", str(scanned))
    app = AppTest.from_string("from ropewalk.pages.frame import header\nheader()").run(timeout=60)
    with rw.open_register(rw.load_config(scanned)) as register:
        last = register.frame("scans").iloc[-1]
    said = f"last scan {last['started_at']:%Y-%m-%d %H:%M} UTC, {last['status']} · last check 2"
    assert said in str(app.caption[0].value).replace("\\", "")


def test_what_a_page_exports_says_where_it_comes_from_as_the_command_line_does(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ropewalk.pages.state import state

    monkeypatch.setenv("ROPEWALK_CONFIG", str(scanned))
    now = state()
    assert {"company", "policy hash", "looked at", "ropa.yaml sha256", "evidence head"} <= now.about().keys()
    _, chain, _ = rw.open_register(now.config).evidence_head()
    assert any(chain[:16] in activity.details["evidence"] for activity in now.record)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("undeclared", "whole short"),
        ("2026-11-27\u00a004:45", "whole short"),
        ("scanned in part", "whole"),
        ("? unknown", "whole short"),
        ("bucket/exports/orders_page.json", "wide"),
    ],
)
def test_a_table_of_sentences_breaks_no_word(text: str, kinds: str) -> None:
    app = AppTest.from_string(f"from ropewalk.pages.frame import prose\nprose([{{'a': {text!r}}}], {{'a': 'A'}})").run()
    assert f'<td class="{kinds}">{text}</td>' in app.get("html")[0].proto.body
