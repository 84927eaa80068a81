"""Each log format gives named fields; nothing that a line can hold raises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.reading.clocks import event_time
from ropewalk.reading.logformats import FORMATS, PLAIN, recognise

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)

LINES = {
    "access": (
        '203.0.113.9 - frank [10/Oct/2026:13:55:36 +0000] "GET /reset?email=ann%40example.com&name=Ann+Lee HTTP/1.1" 200 23 "-" "Mozilla/5.0"',
        {("client_ip",): "203.0.113.9", ("user",): "frank", ("query", "email"): "ann@example.com", ("query", "name"): "Ann Lee", ("status",): "200"},
    ),
    "syslog-5424": (
        "<165>1 2026-10-11T22:14:15.003Z mail su - ID47 [meta@1 user=\"bob\"] 'su root' failed user=bob",
        {("host",): "mail", ("data", "user"): "bob", ("message", "user"): "bob"},
    ),
    "syslog-3164": (
        "<34>Oct 11 22:14:15 gate sshd[123]: Failed password for invalid user bob from 198.51.100.3 port 22 ssh2",
        {("app",): "sshd", ("pid",): "123", ("time",): "Oct 11 22:14:15"},
    ),
    "logfmt": ('level=info msg="sms sent" to=+15550100 took=3ms', {("msg",): "sms sent", ("to",): "+15550100"}),
    "plain": ("2026-11-01 12:00:01,123 INFO  orders - label printed for customer=17", {("level",): "INFO", ("message", "customer"): "17"}),
    "nginx-error": ("2026/11/01 12:00:01 [error] 31#31: *1 open() failed, client: 198.51.100.3", {("level",): "error"}),
    "alb": (
        "https 2026-07-02T22:23:00.186641Z app/lb/50dc 198.51.100.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "
        '"GET https://shop.example.com:443/a?b=c HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2 arn:aws:x "Root=1" "shop.example.com"',
        {("client_ip",): "198.51.100.39", ("user_agent",): "curl/7.46.0", ("query", "b"): "c", ("ssl_protocol",): "TLSv1.2"},
    ),
    "elb": (
        '2026-05-13T23:39:43.945958Z lb 198.51.100.7:2817 10.0.0.1:80 0.00007 0.001 0.00005 200 200 0 29 "GET http://e.example.com:80/ HTTP/1.1"',
        {("client_ip",): "198.51.100.7", ("status",): "200"},
    ),
    "s3-access": (
        f"{'a1' * 32} bucket [06/Feb/2026:00:00:38 +0000] 192.0.2.3 {'b2' * 32} 3E57 REST.GET.OBJECT k "
        '"GET /b?x=1 HTTP/1.1" 200 - 113 - 7 - "-" "S3" -',
        {("client_ip",): "192.0.2.3", ("operation",): "REST.GET.OBJECT"},
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_format_is_recognised_and_names_its_fields(name: str) -> None:
    line, expected = LINES[name]
    form = recognise([line])
    assert form.name == name
    fields = form.parse(line)
    assert fields is not None
    assert expected.items() <= fields.items()
    assert any(event_time(fields[path], AS_OF) for path in form.time if path in fields) or name == "logfmt"


def test_a_query_key_that_is_data_becomes_a_star() -> None:
    fields = recognise([LINES["access"][0]]).parse(LINES["access"][0].replace("name=", "joe%40example.com="))
    assert fields is not None
    assert ("query", "*") in fields
    assert not any("joe" in part for path in fields for part in path)


def test_mixed_lines_fall_to_the_majority() -> None:
    assert recognise([LINES["access"][0]] * 3 + ["garbage"]).name == "access"
    assert recognise(["garbage", "more of it"]) is PLAIN


@given(st.text(max_size=300))
def test_no_line_raises(line: str) -> None:
    for form in (*FORMATS, PLAIN):
        fields = form.parse(line)
        assert fields is None or all(isinstance(v, str) and v for v in fields.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01 10:00:00,123 +0200", datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ("10/Oct/2026:13:55:36 -0100", datetime(2026, 10, 10, 14, 55, 36, tzinfo=UTC)),
        ("Dec  1 00:00:01", datetime(2025, 12, 1, 0, 0, 1, tzinfo=UTC)),
        ("1767225600", datetime(2026, 1, 1, tzinfo=UTC)),
        ("1767225600123456", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_event_time(text: str, expected: datetime) -> None:
    assert event_time(text, AS_OF) == expected


@given(st.text(max_size=60) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d"))
def test_event_time_never_raises(text: str) -> None:
    found = event_time(text, AS_OF)
    assert found is None or found.tzinfo is not None
