"""Maps keyed by people: no key of them is kept as a name, also of those whom no list knows, and the keys are judged as values."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pandas as pd

import ropewalk as rw
from ropewalk.config import Limits
from ropewalk.model import FieldRef, Sample, path_text
from ropewalk.model import Path as FieldPath
from ropewalk.naming import KEY
from ropewalk.reading.cells import FrameRows
from ropewalk.reading.tables import Column
from ropewalk.scan.keys import collapsed

PEOPLE = ("Margaret Thompson", "Susan Martinez", "Kenneth Sullivan", "Deborah Henderson")


def samples(*given: tuple[FieldPath, dict[str, int], int]) -> dict[FieldPath, Sample]:
    return {path: Sample(FieldRef("s", "d", path), values, rows, rows - sum(values.values())) for path, values, rows in given}


def test_a_key_among_people_is_one() -> None:
    known = dict.fromkeys(PEOPLE, 1)
    found = collapsed(
        samples((("m", "*"), {"1": 4}, 10), (("m", KEY), known, 10), (("m", "Zork Quux"), {"1": 1}, 10), (("m", "currency"), {"USD": 10}, 10))
    )
    assert set(map(path_text, found)) == {"m.*", "m.{key}", "m.currency"}
    assert found["m", KEY].values == {**known, "Zork Quux": 1}
    assert found["m", "*"].values == {"1": 5}
    assert (found["m", "*"].rows, found["m", "*"].cells) == (10, 5)


def test_many_rare_keys_that_no_program_names_are_data() -> None:
    many = [(("m", f"Zork Quux{chr(97 + n // 26)}{chr(97 + n % 26)}"), {"1": 1}, 2_000) for n in range(150)]
    plain = [(("m", f"option_{chr(97 + n // 26)}{chr(97 + n % 26)}"), {"1": 1}, 2_000) for n in range(150)]
    assert set(collapsed(samples(*many))) == {("m", "*"), ("m", KEY)}
    assert set(collapsed(samples(*plain))) == {path for path, *_ in plain}


def test_what_lies_below_such_keys_falls_together() -> None:
    known = dict.fromkeys(PEOPLE, 1)
    below = [(("m", f"Zork Quux{c}", "mail"), {f"{c}@example.com": 1}, 5) for c in "ab"]
    found = collapsed(samples((("m", "*", "mail"), {"z@example.com": 1}, 5), (("m", KEY), known, 5), *below))
    assert found["m", "*", "mail"].values == {"z@example.com": 1, "a@example.com": 1, "b@example.com": 1}
    assert set(found) == {("m", "*", "mail"), ("m", KEY)}


def test_rows_are_found_again_below_such_keys() -> None:
    """A control that counts rows must not miss the row whose key no list knows."""
    rows = FrameRows([Column("m", "text", "", "json")], [("m", "*")], Limits())
    rows.add([(json.dumps({"Zork Quux": "x"}),), (json.dumps({"Ann Lee": "y"}),), (json.dumps({"currency": "USD"}),)])
    assert rows.data["m", "*"] == ["x", "y", None]


def test_no_such_key_is_in_the_register(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.execute("CREATE TABLE carts (id INT, by_person TEXT)")
        for n, name in enumerate((*PEOPLE, "Quorvella Zimthwaite") * 4):
            db.execute("INSERT INTO carts VALUES (?, ?)", (n, json.dumps({name: {"items": n, "Kind": "a"}})))
    db.close()
    (tmp_path / "ropewalk.yaml").write_text("version: 1\nsources:\n  - {name: a, uri: 'sqlite:///a.db', owner: o, purpose: p}\n")
    config = rw.load_config(tmp_path / "ropewalk.yaml")
    register = rw.open_register(config)
    rw.scan(config, register)
    fields: pd.DataFrame = register.frame("fields")
    assert set(fields["path"]) == {"id", "by_person.{key}", "by_person.*.items", "by_person.*.Kind"}
    assert list(fields[fields["path"] == "by_person.{key}"]["category"]) == ["name"]
    register.close()
    held = b"".join(p.read_bytes() for p in (tmp_path / ".ropewalk").iterdir()).lower()
    assert not [word for word in (b"zimthwaite", b"thompson", b"sullivan") if word in held]
