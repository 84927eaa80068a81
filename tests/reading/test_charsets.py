"""Encodings are told by content: those of marketplaces' reports, of old exports and of mixtures."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ropewalk.reading.formats.text import encoding

NAMES = {
    "ja": ("注文番号,購入者名,住所", "山田太郎", "東京都千代田区丸の内 ビル"), "zh": ("订单号,买家,地址", "张伟", "北京市朝阳区"),
    "tw": ("訂單,買家,地址", "陳大文", "台北市信義區"), "ko": ("주문,이름,주소", "김민수", "서울시 강남구"),
    "ru": ("заказ,имя,адрес", "Анна Ли", "Москва улица"), "pl": ("id,imię,adres", "Łukasz Żółć", "Kraków"),
    "de": ("id,name,ort", "Jürgen Groß", "Köln"), "fr": ("id,nom,ville", "Zoë Núñez", "Orléans"),
    "el": ("id,όνομα,πόλη", "Γιώργος Παπαδόπουλος", "Αθήνα"), "he": ("id,שם,עיר", "דוד כהן", "חיפה"),
    "ar": ("id,الاسم,مدينة", "محمد علي", "القاهرة"), "th": ("id,ชื่อ,เมือง", "สมชาย ใจดี", "กรุงเทพ"),
}  # fmt: skip


def table(language: str) -> str:
    head, name, place = NAMES[language]
    return f"{head}\n" + "".join(f"{n},{name} {n},{place} {n}\n" for n in range(40))


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ja", "cp932"), ("ja", "euc_jp"), ("ja", "iso2022_jp"), ("ja", "utf-8"), ("zh", "gb18030"), ("zh", "utf-16"), ("tw", "big5"),
        ("ko", "euc_kr"),
        ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "cp866"), ("pl", "cp1250"), ("de", "cp1252"), ("de", "cp850"), ("fr", "cp1252"),
        ("fr", "mac_roman"),
        ("el", "cp1253"), ("he", "cp1255"), ("ar", "cp1256"), ("th", "cp874"), ("fr", "utf-32"), ("fr", "utf-8-sig"),
    ],
)  # fmt: skip
def test_the_encoding_is_told_by_content(language: str, name: str) -> None:
    data = table(language).encode(name)
    found = encoding(data)
    assert found is not None
    assert data.decode(found) == table(language)


@pytest.mark.parametrize("name", ["cp932", "euc_jp"])
def test_one_foreign_row_among_plain_ones_is_enough(name: str) -> None:
    data = ("id,name\n" + "".join(f"{n},Ann Lee\n" for n in range(50)) + "51,山田太郎\n").encode(name)
    assert "山田太郎" in data.decode(encoding(data) or "ascii")


def test_a_slip_in_utf8_leaves_the_rest_readable() -> None:
    data = table("de").encode() + b"99,Jos\xe9,x\n"
    assert encoding(data) == "utf-8"


def test_a_head_that_cuts_a_character_in_two() -> None:
    for name in ("utf-8", "cp932", "gb18030", "big5"):
        data = table("ja" if name == "cp932" else "tw" if name == "big5" else "zh").encode(name)
        assert {encoding(data[:n]) for n in range(400, 420)} == {name}


def test_random_bytes_are_no_text() -> None:
    assert {encoding(random.Random(n).randbytes(4_000)) for n in range(100)} == {None}


def test_signs_among_plain_words_are_western() -> None:
    for text in ("Preis: 5 €, Größe 3½", "naïve café – “quoted”", "100 µm ±5°", "ÄÖÜ ÉCOLE"):
        assert encoding(f"{text}\n".encode("cp1252")) == "cp1252"


def test_tables_of_other_encodings_are_read(tmp_path: Path) -> None:
    from ropewalk.config import Limits
    from ropewalk.model import Dataset, Sample, Source
    from ropewalk.plugins import Plugins

    (tmp_path / "注文.csv").write_bytes(table("ja").encode("cp932"))
    connector = Plugins.of().connector("file", "test")(Source("f", f"file://{tmp_path}"), Limits())
    (dataset,) = (d for d in connector.datasets() if isinstance(d, Dataset))
    found = {s.field.path: s for s in connector.samples(dataset, rows=100) if isinstance(s, Sample)}
    assert "山田太郎 7" in found["購入者名",].values
