"""The dashboard in a real browser: open it, filter findings, open a clause, export the record; screenshots are kept."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

import ropewalk as rw
from ropewalk.cli.serving import command, environment, free_port

pytestmark = pytest.mark.browser
KEPT = Path(os.environ.get("ROPEWALK_ARTIFACTS", "test-artifacts")) / "screens"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage"
).split()


@pytest.fixture(scope="module")
def address(scanned: Path) -> Iterator[str]:
    """The dashboard, served as `ropewalk app` serves it."""
    port = free_port(0)
    with subprocess.Popen([*command(port)], env=environment(scanned), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                    break
            except OSError:
                assert server.poll() is None, "the dashboard ended"
                time.sleep(0.25)
        yield url
        server.terminate()


@pytest.fixture(scope="module")
def browser():  # type: ignore[no-untyped-def]
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no Chromium here; mend: `make test` installs it (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address: str) -> Iterator[Page]:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme="light", accept_downloads=True)
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if not r.url.startswith((address, address.replace("http", "ws"), "data:", "blob:")) else None)
    page.goto(address)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=60_000)
    yield page
    assert outside == [], "the page asked another machine for something"
    context.close()


def keep(page: Page, name: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(700)
    page.screenshot(path=KEPT / f"{name}.png")


def test_open_a_clause(page: Page) -> None:
    expect(page.get_by_text("clauses fail")).to_be_visible()
    expect(page.get_by_role("heading", name="People's words")).to_be_visible(timeout=30_000)
    keep(page, "overview")
    clause = page.get_by_test_id("stExpander").filter(has_text="2.1 Retention of personal data")
    clause.locator("summary").click()
    expect(clause.get_by_text("Mend:").first).to_be_visible(timeout=30_000)
    keep(page, "clause")


def test_filter_findings(page: Page) -> None:
    page.get_by_role("link", name="Findings").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible(timeout=30_000)
    search = page.get_by_role("textbox", name="Search")
    search.fill("gift")
    search.press("Enter")
    count = page.get_by_text("personal fields;")
    expect(count).not_to_contain_text(re.compile(r"^(\d+) of \1 "), timeout=30_000)
    expect(page.locator("strong", has_text="gift message")).to_be_visible(timeout=30_000)
    keep(page, "findings")


def test_export_the_record(page: Page, tmp_path: Path) -> None:
    page.get_by_role("link", name="Record of processing").click()
    button = page.get_by_role("button", name="Export CSV")
    expect(button).to_be_visible(timeout=60_000)
    keep(page, "record")
    with page.expect_download() as waiting:
        button.click()
    target = tmp_path / "record.csv"
    waiting.value.save_as(target)
    lines = [line for line in target.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len(rows) > 50
    assert {"observed", "undeclared"} <= {r["state"] for r in rows}


def test_sources_in_the_dark_by_keyboard(browser, address: str) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=60_000)
    link = page.get_by_role("link", name="Sources and scans")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sources and scans")).to_be_visible(timeout=30_000)
    keep(page, "sources-dark")
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert sum(int(v) for v in background.removeprefix("rgb(").rstrip(")").split(",")[:3]) < 200
    context.close()


BROKEN = """[...document.querySelectorAll('.rw-prose td.short')].filter(cell => {
  const text = document.createRange(); text.selectNodeContents(cell);
  return new Set([...text.getClientRects()].map(line => Math.round(line.top))).size > 1}).map(cell => cell.innerText)"""


@pytest.mark.parametrize("path", ["", "sources"])
def test_a_narrow_screen_breaks_no_word_and_scrolls_not_sideways(browser, address: str, path: str) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(viewport={"width": 420, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/{path}")
    expect(page.locator(".rw-prose td.short").first).to_be_attached(timeout=60_000)
    page.wait_for_timeout(700)
    assert page.evaluate(BROKEN) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 420
    context.close()


def test_the_page_holds_no_value(page: Page, scanned: Path) -> None:
    """Values that the stores hold stand nowhere in the page."""
    import sqlite3

    with sqlite3.connect(scanned.parent / "crm.db") as store:
        tables = [t for (t,) in store.execute("select name from sqlite_master where type='table'")]
        values = {str(v) for t in tables for row in store.execute(f'select * from "{t}" limit 50') for v in row if isinstance(v, str) and "@" in v}
    assert values
    page.get_by_role("link", name="Findings").click()
    expect(page.get_by_label("Explain a field")).to_be_visible(timeout=30_000)
    html = page.content()
    assert not [v for v in values if v in html]


def test_a_scan_that_starts_is_shown_without_a_reload(page: Page, scanned: Path) -> None:
    register = rw.open_register(rw.load_config(scanned))
    scan = register.begin_scan(as_of=datetime.now(UTC), config_hash="x", rules_version="1", units=[("crm", "one"), ("crm", "two")])
    try:
        expect(page.get_by_text("Scanning: 0 of 2 datasets")).to_be_visible(timeout=30_000)
    finally:
        register.finish_scan(scan, "failed")
        register.close()
    expect(page.get_by_text("Scanning:")).to_have_count(0, timeout=30_000)
