"""The verdict on one field: what speaks for it, what against it, and that it says so."""

from __future__ import annotations

import pytest
from verdicts import judge, one, sample

from ropewalk.model import Category, Strength

NAMES = ["Anna Weber", "Maria Gomez", "John Baker", "Susan Clark", "Peter Schmidt", "Laura Rossi", "Paul Martin", "Emma Wilson"]
MAILS = [f"{n.split()[0].lower()}@example.com" for n in NAMES]
PHONES = [f"+1 206 555 01{i:02d}" for i in range(10, 18)]
STREETS = [
    "12 Example Street",
    "7 Harbour Road",
    "1200 North Main St Apt 5",
    "Beispielstraße 12",
    "12 rue des Lilas",
    "Calle Mayor, 4",
    "44 Oak Lane",
    "9 Elm Ave",
]
ZIPS = ["98101", "10019", "60611", "30301", "73301", "02139", "94107", "80203"]
TOWNS = ["Seattle", "Boston", "Chicago", "Atlanta", "Denver", "Austin", "Portland", "Houston"]


@pytest.mark.parametrize(
    ("name", "values", "category", "strength"),
    [
        ("buyer_email", MAILS, Category.EMAIL, Strength.DIRECT),
        ("c1", MAILS, Category.EMAIL, Strength.DIRECT),
        ("customer", MAILS, Category.EMAIL, Strength.DIRECT),
        ("recipientName", NAMES, Category.NAME, Strength.DIRECT),
        ("c1", NAMES, Category.NAME, Strength.DIRECT),
        ("mobile", PHONES, Category.PHONE, Strength.DIRECT),
        ("c1", PHONES, Category.PHONE, Strength.DIRECT),
        ("ship-address-1", STREETS, Category.ADDRESS, Strength.DIRECT),
        ("c1", STREETS, Category.ADDRESS, Strength.DIRECT),
        ("PLZ", ZIPS, Category.POSTAL_CODE, Strength.DIRECT),
        ("ship_city", TOWNS, Category.ADDRESS, Strength.WEAK),
        ("geburtsdatum", ["1984-05-17", "1979-01-30", "2001-12-02"], Category.DOB, Strength.DIRECT),
        ("c1", ["192.0.2.17", "198.51.100.4", "2001:db8::7"], Category.IP, Strength.DIRECT),
        ("ua", ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Mozilla/5.0 (Windows NT 10.0; Win64)"], Category.FINGERPRINT, Strength.DIRECT),
        ("c1", ["00:00:5e:00:53:01", "00:00:5e:00:53:0f"], Category.DEVICE, Strength.DIRECT),
        ("idfa", ["123e4567-e89b-12d3-a456-426614174000"], Category.DEVICE, Strength.DIRECT),
        ("c1", ["DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19"], Category.PAYMENT, Strength.DIRECT),
        ("c1", ["4111 1111 1111 1111", "5555 5555 5555 4444"], Category.PAYMENT, Strength.DIRECT),
        ("geschenknachricht", ["Alles Gute zum Geburtstag"], Category.GIFT_MESSAGE, Strength.DIRECT),
        ("survey_response", ["Too slow", "Great"], Category.SURVEY_RESPONSE, Strength.DIRECT),
        ("partita_iva", ["00743110157"], Category.GOV_ID, Strength.DIRECT),
        ("anonymousId", ["a1b2c3d4e5f6"], Category.COOKIE, Strength.DIRECT),
        ("customer_id", ["1", "2", "3"], Category.PERSON_ID, Strength.WEAK),
        ("gender", ["f", "m"], Category.DEMOGRAPHIC, Strength.WEAK),
        ("password_hash", ["$2b$12$" + "a" * 53], Category.CREDENTIAL, Strength.WEAK),
    ],
)
def test_personal(name: str, values: list[str], category: Category, strength: Strength) -> None:
    finding = one(name, values)
    assert (finding.category, finding.strength) == (category, strength), finding.explanation
    assert finding.confidence >= 0.5
    assert finding.sampled == len(values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amazon-order-id", ["123-1234567-1234567", "902-7654321-7654321"]),
        ("c1", ["123-1234567-1234567", "902-7654321-7654321"]),
        ("asin", ["B0EXAMPLE1", "B0EXAMPLE2"]),
        ("fnsku", ["X00EXAMPL1", "X00EXAMPL2"]),
        ("upc", ["036000291452", "012345678905"]),
        ("c1", ["4006381333931", "9780306406157"]),
        ("tracking-number", ["1Z999AA10123456784", "TBA123456789000"]),
        ("marketplace_id", ["ATVPDKIKX0DER", "A1PA6795UKMFR9"]),
        ("c1", ["d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"]),
        ("id", ["123e4567-e89b-12d3-a456-426614174000"]),
        ("app_version", ["1.2.3", "10.4.1"]),
        ("created_at", ["2024-05-01T12:30:00Z", "2024-06-01T12:30:00Z"]),
        ("order_date", ["1996-07-04", "1997-01-10", "1998-02-02", "1996-12-24", "1997-08-08"]),
        ("c1", ["2023-05-01 10:00:00", "2024-06-01 11:30:00"]),
        ("price", ["19.99", "5.00", "104.50"]),
        ("c1", [str(i) for i in range(1000, 1100)]),
        ("phone_verified", ["true", "false"]),
        ("showEmail", ["1", "0"]),
        ("status", ["Shipped", "Pending", "Cancelled"]),
        ("company_name", ["Acme Trading Ltd", "Baker Industries Inc", "Weber GmbH"]),
        ("customerName", ["Acme Trading Ltd", "Baker Industries Inc", "Weber Gifts Co.", "Mini Models Ltd"]),
        ("product_name", ["Olive oil", "Blue cotton shirt", "Desk lamp"]),
        ("Address", ["0", "2", "6", "7"]),
        ("warehouse_name", ["Austin", "Jackson", "Madison"]),
        ("quantity", ["1", "2", "3"]),
        ("ship_from_address", ["<redacted>"]),
        ("c1", ["READY_FOR_PICKUP", "IN_TRANSIT"]),
    ],
)
def test_not_personal(name: str, values: list[str]) -> None:
    finding = one(name, values)
    assert finding.category is None or finding.strength is Strength.WEAK, finding.explanation
    assert finding.category is None, finding.explanation


def test_numbers_are_never_phones_unless_the_name_says_so() -> None:
    numbers = [str(2065550100 + 7919 * i) for i in range(30)]
    assert one("c1", numbers, kind="bigint").category is None
    assert one("total", numbers, kind="bigint").category is None
    assert one("phone", numbers, kind="bigint").category is Category.PHONE


def test_a_boolean_or_date_type_beats_the_name() -> None:
    assert one("email", ["true"], kind="boolean").category is None
    assert one("phone", ["2024-01-01"], kind="date").category is None


def test_an_empty_table_speaks_by_name_alone_at_lower_confidence() -> None:
    empty, full = one("email"), one("email", MAILS)
    assert empty.category is Category.EMAIL
    assert empty.confidence < full.confidence
    assert empty.bound == 1.0
    assert empty.sampled == 0


def test_free_text_needs_one_sure_hit_only() -> None:
    texts = [f"order {i} arrived late and the box was open when it came to the door" for i in range(79)]
    mail = one("note", [*texts, "please write to anna@example.com about the refund before the end of this week"])
    assert mail.category is Category.EMAIL
    assert mail.strength is Strength.DIRECT
    assert "in free text: 1 of 80 cells" in mail.explanation
    card = one("note", [*texts, "customer read out card 4111 1111 1111 1111 on the phone to our colleague today"])
    assert card.category is Category.PAYMENT
    phone = one("note", [*texts, "the number on the box was 206-555-0134 or something like that they said to us"])
    assert phone.category is not Category.PHONE


def test_hashes_of_personal_data_are_weak() -> None:
    finding = one("email", ["d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"])
    assert (finding.category, finding.strength) == (Category.EMAIL, Strength.WEAK)
    assert "hash" in finding.explanation


def test_neighbours_tell_postal_codes_and_coordinates() -> None:
    street, town, code = judge(sample("c1", STREETS), sample("c2", TOWNS), sample("c3", ZIPS))
    assert (street.category, code.category) == (Category.ADDRESS, Category.POSTAL_CODE)
    assert town.category is None or town.strength is Strength.WEAK
    assert "neighbours" in code.evidence
    assert one("c3", ZIPS).category is None
    lat, lon = judge(
        sample("c1", ["47.60621", "40.71277", "41.87811", "33.74900"]), sample("c2", ["-122.33207", "-74.00597", "-87.62980", "-84.38798"])
    )
    assert (lat.category, lon.category) == (Category.GEO, Category.GEO)
    assert one("c1", ["47.60621", "40.71277", "41.87811", "33.74900"]).category is None


def test_neighbours_tell_first_and_last_names() -> None:
    first, last = judge(
        sample("c1", [n.split()[0] for n in NAMES]),
        sample("c2", ["Zwyrtek", "Quillforde", "Baker", "Oberndorfer", "Schmidt", "Rossi", "Martin", "Wilson"]),
    )
    assert (first.category, last.category) == (Category.NAME, Category.NAME)


def test_a_bare_name_follows_its_dataset() -> None:
    people = judge(sample("name", NAMES), dataset="customers")[0]
    things = judge(sample("name", ["Steel wheel", "Garden chair", "Blue lamp", "Olive oil"]), dataset="products")[0]
    assert people.category is Category.NAME
    assert things.category is None


def test_answers_of_a_survey() -> None:
    finding = judge(sample("value", ["It broke", "Too loud", "Very good"]), dataset="question_response")[0]
    assert finding.category is Category.SURVEY_RESPONSE


def test_the_explanation_has_a_denominator_and_no_value() -> None:
    finding = one("contact", [*MAILS, "n/a", "call back"])
    assert "8 of 9 cells" in finding.explanation
    assert "anna" not in repr(finding).lower()
    assert finding.shapes[0] == "a@a.a"


@pytest.mark.parametrize(
    "secret",
    ["Atzr|IwEBIExampleExampleExampleExample00", "amzn1.oa2-cs.v1.0123456789abcdef0123456789abcdef", "AKIAIOSFODNN7EXAMPLE", "postgresql://app:s3cretpass@db.example.com/x",
     "-----BEGIN RSA PRIVATE KEY-----", "ghp_" + "a" * 36],
)  # fmt: skip
def test_secrets_are_found_and_not_kept(secret: str) -> None:
    finding = one("config_value", [f"line with {secret} in it", "another line"])
    assert finding.category is Category.CREDENTIAL
    assert finding.matched == 1
    assert secret not in repr(finding)
