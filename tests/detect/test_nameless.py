"""Fields whose name says nothing: what chance does not give, and what looks alike and is not."""

from __future__ import annotations

import random

import pytest
from verdicts import judge, one, sample

from ropewalk.model import Category

NAMES = ["Anna Weber", "Maria Gomez", "John Baker", "Susan Clark", "Peter Schmidt", "Laura Rossi", "Paul Martin", "Emma Wilson"]
AREAS = ["206", "312", "415", "617", "713", "503", "917", "818"]
BARE = [f"{AREAS[i % 8]}{2 + i % 7}{(i * 7919) % 1_000_000:06d}" for i in range(1, 17)]
TOWNS = ["Leeds", "Bristol", "Oxford", "Cardiff", "Norwich", "Exeter", "Preston", "Swansea"]
KEYS = [str(7_313_000_000 + random.Random(3).randrange(9_000_000) * (i + 1) % 9_000_000) for i in range(60)]


def test_bare_digits_that_are_all_valid_numbers_are_telephones() -> None:
    alone = one("c1", BARE)
    beside = judge(sample("c1", NAMES * 2), sample("c2", BARE))[1]
    assert alone.category is Category.PHONE
    assert "valid numbers of one country" in alone.explanation
    assert beside.confidence > alone.confidence


def test_bare_digits_that_chance_or_a_range_explains_are_not() -> None:
    drawn = [str(random.Random(i).randrange(10**9, 10**10)) for i in range(60)]
    assert one("c1", drawn).category is None
    assert one("c1", KEYS).category is None
    assert one("c1", BARE, kind="bigint").category is None
    assert one("order_no", BARE).category is None


def test_house_numbers_beside_towns_are_streets() -> None:
    streets = [
        f"{7 * i + 3} {word} {last}"
        for i, (word, last) in enumerate(zip("Mill Kings Abbey Gipsy Ferry Tower Union Corn".split(), ["Key"] * 8, strict=True))
    ]
    assert judge(sample("c1", streets), sample("c2", TOWNS))[0].category is Category.ADDRESS
    behind = [f"Recanto {town}, {i * 9 + 4}" for i, town in enumerate(TOWNS)]
    assert judge(sample("c1", behind), sample("c2", TOWNS))[0].category is Category.ADDRESS
    keys = [f"C0{5_000_000 + 7919 * i}" for i in range(8)]
    assert judge(sample("c1", keys), sample("c2", TOWNS))[0].category is None
    goods = ["Blue Kettle", "Wool Blanket", "Desk Lamp", "Leather Jacket", "Water Bottle", "Red Chair", "Mini Speaker", "Corner Shelf"]
    assert judge(sample("c1", goods), sample("c2", TOWNS))[0].category is None


@pytest.mark.parametrize(
    "codes",
    [
        ["2000", "3051", "4006", "6003", "7250"],
        ["110001", "400053", "560034", "600028", "700091"],
        ["01310-100", "20040002", "30130-010", "70040-020", "80010000"],
    ],
)
def test_codes_beside_streets_are_postal_codes(codes: list[str]) -> None:
    streets = ["12 Example Street", "7 Harbour Road", "44 Oak Lane", "9 Elm Avenue", "1200 North Main Street"]
    assert judge(sample("c1", streets), sample("c2", codes))[1].category is Category.POSTAL_CODE
    assert one("c2", codes).category in {None, Category.POSTAL_CODE if "-" in codes[0] else None}


def test_two_measures_of_one_thing_are_no_coordinates() -> None:
    draw = random.Random(5)
    opened = [f"{draw.uniform(50, 60):.4f}" for _ in range(60)]
    closed = [f"{draw.uniform(50, 60):.4f}" for _ in range(60)]
    assert [f.category for f in judge(sample("c1", opened), sample("c2", closed))] == [None, None]


def test_versions_of_four_parts_are_no_addresses() -> None:
    assert one("c1", ["8.15.8.51", "6.19.7.52", "1.0.4.46", "9.2.0.11"]).category is None
    assert one("c1", ["192.0.2.17", "198.51.100.4", "8.8.8.8", "203.0.113.9"]).category is Category.IP


def test_brands_that_come_again_are_no_people() -> None:
    brands = ["Paul Smith", "Hugo Boss", "Bosch", "Braun", "Calvin Klein", "Philips", "Ralph Lauren", "Dyson"] * 4
    assert one("c1", brands).category is None


def test_a_device_number_is_known_by_its_check_digit() -> None:
    imeis = ["490154203237518", "356938035643809", "353879234252633", "351756051523999"]
    assert one("c1", imeis).category is Category.DEVICE
    assert one("c1", ["490154203237519", "356938035643800", "353879234252631", "351756051523990"]).category is None


@pytest.mark.parametrize("dates", [["28.07.1962", "26.02.1952", "01.03.1991"], ["1971年08月19日", "1989年04月07日", "1950年05月07日"]])
def test_birth_dates_in_other_notations(dates: list[str]) -> None:
    assert one("date_of_birth", dates).category is Category.DOB


def test_lines_within_a_cell_do_not_make_it_implausible() -> None:
    assert one("address_line_1", ["Flat 78\nTaylor Falls", "1 Beverley Key", "Studio 26F\nDuncan Lakes"]).category is Category.ADDRESS
    assert one("gift_message", ["Happy birthday!\nLove, all of us", "To many more\nyears"]).category is Category.GIFT_MESSAGE


@pytest.mark.parametrize(
    ("name", "values", "category"),
    [
        ("氏名", ["山田 太郎", "佐藤 花子"], Category.NAME),
        ("c1", ["山田 太郎", "佐藤 花子", "高橋 健", "田中 一郎"], Category.NAME),
        ("顧客名", ["山田 太郎", "佐藤 花子"], Category.NAME),
        ("配送先住所1", ["港区青葉台2丁目3番地", "青葉区本町1-2-3"], Category.ADDRESS),
        ("电话", ["+86 10 8888 1234"], Category.PHONE),
        ("дата_рождения", ["28.07.1962"], Category.DOB),
        ("이메일", ["ann@example.com"], Category.EMAIL),
        ("商品名", ["綿シャツ", "水筒"], None),
        ("会社名", ["青葉商事株式会社", "山田工業"], None),
    ],
)  # fmt: skip
def test_other_scripts(name: str, values: list[str], category: Category | None) -> None:
    assert one(name, values).category is category


@pytest.mark.parametrize(
    ("name", "values", "category"),
    [
        ("VORNA", NAMES[:3], Category.NAME),
        ("PSTLZ", ["98101", "10019"], Category.POSTAL_CODE),
        ("GBDAT", ["19840517", "19790130"], Category.DOB),
        ("eml_addr", ["ann@example.com"], Category.EMAIL),
        ("gift_msg", ["Happy birthday"], Category.GIFT_MESSAGE),
        ("adresszusatz", ["3. OG links", "Hinterhaus"], Category.ADDRESS),
        ("ip_registration_newsletter", ["192.0.2.17"], Category.IP),
        ("customer_taxvat", ["DE136695976"], Category.GOV_ID),
        ("id_card_number", ["AB1234567", "CD7654321"], Category.GOV_ID),
    ],
)
def test_shortened_names_and_names_of_other_systems(name: str, values: list[str], category: Category) -> None:
    assert one(name, values).category is category
