"""Clauses 2.4 and 1.5: facts, layers, attestations; unknown and stale are never good."""

from __future__ import annotations

from typing import Any

import pytest
from shop import Company, iso

from ropewalk.judging.ciphers import judge_cipher
from ropewalk.model import Status


def store() -> Company:
    return Company().dataset("db", "orders").field("db", "orders", "email", "email").dataset("db", "prices").field("db", "prices", "amount")


def at_rest(algorithm: object, layer: str = "file") -> dict[str, object]:
    return {"layer": layer, "algorithm": algorithm}


def test_a_plain_file_fails() -> None:
    found = store().fact("db", "encrypted_at_rest", at_rest("none")).one("2.4.a")
    assert (found.status, found.subject, found.failed) == (Status.FAIL, "db", 1)


def test_the_strongest_layer_counts() -> None:
    company = store().fact("db/orders", "encrypted_at_rest", at_rest("none")).fact("db", "encrypted_at_rest", at_rest("AES-256", "volume"))
    assert company.one("2.4.a").status == Status.PASS


@pytest.mark.parametrize(
    ("algorithm", "status"),
    [
        ("AES-128", Status.PASS), ("aes256", Status.PASS), ("AES-XTS-256", Status.PASS), ("aws:kms", Status.PASS), ("RSA-2048", Status.PASS),
        ("RSA-1024", Status.FAIL), ("3DES", Status.FAIL), ("none", Status.FAIL), (False, Status.FAIL), ("base64", Status.FAIL),
        ("opaque", Status.UNKNOWN), (True, Status.UNKNOWN), ("", Status.UNKNOWN), (None, Status.UNKNOWN), ("ChaCha20", Status.UNKNOWN),
        ("RSA", Status.UNKNOWN),
    ],
)  # fmt: skip
def test_ciphers(algorithm: object, status: Status) -> None:
    assert judge_cipher({"layer": "file", "algorithm": algorithm})[0] == status
    assert judge_cipher(algorithm)[0] == (status if algorithm is not None else Status.UNKNOWN)


def test_silence_is_unknown_with_what_is_needed() -> None:
    found = store().fact("db", "encrypted_at_rest", None, needs="the PROCESS privilege").one("2.4.a")
    assert found.status == Status.UNKNOWN
    assert "PROCESS privilege" in found.mend


def test_attestations_hold_until_they_end() -> None:
    plain = store().fact("db", "encrypted_at_rest", at_rest("none"))
    assert plain.attest("encryption_at_rest", "db").one("2.4.a").status == Status.PASS
    silent = store().attest("encryption_at_rest", "db", at=300, until=3)
    assert silent.one("2.4.a").status == Status.STALE
    expired = store().fact("db", "encrypted_at_rest", at_rest("none")).attest("encryption_at_rest", "db", at=300, until=3).one("2.4.a")
    assert expired.status == Status.FAIL
    assert "expired" in expired.reason
    too_long = store().attest("encryption_at_rest", "db", at=400, until=-5000).one("2.4.a")
    assert too_long.status == Status.STALE  # the requirement asks for a new word every year


def test_one_column_in_plain_is_enough_to_fail() -> None:
    company = store().field("db", "orders", "phone", "phone").fact("db/orders#email", "encrypted_at_rest", at_rest("AES-256-GCM", "field"))
    assert company.fact("db", "encrypted_at_rest", at_rest("none")).one("2.4.a").status == Status.FAIL


def test_a_store_without_personal_data_is_not_judged() -> None:
    company = Company().dataset("db", "prices").field("db", "prices", "amount").fact("db", "encrypted_at_rest", at_rest("none"))
    assert company.judge("2.4.a") == []


def test_ciphertext_of_unknown_making_is_unknown_until_attested() -> None:
    sealed = Company().dataset("db", "orders").field("db", "orders", "email", "email", strength="weak", recognisers=["email", "hash"])
    found = sealed.fact("db", "encrypted_at_rest", at_rest("none")).one("2.4.a")
    assert found.status == Status.UNKNOWN
    assert "looks like ciphertext at the field layer" in found.reason
    assert sealed.attest("encryption_at_rest", "db").one("2.4.a").status == Status.PASS


def travelling(**facts: Any) -> Company:
    company = Company().source("db")
    for name, value in facts.items():
        company.fact("db", name, value)
    return company


GOOD = {"tls_version": "TLSv1.3", "tls_enforced": True, "certificate_expires": iso(-90)}


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (GOOD, Status.PASS),
        ({"transit": "local"}, Status.NOT_APPLICABLE),
        ({"transit": "sftp"}, Status.PASS),
        ({**GOOD, "tls_version": "TLSv1.1"}, Status.FAIL),
        ({**GOOD, "tls_version": "TLSv1"}, Status.FAIL),
        ({**GOOD, "tls_version": "SSLv3.0"}, Status.FAIL),
        ({**GOOD, "tls_version": False}, Status.FAIL),
        ({**GOOD, "tls_enforced": False}, Status.FAIL),
        ({**GOOD, "tls_min_version": "TLSv1.2"}, Status.PASS),
        ({**GOOD, "tls_min_version": "TLSv1"}, Status.FAIL),
        ({"transit": "plain"}, Status.FAIL),
        ({**GOOD, "certificate_expires": iso(1)}, Status.FAIL),
        ({"tls_version": "TLSv1.3", "tls_enforced": True}, Status.UNKNOWN),
        ({}, Status.UNKNOWN),
    ],
)
def test_transit(facts: dict[str, Any], status: Status) -> None:
    assert travelling(**facts).one("1.5.a").status == status


def test_transit_by_attestation() -> None:
    assert travelling(tls_version="TLSv1.2").attest("encryption_in_transit", "db").one("1.5.a").status == Status.PASS
    assert travelling(tls_version="TLSv1.0").attest("encryption_in_transit", "db").one("1.5.a").status == Status.FAIL
    assert travelling().attest("encryption_in_transit", "db", at=90, until=1).one("1.5.a").status == Status.STALE
