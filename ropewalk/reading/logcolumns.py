"""Logs whose lines are columns by place: AWS load balancers and S3 access logs, and formats that name their columns in a header.

Sources: AWS ELB, ALB, NLB and S3 server access log field lists, VPC flow logs; the W3C's extended log file format (IIS, CloudFront).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote_plus

from ropewalk.reading.logfields import Fields, LineFormat, Parser, add_request, add_target, put

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)')

_ALB = (
    "type time elb client target request_processing_time target_processing_time response_processing_time status target_status "
    "received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn "
    "matched_rule_priority request_creation_time actions_executed redirect_url error_reason target_list target_status_list "
    "classification classification_reason"
).split()
_CLB = (
    "time elb client backend request_processing_time backend_processing_time response_processing_time status backend_status "
    "received_bytes sent_bytes request user_agent ssl_cipher ssl_protocol"
).split()
_S3 = (
    "bucket_owner bucket time client_ip requester request_id operation key request status error_code bytes_sent object_size "
    "total_time turn_around_time referer user_agent version_id host_id signature_version cipher_suite authentication_type "
    "host_header tls_version access_point_arn acl_required"
).split()
_NLB = (
    "type version time elb listener client target connection_time tls_handshake_time received_bytes sent_bytes incoming_tls_alert chosen_cert_arn "
    "chosen_cert_serial ssl_cipher ssl_protocol tls_named_group domain_name alpn_fe_protocol alpn_be_protocol alpn_client_preference_list "
    "tls_connection_creation_time"
).split()
_W3C_NAMES = {
    "c-ip": "client_ip", "s-ip": "server_ip", "cs-username": "user", "cs-method": "method", "cs-uri-stem": "path", "sc-status": "status",
    "cs(User-Agent)": "user_agent", "cs(Referer)": "referer", "cs(Cookie)": "cookie", "cs(Host)": "host", "cs-host": "host", "srcaddr": "client_ip",
    "dstaddr": "server_ip", "start": "time",
}  # fmt: skip


def _positional(names: Sequence[str], check: Callable[[list[str]], bool], least: int) -> Parser:
    def parse(line: str) -> Fields | None:
        values = [a or b or c for a, b, c in _QUOTED.findall(line)]
        if not least <= len(values) or not check(values):
            return None
        fields: Fields = {}
        for name, value in zip(names, values, strict=False):
            if name == "request":
                add_request(fields, value)
            elif name in {"client", "target", "backend"}:
                put(fields, (f"{name}_ip",), value.rsplit(":", 1)[0])
            else:
                put(fields, (name,), value)
        return fields

    return parse


alb = _positional(_ALB, lambda v: v[0] in {"http", "https", "h2", "grpcs", "ws", "wss"} and v[1][:2] == "20" and "/" in v[2], 17)
clb = _positional(_CLB, lambda v: v[0][:2] == "20" and v[0].endswith("Z") and ":" in v[2] and v[7].isdigit(), 12)
s3_access = _positional(_S3, lambda v: len(v[0]) == 64 and v[2][2:3] == "/" and v[6].count(".") >= 1, 17)


nlb = _positional(_NLB, lambda v: v[0] == "tls" and v[2][:2] == "20" and ":" in v[5], 16)


def w3c(header: str) -> LineFormat:
    """The extended format of the W3C (IIS, CloudFront) and VPC flow logs: a header names the columns."""
    names = header.split()

    def parse(line: str) -> Fields | None:
        values = line.split("\t") if "\t" in line else line.split()
        if line.startswith("#") or len(values) != len(names) or values == names:
            return {} if line.startswith("#") or values == names else None
        fields: Fields = {}
        row = dict(zip(names, values, strict=True))
        if "date" in row and "time" in row:
            put(fields, ("time",), f"{row.pop('date')} {row.pop('time')}")
        for name, value in row.items():
            if name == "cs-uri-query":
                add_target(fields, f"?{value}") if value != "-" else None
            else:
                put(fields, (_W3C_NAMES.get(name, name),), unquote_plus(value) if name.startswith("cs(") else value)
        return fields

    return LineFormat("w3c", parse, (("time",),))
