"""Secrets: each kind is found in cells, JSON, lines of logs and configuration; what only looks like one is not; none is kept."""

from __future__ import annotations

import base64
import random
import uuid

import pytest

from ropewalk import plugins
from ropewalk.config import Detection
from ropewalk.detect.core import Detector
from ropewalk.detect.secrets import find
from ropewalk.model import Category, Dataset, FieldRef, Sample

RNG = random.Random(5)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def some(count: int, alphabet: str = LETTERS) -> str:
    return "".join(RNG.choices(alphabet, k=count))


def hexes(count: int) -> str:
    return some(count, "0123456789abcdef")


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


TOKEN = ".".join([part('{"alg":"HS256","typ":"JWT"}'), part('{"sub":"1"}'), some(43)])
FOUND = {
    "LWA_REFRESH_TOKEN": ["Atzr|IwEB" + some(180), "POST /auth/o2/token refresh_token=Atzr%7CIwEB" + some(60)],
    "LWA_ACCESS_TOKEN": ["x-amz-access-token: Atza|IwEB" + some(60), "Atc|MQEB" + some(40), "Atz.sprdt|IQEB" + some(60)],
    "LWA_CLIENT_SECRET": ["amzn1.oa2-cs.v1." + hexes(64)],
    "LWA_CLIENT_ID": ['{"id": "amzn1.application-oa2-client.' + hexes(32) + '"}'],
    "AWS_ACCESS_KEY": ["key AKIA" + some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")],
    "PRIVATE_KEY": [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE" + some(60),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF" + some(60),
        '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE' + some(60) + '"}',
    ],
    "JSON_WEB_TOKEN": [TOKEN, f"session={TOKEN}; path=/"],
    "PASSWORD_IN_URL": ["postgresql://shop:Tr0ub4dor@db.internal:5432/orders", "redis://:s3cretpw99@cache:6379/0"],
    "AUTHORIZATION": ["Authorization: Basic " + base64.b64encode(b"ann:s3cretpass!").decode(), '"authorization": "Bearer ' + some(40) + '7"'],
    "AZURE_SHARED_ACCESS_SIGNATURE": ["https://x.blob.core.windows.net/c/b?sv=2022-11-02&sig=" + some(43) + "%3D"],
    "SLACK_TOKEN": ["xoxb-" + some(12, "0123456789") + "-" + some(12, "0123456789") + "-" + some(24)],
    "STRIPE_ACCESS_KEY": ["sk_live_" + some(24), "sk_test_" + some(24), "whsec_" + some(32)],
    "GITHUB_TOKEN": ["ghp_" + some(36), "github_pat_" + some(22) + "_" + some(59)],
    "GOOGLE_KEY": ["AIza" + some(35), "GOCSPX-" + some(28)],
    "PASSWORD": [
        "DB_PASSWORD=Tr0ub4dor3",
        "export MYSQL_PWD='Tr0ub4dor3'",
        "database:\n  password: Tr0ub4dor3\n",
        '{"user": "ann", "password": "brzeczyszczy"}',
        '{"clientSecret":"' + some(39) + '1"}',
        '{"SecretAccessKey": "' + some(39) + '1"}',
        "AWS_SECRET_ACCESS_KEY=" + some(39) + "1",
        "jdbc:mysql://db:3306/shop?user=root&password=Pa55w0rd!",
        "Server=tcp:db,1433;User ID=sa;Password=Pa55w0rd!;Encrypt=True",
        "2026-05-17 INFO login user=ann password=Tr0ub4dor3 ok",
        "<password>Tr0ub4dor3</password>",
        "mot de passe oublié? password=Tr0ub4dor3",
    ],
}
INNOCENT = {
    "digests": [f(n) for n in (32, 40, 64) for f in (hexes,) for _ in range(60)],
    "uuids": [str(uuid.UUID(int=RNG.getrandbits(128))) for _ in range(60)],
    "etags": [f'"{hexes(32)}-3"' for _ in range(30)] + [f'W/"{hexes(12)}"' for _ in range(30)],
    "images": ["data:image/png;base64,iVBORw0KGgo" + base64.b64encode(RNG.randbytes(2_000)).decode() for _ in range(40)],
    "base64": [base64.b64encode(RNG.randbytes(60)).decode() for _ in range(200)],
    "codes": [some(20, LETTERS[:26] + LETTERS[52:]) for _ in range(400)] + ["SK" + some(10, "0123456789") for _ in range(60)],
    "scripts": [
        "!function(e,t){var n=e.password||t.pwd,r=e.apiKey;e.pwd=function(){return r.secret};c={password:this.password,pwd:e.target.value}}(window);",
        "const password = document.getElementById('password1').value;",
        "if(password===confirmPassword1){}",
        "password: Joi.string().min(8).required()",
        "pwd: string; api_key: string",
        "api_key=os.environ['KEY1']",
    ],
    "placeholders": ["password=${DB_PASSWORD1}", "password: {{ vault_pw1 }}", "password=********", "password: <redacted>", "password=changeme123"],
    "words": [
        "Password: required field",
        "forgot password: customer called twice",
        "password reset: please follow the instructions",
        '{"password": "required"}',
        "Atzr is the prefix of refresh tokens",
        "grant_type=refresh_token",
    ],
    "links": ["https://example.com:8080/a@b", "http://user@example.com/x", "s3://bucket/key:with:colons/v2", "https://${USER}:${PASS}@example.com/"],
}


@pytest.mark.parametrize(("entity", "value"), [(entity, value) for entity, values in FOUND.items() for value in values])
def test_each_kind_is_found(entity: str, value: str) -> None:
    assert entity in {s.entity for s in find({value: 2, "an ordinary cell": 1})}
    assert all(s.cells == 2 and s.distinct == 1 for s in find({value: 2, "an ordinary cell": 1}))


@pytest.mark.parametrize("kind", list(INNOCENT))
def test_what_only_looks_like_one_is_none(kind: str) -> None:
    assert find(dict.fromkeys(INNOCENT[kind], 1)) == []


def test_a_label_in_one_cell_and_a_value_in_the_next_are_no_secret() -> None:
    assert find({"the password:": 1, "Tr0ub4dor3xyz": 1}) == []


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.of(Detection(ner=False), plugins.Plugins.of().packs())


@pytest.mark.parametrize("path", [("note",), ("payload", "config"), ("c1",)])
def test_a_finding_counts_secrets_and_keeps_none(detector: Detector, path: tuple[str, ...]) -> None:
    secrets = [value for values in FOUND.values() for value in values]
    sample = Sample(FieldRef("src", "t", path), dict.fromkeys(secrets, 1), len(secrets), 0)
    (finding,) = detector.judge(Dataset("src", "t", "table"), [sample])
    assert Category.CREDENTIAL in {finding.category, *(category for _, category, _ in finding.also)}
    told = repr(finding) + repr(sample) + repr(find(sample.values))
    for secret in secrets:
        assert not any(secret[at : at + 8] in told for at in range(0, len(secret) - 8, 4) if any(c.isdigit() for c in secret[at : at + 8]))
