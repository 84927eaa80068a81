"""The logs: with personal data and secrets, kept for 30 days (logs/), and with neither, kept for over a year (logs_clean/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote_plus

from bucket import json_lines, put
from invent import AGENTS, Inventor, iso
from ledger import Ledger
from orders import Order

# Shaped like credentials, assembled here so that no scanner of a hosting service takes this file for a leak; all are fake.
FAKE_REFRESH_TOKEN = "Atzr" + "|" + "IwEBI" + "NOTREAL" * 12
FAKE_AWS_KEY = "AKIA" + "IOSFODNN7" + "EXAMPLE"
_EVENTS = ["sync", "label.printed", "report.downloaded", "auth.denied", "config.changed"]
_TARGETS = ["/", "/api/orders?page=3", "/api/reports?kind=stock", "/static/app.js"]
_MESSAGES = [
    "worker heartbeat service=svc-orders queue=orders depth=2", "retry 2 of getOrders after 429 service=svc-orders",
    "report downloaded service=svc-reports rows=112", "access denied service=svc-reports role=reader",
]  # fmt: skip
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _times(inventor: Inventor, count: int, days: float) -> list[datetime]:
    """Moments in order; the first is `days` ago."""
    first = inventor.as_of - timedelta(days=days)
    return sorted([first.replace(microsecond=0), *(inventor.ago(0.01, days - 0.5) for _ in range(count - 1))])


def _clf(moment: datetime) -> str:
    return f"{moment.day:02}/{_MONTHS[moment.month - 1]}/{moment.year}:{moment:%H:%M:%S} +0000"


def _bsd(moment: datetime) -> str:
    return f"{_MONTHS[moment.month - 1]} {moment.day:>2} {moment:%H:%M:%S}"


def write_logs(folder: Path, inventor: Inventor, orders: list[Order], ledger: Ledger) -> None:
    r = inventor.random
    days = 29.0

    def application() -> Iterator[dict[str, object]]:
        for n, moment in enumerate(_times(inventor, 420, days)):
            o = r.choice(orders)
            row: dict[str, object] = {"ts": iso(moment), "level": r.choice(["INFO", "INFO", "WARN", "ERROR"]), "requestId": inventor.token(16)}
            if n % 3 == 0:
                row |= {
                    "event": "order.imported",
                    "orderId": o.id,
                    "buyer": {"email": o.buyer.relay, "fullName": o.buyer.name},
                    "durationMs": r.randint(4, 900),
                }
            elif n % 3 == 1:
                row |= {"event": "http", "status": r.choice([200, 200, 404, 500]), "clientIp": inventor.ip(), "durationMs": r.randint(4, 900)}
            else:
                row |= {"event": "sync", "status": "ok", "message": "report downloaded", "rows": r.randint(1, 400)}
            yield row

    put(folder / "app.jsonl", json_lines(application()))
    plain = []
    for n, moment in enumerate(_times(inventor, 300, days)):
        o = r.choice(orders)
        level, text = r.choice([
            ("INFO", f"label printed for order {o.id} in {r.randint(20, 300)} ms"), ("INFO", "worker heartbeat queue=orders depth=3"),
            ("WARN", f"retry {r.randint(1, 3)} of getOrders after 429"), ("DEBUG", f"sent confirmation to {o.buyer.email}"),
            ("ERROR", f"address not validated: {o.buyer.name}, {o.buyer.line1}, {o.buyer.postal} {o.buyer.city}"),
            ("INFO", f"callback requested, phone {o.buyer.phone}"),
        ])  # fmt: skip
        if n == 40:
            level, text = "DEBUG", f"token exchange refresh_token={FAKE_REFRESH_TOKEN}"
        if n == 90:
            level, text = "DEBUG", f"s3 client configured aws_access_key_id={FAKE_AWS_KEY}"
        plain.append(f"{moment:%Y-%m-%d %H:%M:%S},{r.randint(0, 999):03} {level} [orders.worker] {text}\n")
    put(folder / "worker.log", "".join(plain))
    access = []
    for moment in _times(inventor, 400, days):
        o = r.choice(orders)
        target = r.choice(["/", "/api/orders?page=2", f"/api/orders/{o.id}", f"/search?name={quote_plus(o.buyer.name)}",
                           f"/reset?email={quote_plus(o.buyer.email)}", "/static/app.css"])  # fmt: skip
        request = f'{inventor.ip()} - - [{_clf(moment)}] "GET {target} HTTP/1.1"'
        access.append(f'{request} {r.choice([200, 200, 304, 404])} {r.randint(120, 9000)} "-" "{r.choice(AGENTS)}"\n')
    put(folder / "access.log", "".join(access))
    system = []
    for moment in _times(inventor, 160, days):
        o = r.choice(orders)
        text = r.choice([
            "sshd[411]: Server listening on 0.0.0.0 port 22.", f"sshd[977]: Accepted publickey for deploy from {inventor.ip()} port 50122 ssh2",
            "CRON[1201]: (root) CMD (run-parts /etc/cron.hourly)", f"postfix/smtp[3120]: to=<{o.buyer.email}>, relay=mx, status=sent",
        ])  # fmt: skip
        system.append(f"{_bsd(moment)} app01 {text}\n")
    put(folder / "syslog", "".join(system))
    put(folder / "cloudtrail.json", json.dumps({"Records": [
        {"eventVersion": "1.08", "eventTime": iso(moment), "eventSource": "s3.amazonaws.com", "eventName": r.choice(["GetObject", "PutObject"]),
         "awsRegion": "eu-west-1", "sourceIPAddress": inventor.ip(), "userAgent": "aws-cli/2.17", "requestID": inventor.token(16).upper(),
         "userIdentity": {"type": "IAMUser", "userName": r.choice(["deploy-bot", "report-reader"]), "accountId": "123456789012"},
         "requestParameters": {"bucketName": "knotworks-exports", "key": f"labels/{r.choice(orders).buyer.email}.pdf"}, "readOnly": True}
        for moment in _times(inventor, 110, days)
    ]}, indent=1))  # fmt: skip

    s = "logs"
    ledger.personal(s, "app*", buyer__email="email", buyer__fullName="name", clientIp="ip")
    ledger.clean(s, "app*", "ts", "level", "requestId", "event", "orderId", "status", "durationMs", "rows")
    ledger.personal(s, "worker*", message="free_text|email|name|address|phone|credential")
    ledger.personal_paths(s, "worker*", {"message.refresh_token": "credential", "message.aws_access_key_id": "credential"})
    ledger.clean(s, "worker*", "time", "level")
    ledger.personal(s, "access*", client_ip="ip", query__name="name", query__email="email")
    ledger.clean(s, "access*", "time", "method", "status", "query.page")
    ledger.personal(s, "syslog*", message="free_text|email|ip")
    ledger.clean(s, "syslog*", "time", "host", "app")
    ledger.personal(s, "cloudtrail*", sourceIPAddress="ip", requestParameters__key="email|free_text")
    ledger.clean(s, "cloudtrail*", "eventTime", "eventSource", "eventName", "awsRegion", "userIdentity.accountId", "userIdentity.type")
    for log in ("app", "worker", "access", "syslog", "cloudtrail"):
        ledger.violation(f"logs-{log}-personal", "2.6", "no_pii_in_logs", f"{s}/{log}*", "personal data of buyers in a log")
    ledger.violation("logs-short", "2.6", "log_retention", s, "rotation is set to 30 days, a year is asked for")
    ledger.violation("logs-secrets", "2.5", "no_secrets", f"{s}/worker*", "a refresh token and a cloud key in a log", 2)
    ledger.violation("logs-plain", "2.4", "encryption_at_rest", s, "readable logs with personal data")


def write_logs_clean(folder: Path, inventor: Inventor, ledger: Ledger) -> None:
    r = inventor.random
    days = 400.0
    put(folder / "app.jsonl", json_lines(
        {"ts": iso(moment), "level": r.choice(["INFO", "WARN"]), "event": r.choice(_EVENTS),
         "requestId": inventor.token(16), "actor": r.choice(["svc-orders", "svc-reports"]), "resource": r.choice(["orders", "labels", "settings"]),
         "outcome": r.choice(["success", "failure"]), "durationMs": r.randint(3, 800)} for moment in _times(inventor, 360, days)
    ))  # fmt: skip
    put(folder / "access.log", "".join(
        f'- - {r.choice(["svc-orders", "svc-reports"])} [{_clf(moment)}] "GET {r.choice(_TARGETS)} HTTP/1.1" '
        f'{r.choice([200, 200, 401, 500])} {r.randint(100, 7000)} "-" "-"\n' for moment in _times(inventor, 300, days)
    ))  # fmt: skip
    put(folder / "worker.log", "".join(
        f"{moment:%Y-%m-%d %H:%M:%S},000 {r.choice(['INFO', 'WARN', 'ERROR'])} [orders.worker] "
        f"{r.choice(_MESSAGES)}\n"
        for moment in _times(inventor, 240, days)
    ))  # fmt: skip
    s = "logs-clean"
    ledger.clean(s, "app*", "ts", "level", "event", "requestId", "actor", "resource", "outcome", "durationMs")
    ledger.clean(s, "access*", "time", "method", "status", "path", "query.page", "query.kind", "protocol", "bytes")
    ledger.clean(s, "worker*", "time", "level", "message")
    ledger.passing("no_pii_in_logs", f"{s}/app*", "internal ids only")
    for log in ("app", "access", "worker"):
        ledger.passing("log_content", f"{s}/{log}*", "its events tell when, who, what and whether it succeeded")
    ledger.passing("log_retention", s, "kept for 400 days")
