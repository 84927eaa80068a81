"""The dashboard while a real scan runs: speed, time left, and how far each source is."""

from __future__ import annotations

import pytest
from scan_shop import Shop
from streamlit.testing.v1 import AppTest

from ropewalk.scan import Progress
from ropewalk.views import byte_words


def test_the_page_of_sources_follows_a_running_scan(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = shop.folder / "other"
    other.mkdir()
    (other / "o.csv").write_text("name,mail\nAnn,ann@example.com\n")
    shop.configure(sources=f"- {{name: other, uri: 'folder://{other}', owner: me, purpose: tests}}")
    monkeypatch.setenv("ROPEWALK_CONFIG", str(shop.folder / "ropewalk.yaml"))
    seen: list[tuple[str, dict[str, list[object]]]] = []

    def watch(progress: Progress) -> None:
        if (progress.units_done, progress.units) != (2, 3):
            return
        app = AppTest.from_string("from ropewalk.pages import sources\nsources.page()\n", default_timeout=60).run()
        assert not app.exception, [e.value for e in app.exception]
        seen.append((str(app.get("progress")[0].proto.text), app.dataframe[0].value.set_index("Source").T.to_dict("list")))

    assert shop.scan(on_progress=watch).status == "complete"
    ((words, states),) = seen
    assert "2 of 3 datasets" in words
    assert "rows and" in words
    assert "B a second, about" in words
    assert {s: v[:3] for s, v in states.items()} == {"shop": ["done", 2, 2], "other": ["waiting", 1, 0]}
    app = AppTest.from_string("from ropewalk.pages import sources\nsources.page()\n", default_timeout=60).run()
    assert not app.get("progress"), "when the scan has ended, the bar has gone"


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1536, "1.5 kB"), (250_000_000, "250 MB"), (9e15, "9000.0 TB")])
def test_bytes_in_words(count: float, words: str) -> None:
    assert byte_words(count) == words
