"""Lists of people, things and events: what is read of each format, what is not, and mistakes named by file and line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ropewalk.errors import ConfigError
from ropewalk.inventory import Batch, read
from ropewalk.inventory.reading import LISTS

DATA = Path(__file__).parent / "data"


def batch(kind: str, name: str) -> Batch:
    (found,) = read(kind, (DATA / name).read_bytes(), name)
    return found


def told(kind: str, text: str, name: str = "list.csv") -> list[Any]:
    (found,) = read(kind, text.encode(), name)
    return list(found.rows)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def refused(kind: str, text: str | bytes, name: str = "list.csv") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(kind, text if isinstance(text, bytes) else text.encode(), name)
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize(
    ("name", "form", "active", "aliases"),
    [
        ("approved.csv", "list", {"ada@example.com": True, "bo@example.com": True, "shop_app": True}, {"ada@example.com": ("ada_dba",)}),
        (
            "okta.csv", "okta", {"ada@example.com": True, "bo@example.com": False, "cleo@example.com": True},
            {"bo@example.com": ("bo.marsh@example.com",)},
        ),
        (
            "entra.csv", "entra", {"ada@example.com": True, "bo@example.com": False, "shop-sync": True},
            {"ada@example.com": ("ada.quill@example.com", "aq@example.com")},
        ),
        ("scim.json", "scim", {"ada@example.com": True, "bo@example.com": False}, {"ada@example.com": ("ada.quill@example.com",)}),
    ],
)  # fmt: skip
def test_approved_people_of_each_format(name: str, form: str, active: dict[str, bool], aliases: dict[str, tuple[str, ...]]) -> None:
    found = batch("approved", name)
    assert found.format == form
    assert {r.account: r.active for r in found.rows} == active
    assert {r.account: r.aliases for r in found.rows if r.aliases} == aliases


def test_services_are_told_from_people() -> None:
    assert [r.account for r in batch("approved", "entra.csv").rows if r.service] == ["shop-sync"]
    assert [r.account for r in batch("approved", "approved.csv").rows if r.service] == ["shop_app"]


def test_when_an_account_was_disabled_is_read_of_disabled_ones_only() -> None:
    when = {r.account: r.disabled_at for r in batch("approved", "okta.csv").rows}
    assert when == {"ada@example.com": None, "bo@example.com": at("2026-11-02T16:30"), "cleo@example.com": None}


@pytest.mark.parametrize("name", ["okta.csv", "entra.csv", "scim.json"])
def test_of_people_nothing_but_accounts_is_read(name: str) -> None:
    shown = repr(batch("approved", name).rows)
    for private in ("Quill", "Ada ", "555", "Lead", "1f0c", "00u1"):
        assert private not in shown


def test_a_page_of_scim_is_not_taken_for_all() -> None:
    text = (DATA / "scim.json").read_text(encoding="utf-8").replace('"totalResults": 2', '"totalResults": 250')
    error = refused("approved", text, "scim.json")
    assert "2 of 250" in error.what
    assert "all pages" in error.mend


def test_leavers() -> None:
    rows = {r.account: (r.left_at, r.disabled_at) for r in batch("leavers", "leavers.csv").rows}
    assert rows["bo@example.com"] == (at("2026-11-02T17:00"), at("2026-11-02T18:00"))
    assert rows["dan@example.com"] == (at("2026-11-10T23:59:59.999999"), at("2026-11-11T23:59:59.999999"))
    found = batch("leavers", "entra.csv")
    assert [r.account for r in found.rows] == ["bo@example.com"]
    assert found.left_out == {"accounts without a day of leaving": 2}


def test_a_list_of_leavers_without_a_day_is_a_mistake() -> None:
    assert refused("leavers", "account,left_at\nbo,\n").where == "list.csv:2"
    assert "left_at" in refused("leavers", "account\nbo\n").what


def test_assets_of_a_list_and_of_osquery() -> None:
    rows = {r.name: r for r in batch("assets", "assets.csv").rows}
    assert (rows["db-1"].source, rows["db-1"].encrypted, rows["logs-1"].encrypted) == ("db", True, False)
    found = batch("assets", "osquery.log")
    assert found.observed_at == at("2026-11-19T09:00:03")
    host, software = found.rows
    assert (host.name, host.version, host.encrypted) == ("laptop-7", "Ubuntu 24.04", True)
    assert (software.name, software.kind, software.version) == ("openssl", "software", "3.0.13-0ubuntu3")
    assert [r.identifier for r in batch("assets", "osqueryi.json").rows] == ["4C4C4544-0042", "4C4C4544-0043"]


def test_one_unencrypted_disk_makes_the_device_unencrypted() -> None:
    text = (DATA / "osquery.log").read_text(encoding="utf-8")
    more = text.replace('"encrypted":"1"', '"encrypted":"0"').replace("deb_packages", "disk_encryption", 1)
    assert told("assets", more, "osquery.log")[0].encrypted is False


def test_subcontractors() -> None:
    rows = {r.name: r for r in batch("subcontractors", "subcontractors.csv").rows}
    assert rows["Tax Office"].result == "exempt"
    assert rows["Parcel Post"].assessed_at == at("2026-04-20")
    wrong = "name,first_assessed_at,assessed_at\nA,2026-03-01,2026-01-01\n"
    assert refused("subcontractors", wrong).where == "list.csv:2"


def test_incidents_keep_no_words_and_no_names() -> None:
    (row,) = batch("incidents", "incidents.json").rows
    assert (row.handovers, row.breaks, row.measures) == (2, (), True)
    for private in ("jane", "ann", "laptop of", "disk encryption is"):
        assert private not in repr(row)


def test_a_broken_custody_is_told() -> None:
    (row,) = batch("incidents", "incidents.csv").rows
    assert row.breaks == (
        "handover 2 has no SHA-256", "who gives in handover 2 is not who took in handover 1", "handover 2 is before handover 1",
    )  # fmt: skip


def test_a_changed_hash_breaks_the_custody() -> None:
    text = (DATA / "incidents.json").read_text(encoding="utf-8")
    changed = text[::-1].replace("80a00f0b", "99999999", 1)[::-1]
    assert told("incidents", changed, "i.json")[0].breaks == ("the hash changes in handover 2",)


def test_nobody_is_told_before_the_detection() -> None:
    error = refused("incidents", "id,detected_at,notified_at\nI,2026-03-02T10:00Z,2026-03-01T10:00Z\n")
    assert error.where == "list.csv:2"


def test_contacts_keep_ways_and_not_addresses() -> None:
    found = batch("contacts", "contacts.csv")
    assert {r.name: (r.deputy, r.ways) for r in found.rows} == {
        "Security desk": (False, ("e-mail", "phone")), "Platform lead": (True, ("e-mail",)),
    }  # fmt: skip
    assert "@" not in repr(found.rows)
    assert "555" not in repr(found.rows)


def test_changes() -> None:
    assert [(r.id, r.major, r.release) for r in batch("changes", "changes.csv").rows] == [("CHG-1", True, ""), ("CHG-2", False, "1.4.2")]


@pytest.mark.parametrize("kind", LISTS)
def test_of_every_kind_nothing_is_an_answer_too(kind: str) -> None:
    assert told(kind, "[]", "list.json") == []


@pytest.mark.parametrize("text", ["account\n", "[]", '{"rows": []}', "account;kind\n\n\n"])
def test_a_list_without_entries_is_a_list(text: str) -> None:
    assert told("approved", text) == []


@pytest.mark.parametrize(
    "text",
    ["User Name\nada\n", "user_name;x\nada;\n", '[{"userName": "ada"}]', '{"userName": "ada"}\n{"USERNAME": "bo"}', "\ufeffuser-name\tb\nada\t\n"],
)
def test_names_of_columns_are_read_however_they_are_written(text: str) -> None:
    assert told("approved", text)[0].account == "ada"


def test_utf_16_as_spreadsheets_write_it() -> None:
    (found,) = read("approved", "account,kind\nada,user\n".encode("utf-16"), "list.csv")
    assert [r.account for r in found.rows] == ["ada"]


@pytest.mark.parametrize(
    ("kind", "text", "where", "what"),
    [
        ("approved", "", "list.csv", "empty"),
        ("approved", "name,first\nada,x\n", "list.csv:1", "no column 'account'"),
        ("approved", "account,status\nada,canary4711\n", "list.csv:2", "no status"),
        ("approved", "account\nada\nbo,x\n", "list.csv:3", "more cells"),
        ("approved", 'account\n"ada\n', "list.csv:2", "not valid CSV"),
        ("approved", "account,kind\n,user\n", "list.csv:2", "account is empty"),
        ("approved", '[{"account": "ada"}', "list.csv:1", "not valid JSON"),
        ("approved", '[{"account": "ada"}, 3]', "list.csv: entry 2", "no object"),
        ("approved", '{"a": 1}\n{"b"', "list.csv:2", "not valid JSON"),
        ("leavers", "account,left_at\nada,canary4711\n", "list.csv:2", "no date"),
        ("assets", "name,encrypted\nx,canary4711\n", "list.csv:2", "neither yes nor no"),
        ("nothing", "x", "KIND", "no register of 'nothing'"),
    ],
)
def test_mistakes_name_their_place_and_quote_nothing(kind: str, text: str, where: str, what: str) -> None:
    error = refused(kind, text)
    assert error.where == where
    assert what in error.what
    assert "canary4711" not in str(error)


def test_what_is_no_text_is_refused() -> None:
    assert "UTF-8" in refused("approved", b"\xff\x00\xfa\xfb").what


@pytest.mark.parametrize(
    ("cells", "approval"),
    [
        ("Ada,Bo", "separate"), ("Ada, ada ", "tested and approved by the same person"), ("Ada,", "no approver"), (",Bo", "no tester"),
        (",", "no tester and no approver"),
    ],
)  # fmt: skip
def test_of_testers_and_approvers_only_whether_they_differ_is_kept(cells: str, approval: str) -> None:
    (row,) = told("changes", f"id,at,tested_by,Approved By\nCHG-9,2026-11-02,{cells}\n")
    assert row.approval == approval
    assert "Ada" not in repr(row)


def test_a_list_without_testers_tells_nothing_of_them() -> None:
    assert {r.approval for r in batch("changes", "changes.csv").rows} == {""}
    assert told("changes", "id,at,approved\nCHG-9,2026-11-02,yes\n")[0].approval == ""


def test_requests_for_deletion() -> None:
    head = "id,requested_at,deleted_at,copies_deleted_at,emptied,rows_left,certified_at\n"
    (row,) = told("deletions", f"{head}DEL-1,2026-09-01,2026-09-20,2026-10-01T08:00Z,shop/orders;exports,0,2026-10-02\n")
    assert (row.emptied, row.rows_left, row.certificate_asked) == (("shop/orders", "exports"), 0, True)
    assert (row.deleted_at, row.copies_deleted_at) == (at("2026-09-20T23:59:59.999999"), at("2026-10-01T08:00"))
    assert refused("deletions", f"{head}DEL-1,2026-09-01,2026-08-20,,,,\n").what == "deleted_at is before the request"
    assert "no whole number" in refused("deletions", f"{head}DEL-1,2026-09-01,,,,many,\n").what


OKTA = (
    '[{"id": "1", "status": "ACTIVE", "profile": {"login": "ada@example.com", "email": "aq@example.com", "firstName": "Quill"}},'
    ' {"status": "DEPROVISIONED", "statusChanged": "2026-11-01T00:00:00.000Z", "profile": {"login": "bo@example.com"}}]'
)


def test_people_as_the_api_of_okta_gives_them() -> None:
    (found,) = read("approved", OKTA.encode(), "okta.json")
    assert [(r.account, r.active, r.aliases, r.disabled_at) for r in found.rows] == [
        ("ada@example.com", True, ("aq@example.com",), None), ("bo@example.com", False, (), at("2026-11-01T00:00")),
    ]  # fmt: skip
    assert (found.format, "Quill" in repr(found.rows)) == ("okta", False)


def test_one_page_of_entra_is_not_taken_for_all() -> None:
    page = '{"@odata.nextLink": "https://graph.example.com/next", "value": [{"userPrincipalName": "ada@example.com", "accountEnabled": true}]}'
    for kind in ("approved", "leavers"):
        assert "one page of several" in refused(kind, page, "entra.json").what
    (found,) = read("approved", page.replace('"@odata.nextLink": "https://graph.example.com/next", ', "").encode(), "entra.json")
    assert [r.account for r in found.rows] == ["ada@example.com"]


def test_people_of_a_google_workspace() -> None:
    text = "First Name [Required],Email Address [Required],Status [READ ONLY]\nAda,ada@example.com,Active\nBo,bo@example.com,Suspended\n"
    assert [(r.account, r.active) for r in told("approved", text)] == [("ada@example.com", True), ("bo@example.com", False)]
