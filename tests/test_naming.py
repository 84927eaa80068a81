"""Names that hold personal data: what is masked, what stays, and that nobody without the key can try out addresses."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.naming import MASKED, VARIABLE, Names, installation_key, is_data_key, masked_words, spans, told
from ropewalk.reading.names import pattern

NAMES = Names(b"a key of this test")


@pytest.mark.parametrize(
    "key",
    ["ann@example.com", "ann%40example.com", "12345", "123456", "9f8b7c6d-0000", "Ann B Lee of Hill", "x" * 129, "Margaret Thompson", "ann_lee",
     "user_susan_martinez", "Thompson, Margaret", "José García", "margaret.thompson", "MargaretThompson", "+1 415-555-0134", "123-45-6789"],
)  # fmt: skip
def test_keys_that_are_data(key: str) -> None:
    assert is_data_key(key)


@pytest.mark.parametrize(
    "key",
    ["buyer_email", "BuyerInfo", "address-line-1", "ship city", "v0", "2026", "@timestamp", "@id", "logo@2x", "server_date", "char_len",
     "unique_hash", "max_price", "New York", "san_jose", "grant_select", "amount_usd", "2026-11-20 10-00-00", "will_call", "page_count", "bill_to"],
)  # fmt: skip
def test_keys_that_are_structure(key: str) -> None:
    assert is_data_key(key) is (key == "2026")


@pytest.mark.parametrize(
    ("name", "shape", "values"),
    [
        ("orders_ann.lee@example.com.csv", "*.csv", ("orders_ann.lee@example.com",)),
        ("customer=Ann Lee/part-0.parquet", "customer=*/part-0.parquet", ("Ann Lee",)),
        ("customer=Zed/day=2026-01-02/a.csv", "customer=*/day=2026-01-02/a.csv", ("Zed",)),
        ("invoice_Margaret_Thompson.pdf", "invoice_*.pdf", ("Margaret Thompson",)),
        ("margaret.thompson.json", "*.json", ("Margaret Thompson",)),
        ("customer%3DMargaret%20Thompson/x.csv", "customer%3D*/x.csv", ("Margaret Thompson",)),
        ("notes +1 415-555-0134.txt", "notes *.txt", ("+1 415-555-0134",)),
        ("ssn_123-45-6789.csv", "ssn_*.csv", ("123-45-6789",)),
        ("logs/2026-01-02/app.log.gz", "logs/2026-01-02/app.log.gz", ()),
        ("assets/logo@2x.png", "assets/logo@2x.png", ()),
    ],
)
def test_paths_keep_what_is_structure(name: str, shape: str, values: tuple[str, ...]) -> None:
    shown = NAMES.shown(name)
    assert MASKED.sub("*", shown) == shape
    assert told(name) == values
    assert NAMES.shown(name) == shown, "the same in every scan"


def test_masked_files_of_one_kind_are_of_one_shape() -> None:
    assert {pattern(NAMES.shown(f"orders_{n}_report.csv")) for n in ("ann_lee", "Margaret Thompson")} == {"orders_*_report.csv"}


def test_two_columns_that_are_people_stay_apart_and_can_be_found_again() -> None:
    ann, margaret = NAMES.label("sales_ann_lee"), NAMES.label("sales_margaret_thompson")
    assert ann != margaret
    assert re.fullmatch(r"sales_\*[0-9a-f]{8}", ann)
    assert ann == f"sales_{NAMES.token('ann_lee')}"


def test_tokens_need_the_key() -> None:
    """An unkeyed hash of an address is as good as the address: anybody can hash a list of addresses."""
    value = "ann@example.com"
    token = NAMES.token(value)[1:]
    plain = {getattr(hashlib, kind)(value.encode()).hexdigest()[:8] for kind in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")}
    assert token not in plain
    assert token != Names(b"another key").token(value)[1:]
    assert Names().token(value)[1:] not in {*plain, token}
    assert "key" not in repr(NAMES)


@given(
    st.lists(st.sampled_from([*"ab12_-. =@/", "ann", "Lee", "susan_martinez", "x@example.com", "+1 415-555-0134", "sales", "\u202e", "\x1b"])).map(
        "".join
    )
)
def test_nothing_personal_is_left_in_a_label(name: str) -> None:
    assert spans(MASKED.sub("|", NAMES.label(name))) == ()
    assert all(c.isprintable() for c in NAMES.label(name))
    assert all(c.isprintable() for c in NAMES.shown(name))


def test_free_text_keeps_its_sense() -> None:
    said = masked_words("ask ann.lee@example.com or Margaret Thompson, +1 415-555-0134; origin=amazon-sp-api")
    assert said == "ask * or *, *; origin=amazon-sp-api"


def test_the_key_is_made_once_and_for_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = installation_key(tmp_path / ".ropewalk", "register")
    assert len(key) == 64
    assert installation_key(tmp_path / ".ropewalk", "another") == key
    assert [f.name for f in (tmp_path / ".ropewalk").iterdir()] == ["names.key"]
    assert (tmp_path / ".ropewalk" / "names.key").stat().st_mode & 0o077 == 0
    (tmp_path / "file").write_text("no folder")
    assert installation_key(tmp_path / "file", "postgresql://u:secret@h/d") == installation_key(tmp_path / "file", "postgresql://u:secret@h/d")
    monkeypatch.setenv(VARIABLE, "from elsewhere")
    assert installation_key(tmp_path / ".ropewalk", "register") == b"from elsewhere"
