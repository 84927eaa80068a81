"""Each channel against a real receiver, and its message against a golden file (`ROPEWALK_WRITE_GOLDEN=1` writes them anew)."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import ssl
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from receivers import datagrams, http, smtp, stream
from servers import make_certificates

from ropewalk.alarms.alarm import Alarm
from ropewalk.alarms.channels import deliver, ocsf, slack, syslog, webhook
from ropewalk.alarms.channels.mail import mail
from ropewalk.alarms.message import MOST, Message, compose
from ropewalk.duties import AlarmsConfig, Channel, ScheduleConfig

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parent.parent / "golden" / "alarms"
ALARMS = (
    Alarm("new_field", "field:shop/orders#<!channel>", "email", "high", "new personal data: shop/orders#<!channel> (e-mail)",
          "shop/orders#<!channel>", counts={"matched": 98, "sampled": 100}, mend="declare it in ropa.yaml"),
    Alarm("verdict", "verdict:2.1.a", "fail", "high", "2.1.a went from pass to fail (for the worse): shop/orders", "shop/orders", "2.1", "2.1.a",
          {"subjects": 3, "fail": 1}, "ropewalk check --clause 2.1.a --all"),
    Alarm("verdict", "verdict:1.5.a", "pass", "info", "1.5.a went from fail to pass (for the better)", "1.5.a", "1.5", "1.5.a", {"pass": 2}),
    Alarm("canary", "canary:wren:leak/notes#text", "seen", "high", "canary wren was seen away from home: leak/notes#text", "leak/notes#text",
          counts={"cells": 1}, mend="find out who copied the data there"),
    Alarm("attestation", "attestation:pentest:company", "ends 2026-03-20", "medium", "attestation ends soon: pentest\r\nBcc: eve@example.com"),
    Alarm("run", "run:check:2026-03-01 06:00 UTC", "missed", "medium", "check of 2026-03-01 06:00 UTC was missed", "check"),
)  # fmt: skip
(MESSAGE,) = compose("Example & Söhne\nX-Evil: 1", AT, ALARMS)


def channel(**given: Any) -> Channel:
    made: Channel = TypeAdapter(Channel).validate_python(given)
    return made


def send(to: Channel, message: Message = MESSAGE, folder: Path = Path()) -> str:
    return deliver(to, message, timeout=20, resolve=lambda name: folder / name).error


def golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("ROPEWALK_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_what_each_channel_says() -> None:
    plain = mail(channel(kind="mail", host="localhost", sender="ropewalk@example.com", to=["dpo@example.com", "ops@example.org"]), MESSAGE)
    golden("mail.txt", plain.as_bytes().decode())
    golden("slack.json", json.dumps(json.loads(slack.body(MESSAGE)), indent=1, ensure_ascii=False) + "\n")
    golden("webhook.json", json.dumps(json.loads(webhook.body(MESSAGE)), indent=1, ensure_ascii=False) + "\n")
    events = [{**e, "metadata": {**e["metadata"], "product": {**e["metadata"]["product"], "version": "-"}}} for e in syslog.events(MESSAGE)]
    golden("ocsf.jsonl", "".join(syslog.text(e) + "\n" for e in events))


def test_slack() -> None:
    with http() as server:
        assert send(channel(kind="slack", url=server.url)) == ""
    ((path, headers, body),) = server.got
    assert path == "/hook/s3cret-path"
    assert headers["Content-Type"].startswith("application/json")
    assert "<!channel>" not in json.loads(body)["text"]


def test_a_receiver_whose_certificate_is_not_trusted_is_told_why(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asks.load_cert_chain(made.cert, made.key)
    with stream(asks) as (port, got, thread):
        told = send(channel(kind="webhook", url=f"https://localhost:{port}/s3cret-path", secret="0123456789abcdef"))
        thread.join(20)
    assert "the receiver's certificate cannot be verified (" in told
    assert "s3cret" not in told
    assert got == []


def test_webhook_is_signed() -> None:
    with http() as server:
        assert send(channel(kind="webhook", url=server.url, secret="0123456789abcdef")) == ""
    ((_, headers, body),) = server.got
    parts = dict(p.split("=", 1) for p in headers["X-Ropewalk-Signature"].split(","))
    assert parts["v1"] == hmac.new(b"0123456789abcdef", f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Ropewalk-Id"] == MESSAGE.id == json.loads(body)["id"]
    assert len(json.loads(body)["alarms"]) == len(ALARMS)


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_a_receiver_that_refuses_is_named_without_its_address(status: int) -> None:
    with http() as server:
        server.status = status
        error = send(channel(kind="webhook", url=server.url, secret="0123456789abcdef"))
    assert str(status) in error
    assert "s3cret" not in error
    assert len(server.got) == 1, "a redirect is not followed"
    assert "cannot be reached" in send(channel(kind="slack", url=server.url))


def test_a_receiver_that_speaks_no_http_is_told_with_its_mend() -> None:
    with http() as server:
        server.status = 0
        error = send(channel(kind="slack", url=server.url))
    assert error == "the receiver cannot be reached (BadStatusLine); check its address and the network"


def test_mail_over_starttls_with_login(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    given = {"kind": "mail", "host": "localhost", "sender": "ropewalk@example.com", "to": ["dpo@example.com", "ops@example.org"], "username": "rope"}
    with smtp(made.cert, made.key, password="of-the-post") as server:
        right = channel(**given, port=server.port, ca=made.ca.name, password="of-the-post")
        assert send(right, folder=made.ca.parent) == ""
        assert "refused user and password" in send(right.model_copy(update={"password": "wrong"}), folder=made.ca.parent)
        assert "certificate cannot be verified" in send(right.model_copy(update={"ca": None}))
    (got,) = server.mails
    assert got["Subject"] is not None
    assert got["Bcc"] is None
    assert got["X-Evil"] is None
    assert got["To"] == "dpo@example.com, ops@example.org"
    assert server.logins[0] == ("rope", "of-the-post")
    assert "cannot be reached" in send(right, folder=made.ca.parent)


def test_mail_without_tls_is_refused_where_tls_is_asked_for() -> None:
    given = {"kind": "mail", "host": "127.0.0.1", "sender": "ropewalk@example.com", "to": ["dpo@example.com"]}
    with smtp() as server:
        assert "no STARTTLS" in send(channel(**given, port=server.port))
        assert send(channel(**given, port=server.port, tls="none")) == ""
    (got,) = server.mails
    content = got.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert "2.1.a went from pass to fail" in content.decode()


def test_syslog_by_udp() -> None:
    with datagrams() as server:
        assert send(channel(kind="syslog", to=f"udp://127.0.0.1:{server.getsockname()[1]}")) == ""
        lines = [server.recv(65536).decode() for _ in ALARMS]
    head, _, event = lines[0].partition(" - ")
    assert head.startswith("<107>1 2026-03-01T12:00:00.000Z ")
    assert json.loads(event)["category_uid"] == 2
    assert not any("\n" in line for line in lines)


def test_syslog_by_tcp_is_framed() -> None:
    with stream() as (port, got, thread):
        assert send(channel(kind="syslog", to=f"tcp://127.0.0.1:{port}")) == ""
        thread.join(20)
    rest, frames = b"".join(got), []
    while rest:
        size, _, rest = rest.partition(b" ")
        frames.append(rest[: int(size)])
        rest = rest[int(size) :]
    assert len(frames) == len(ALARMS)
    assert "cannot be reached" in send(channel(kind="syslog", to=f"tcp://127.0.0.1:{port}"))


def test_syslog_by_tls(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asks.load_cert_chain(made.cert, made.key)
    own = {"ca": made.ca.name, "cert": made.cert.name, "key": made.key.name}
    with stream(asks) as (port, got, thread):
        assert send(channel(kind="syslog", to=f"tls://localhost:{port}", ca=made.ca.name), folder=made.ca.parent) == ""
        thread.join(20)
    assert b"".join(got).startswith(b"%d <107>1 " % len(syslog.line(MESSAGE, MESSAGE.alarms[0])))
    with stream(asks) as (port, got, thread):
        assert "certificate cannot be verified" in send(channel(kind="syslog", to=f"tls://localhost:{port}"))
        thread.join(20)
    assert got == []
    asks.verify_mode = ssl.CERT_REQUIRED
    asks.load_verify_locations(made.ca)
    with stream(asks) as (port, got, thread):
        assert send(channel(kind="syslog", to=f"tls://localhost:{port}", **own), folder=made.ca.parent) == ""
        thread.join(20)
    assert len(b"".join(got).split(b" ropewalk ")) == len(ALARMS) + 1
    with stream() as (port, _, _):
        assert "cannot be read" in send(channel(kind="syslog", to=f"tls://localhost:{port}", ca="none.pem"), folder=tmp_path)


# Required attributes, and those of which one is required (OCSF 1.5.0: events/base_event.json, events/findings, objects).
OCSF_NEEDS = {"activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata", "finding_info"}
OCSF_CLASSES = {2003: {"compliance"}, 2004: set(), 2006: set()}
OCSF_OBJECTS = {"metadata": {"version", "product"}, "finding_info": {"uid", "title"}, "compliance": {"standards"}, "remediation": {"desc"}}


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda a: a.key)
def test_events_have_what_their_class_needs(alarm: Alarm) -> None:
    event = ocsf.event(MESSAGE, alarm)
    assert OCSF_NEEDS | OCSF_CLASSES[event["class_uid"]] <= set(event)
    assert event["category_uid"] == event["class_uid"] // 1000 == 2
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["activity_id"] in {1, 2, 3}
    assert event["severity_id"] in range(7)
    for name, needs in OCSF_OBJECTS.items():
        assert name not in event or needs <= set(event[name]), name
    assert event["metadata"]["product"]["vendor_name"]
    assert all(r.get("name") or r.get("uid") for r in event.get("resources", []))
    closed = alarm.state == "pass"
    assert (event["activity_id"], event["status_id"]) == ((3, 4) if closed else (1, 1))
    assert isinstance(event["time"], int)


def test_a_thing_that_comes_back_is_no_repetition() -> None:
    first, again = (replace(ALARMS[3], number=n, at=f"2026-03-0{n}T12:00:00+00:00") for n in (1, 2))
    (one,), (other,) = compose("", AT, [first]), compose("", AT, [again])
    assert one.id != other.id
    events = [ocsf.event(one, first), ocsf.event(other, again)]
    assert events[0]["finding_info"]["uid"] == events[1]["finding_info"]["uid"]
    assert events[0]["metadata"]["uid"] != events[1]["metadata"]["uid"]
    assert events[1]["time"] - events[0]["time"] == 86_400_000, "when it was raised, not when a channel took it"


def test_a_mail_that_one_receiver_does_not_get_is_told_and_not_sent_again() -> None:
    given = {"kind": "mail", "host": "127.0.0.1", "sender": "ropewalk@example.com", "tls": "none"}
    with smtp(unknown="gone@example.com") as server:
        to = channel(**given, port=server.port, to=["dpo@example.com", "gone@example.com"])
        answer = deliver(to, MESSAGE, timeout=20, resolve=Path)
        assert (answer.error, len(server.mails)) == ("", 1)
        assert "refused gone@example.com" in answer.note
        assert "refused all receivers" in send(channel(**given, port=server.port, to=["gone@example.com"]))


def test_ocsf_into_a_file(tmp_path: Path) -> None:
    to = channel(kind="syslog", to="file://alarms.jsonl")
    assert send(to, folder=tmp_path) == send(to, folder=tmp_path) == ""
    file = tmp_path / "alarms.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(events) == 2 * len(ALARMS)
    for event in events:
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert "cannot be written" in send(channel(kind="syslog", to="file://none/alarms.jsonl"), folder=tmp_path)


def test_many_alarms_are_counted_not_all_told() -> None:
    many = [Alarm("drift", f"drift:{n}", "undeclared", "medium", f"drift {n}") for n in range(MOST + 5)]
    (message,) = compose("", AT, many)
    assert "and 5 more" in message.lines[-1]
    assert len(message.json()["alarms"]) == MOST + 5
    assert len(compose("", AT, many, digest=False)) == MOST + 5
    assert compose("", AT, []) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "slack", "url": "http://hooks.example.com/x"}, "in the clear"),
        ({"kind": "webhook", "url": "https://example.com", "secret": "short"}, "16"),
        ({"kind": "webhook", "url": "ftp://example.com", "secret": "0123456789abcdef"}, "https://"),
        ({"kind": "mail", "host": "h", "sender": "a@example.com", "to": ["b@example.com"], "tls": "none", "username": "u"}, "in the clear"),
        ({"kind": "mail", "host": "h", "sender": "no address", "to": ["b@example.com"]}, "pattern"),
        ({"kind": "syslog", "to": "udp://siem.example.com"}, "host and port"),
        ({"kind": "syslog", "to": "somewhere"}, "udp://"),
        ({"kind": "syslog", "to": "tls://siem.example.com"}, "host and port"),
        ({"kind": "syslog", "to": "tcp://siem.example.com:601", "ca": "ca.pem"}, "for tls://"),
    ],
)
def test_what_a_channel_must_say(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        channel(**given)


def test_what_a_configuration_must_say() -> None:
    twice = [{"kind": "syslog", "to": "file://a"}, {"kind": "syslog", "to": "file://b"}]
    with pytest.raises(ValidationError, match="two channels"):
        AlarmsConfig.model_validate({"channels": twice})
    with pytest.raises(ValidationError, match="five parts"):
        ScheduleConfig(scan="daily")
    with pytest.raises(ValidationError, match="time zone"):
        ScheduleConfig(timezone="Mars/Olympus")
    shown = repr(AlarmsConfig.model_validate({"channels": [{"kind": "webhook", "url": "https://example.com/s3cret", "secret": "0123456789abcdef"}]}))
    assert "s3cret" not in shown
    assert "0123456789" not in shown


def test_fields_of_a_dataset_that_drift_alike_stand_on_one_line() -> None:
    fields = [f"shop/orders#f{n}" for n in range(5)]
    drifting = [Alarm("drift", f"drift:{f}", "undeclared", "medium", f"drift of the record: {f} is undeclared", f, mend="m") for f in fields]
    other = Alarm("drift", "drift:x", "not seen", "medium", "drift of the record: shop/orders#x is not seen", "shop/orders#x")
    (message,) = compose("", AT, [*drifting, other])
    assert [line for line in message.lines if "mend" not in line] == [
        "[medium] drift of the record: 5 fields of shop/orders are undeclared: f0, f1, f2 and 2 more",
        "[medium] drift of the record: shop/orders#x is not seen",
    ]
    assert len(message.json()["alarms"]) == 6, "a machine gets them one by one"


def test_missed_runs_stand_on_one_line() -> None:
    due = [f"2026-03-01 0{n}:00 UTC" for n in range(4)]
    (message,) = compose("", AT, [Alarm("run", f"run:scan:{at}", "missed", "medium", f"scan of {at} was missed", "scan") for at in due])
    assert message.lines == [f"[medium] 4 runs of scan were missed: from {due[0]} to {due[-1]}"]
